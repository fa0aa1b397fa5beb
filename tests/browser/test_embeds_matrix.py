"""Players in pages of other sites, in Chromium: every place, cookies allowed and blocked, every film and person.

A sample of it runs always, with the rows that `test_embeds.py` does not have; all of it by `make faults`.
"""
from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Frame, Page, Playwright, expect

from tests.browser.embed_matrix import CASES, Case, page_with_player, run
from tests.browser.foreign_sites import MEDIA, Sites, profile
from tests.faults import FULL

pytestmark = pytest.mark.browser
VIDEO = "document.querySelector('video')"
MODES = {"allowed": True, "blocked": False}
SAMPLE = (Case("same site in a portal", "streams", "signed in"), Case("another site", "file", "without rights"))


@pytest.fixture(scope="module", params=MODES if FULL else ("blocked",), ids=lambda mode: f"third-party cookies {mode}")
def chromium_profile(
    request: pytest.FixtureRequest,
    playwright: Playwright,
    chromium_program: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BrowserContext]:
    folder = tmp_path_factory.mktemp("matrix") / "profile"
    with profile(playwright, chromium_program, folder, third_party_cookies=MODES[request.param]) as context:
        yield context


class InChromium:
    """The steps of the matrix, each row in a page of its own."""

    def __init__(self, context: BrowserContext, sites: Sites) -> None:
        self.context, self.sites = context, sites
        self.page: Page = context.new_page()
        self.window: Page | None = None

    @property
    def frame(self) -> Frame:
        found = [frame for frame in self.page.frames if f"{MEDIA}:" in frame.url and "/embed/" in frame.url]
        while not found:
            self.page.wait_for_event("framenavigated")
            found = [frame for frame in self.page.frames if f"{MEDIA}:" in frame.url and "/embed/" in frame.url]
        return found[0]

    def signed_in_as(self, token: str | None) -> None:
        self.context.clear_cookies()
        if token is not None:
            cookie = {"name": "__Host-session", "value": token, "url": self.sites.url(MEDIA), "secure": True,
                      "httpOnly": True, "sameSite": "Lax"}
            self.context.add_cookies([cookie])  # type: ignore[list-item] # a dict is what it takes

    def open(self, address: str) -> None:
        self.page.goto(address)

    def says(self, words: str) -> None:
        expect(self.frame.locator("[data-screen]:not([hidden]) h1")).to_have_text(words, timeout=20_000)

    def press(self) -> None:
        with self.page.expect_popup() as opened:
            self.frame.get_by_role("button", name="Sign in to play").click()
        self.window = opened.value

    def fill_in(self, email: str, password: str) -> None:
        assert self.window is not None
        self.window.get_by_label("Email").fill(email)
        self.window.get_by_label("Password").fill(password)
        self.window.get_by_role("button", name="Sign in", exact=True).click()

    def window_is_gone(self) -> None:
        assert self.window is not None
        if not self.window.is_closed():
            self.window.wait_for_event("close")

    def plays(self) -> bool:
        frame = self.frame
        frame.wait_for_function(f"() => document.querySelector('[data-player][data-ready]') && {VIDEO}.readyState >= 2")
        frame.evaluate(f"{VIDEO}.muted = true; {VIDEO}.play()")
        frame.wait_for_function(f"() => {VIDEO}.currentTime > 0.5")
        names = frame.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
        return any(re.search(r"/smedia/~[^/]+/", name) for name in names)

    def beat(self) -> None:
        self.frame.evaluate("dispatchEvent(new Event('pagehide'))")


@pytest.mark.parametrize("case", CASES if FULL else SAMPLE, ids=str)
def test_whoever_may_watch_comes_to_watch_and_nobody_else(
    chromium_profile: BrowserContext, sites: Sites, films: dict[str, str], case: Case
) -> None:
    driver = InChromium(chromium_profile, sites)
    try:
        run(case, driver, sites, films[case.film])
    finally:
        driver.page.close()


def test_the_profiles_keep_storage_apart_as_browsers_of_people_do(
    playwright: Playwright, chromium_program: str, tmp_path: Path, sites: Sites, films: dict[str, str]
) -> None:
    """Playwright switches that off: a window and a frame would then share what in a real browser they do not."""
    with profile(playwright, chromium_program, tmp_path / "profile", third_party_cookies=True) as context:
        own = context.new_page()
        own.goto(sites.url(MEDIA, "/login"))
        own.evaluate("localStorage.setItem('apart', 'first-party')")
        driver = InChromium(context, sites)
        driver.open(page_with_player(sites, Case("another site", "file", "signed out"), films["file"]))
        assert driver.frame.evaluate("localStorage.getItem('apart')") is None
