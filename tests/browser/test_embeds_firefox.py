"""Players in pages of other sites, in Firefox: its own settings of cookies, and all of other sites blocked."""
from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import missing
from tests.browser.embed_matrix import CASES, PRIVATE, Case, page_with_player, run
from tests.browser.firefox import WAITS, Firefox, firefox
from tests.browser.foreign_sites import CROSS_SITE, FOREIGN, MEDIA, Sites

pytestmark = pytest.mark.browser
VIDEO = "document.querySelector('video')"
MODES = {"Firefox's own": 5, "all of other sites blocked": 1}
"""Of `network.cookie.cookieBehavior`; never left to what the profile comes with."""
SCREEN = "document.querySelector('[data-screen]:not([hidden]) h1')?.textContent"


@pytest.fixture(scope="module", params=MODES)
def fox(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    program = shutil.which("firefox-esr")
    if program is None or not list(Path("/usr/lib").glob("*/libavcodec.so.59")):
        missing("Firefox or what it decodes H.264 with is missing: apt-get install firefox-esr libavcodec59")
    chosen = {
        "network__cookie__cookieBehavior": MODES[request.param],
        "network__dns__localDomains": ",".join((MEDIA, *FOREIGN)),
        "dom__disable_open_during_load": True,
        "media__autoplay__blocking_policy": 0,
    }
    with firefox(program, tmp_path_factory.mktemp("firefox"), **chosen) as browser:
        yield browser


class InFirefox:
    """The steps of the matrix. Its tab is the same for all rows."""

    def __init__(self, fox: Firefox) -> None:
        self.fox = fox

    @property
    def frame(self) -> str:
        """The player's frame, once it is there."""
        until = time.monotonic() + WAITS
        while time.monotonic() < until:
            for place, address in self.fox.frames():
                if f"{MEDIA}:" in address and "/embed/" in address:
                    return place
            time.sleep(0.1)
        raise TimeoutError("no player in the page")

    def signed_in_as(self, token: str | None) -> None:
        self.fox.close_windows()
        self.fox.goto("about:blank")
        self.fox.forget_cookies()
        if token is not None:
            self.fox.set_cookie("__Host-session", token, MEDIA, secure=True)

    def open(self, address: str) -> None:
        self.fox.goto(address)

    def says(self, words: str) -> None:
        self.fox.wait_for(f"{SCREEN} === {words!r}", self.frame)

    def press(self) -> None:
        self.fox.click("[data-screen]:not([hidden]) [data-do=play]", self.frame)

    @property
    def window(self) -> str:
        until = time.monotonic() + WAITS
        while time.monotonic() < until:
            if windows := self.fox.windows():
                return windows[0][0]
            time.sleep(0.1)
        raise TimeoutError("no window opened")

    def fill_in(self, email: str, password: str) -> None:
        window = self.window
        self.fox.wait_for("document.querySelector('#login-form [name=password]') !== null", window)
        fields = f"[['email', {email!r}], ['password', {password!r}]]"
        self.fox.evaluate(
            f"{fields}.map(([name, value]) => document.querySelector(`#login-form [name=${{name}}]`).value = value)",
            window,
        )
        self.fox.click("#login-form [type=submit]", window)

    def window_is_gone(self) -> None:
        until = time.monotonic() + WAITS
        while self.fox.windows():
            assert time.monotonic() < until, self.fox.windows()
            time.sleep(0.1)

    def plays(self) -> bool:
        self.fox.wait_for(f"document.querySelector('[data-player][data-ready]') && {VIDEO}.readyState >= 2", self.frame)
        self.fox.evaluate(f"({VIDEO}.muted = true, {VIDEO}.play())", self.frame)
        self.fox.wait_for(f"{VIDEO}.currentTime > 0.5", self.frame)
        names = self.fox.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)", self.frame)
        return any(re.search(r"/smedia/~[^/]+/", name) for name in names)

    def beat(self) -> None:
        self.fox.evaluate("dispatchEvent(new Event('pagehide'))", self.frame)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_whoever_may_watch_comes_to_watch_and_nobody_else(
    fox: Firefox, sites: Sites, films: dict[str, str], case: Case
) -> None:
    run(case, InFirefox(fox), sites, films[case.film])


def test_the_window_has_no_name_by_which_another_page_gets_hold_of_it_and_where_none_opens_it_says_so(
    fox: Firefox, sites: Sites, films: dict[str, str]
) -> None:
    """Where none is allowed, Firefox throws, and Chromium does not."""
    case, driver = Case("another site", "file", "signed out"), InFirefox(fox)
    driver.signed_in_as(None)
    address = page_with_player(sites, case, films["file"])
    driver.open(address)
    driver.says(PRIVATE)
    driver.press()
    fox.wait_for("location.pathname === '/login'", driver.window)
    assert fox.evaluate("window.name", driver.window) == ""
    player = fox.evaluate("location.href", driver.frame)
    fox.close_windows()
    kept = f'<iframe src="{player}" sandbox="allow-scripts allow-same-origin" width=640 height=360></iframe>'
    driver.open(sites.page(CROSS_SITE, "kept.html", kept))
    driver.says(PRIVATE)
    driver.press()
    driver.says("This page does not let the player open a window")
    assert fox.windows() == []
