"""Signing in at the company's provider as people do it, in Chromium: a certified provider, the library on https."""
from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from privmedia.access.permissions import Permission
from privmedia.access.principals import group
from privmedia.accounts.groups import Groups
from privmedia.db import writing
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library
from privmedia.media import find_ffmpeg
from privmedia.providers.models import ProviderGroup
from tests.browser.foreign_sites import CROSS_SITE, MEDIA, Sites, posted, profile, with_other_sites
from tests.browser.test_embeds import frame_of, plays, with_player
from tests.providers import ID, SECRET, RealProvider, real_provider
from tests.sites import free_port

pytestmark = pytest.mark.browser
VIDEO = "document.querySelector('video')"
ENGINEER = {"email_verified": True, "groups": ["engineers"]}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sites, RealProvider]]:
    """The library, and the one provider by which people sign in to it."""
    port = free_port()
    with real_provider(f"https://{MEDIA}:{port}", "skarvik") as provider:
        keys = {
            "ISSUER": provider.issuer, "CLIENT_ID": ID, "CLIENT_SECRET": SECRET, "MAKE_ACCOUNTS": "yes",
            "SCOPE": "openid email profile groups",
        }
        settings = {f"PRIVMEDIA_OIDC_SKARVIK_{key}": text for key, text in keys.items()}
        with with_other_sites(tmp_path_factory.mktemp("company"), port=port, settings=settings) as sites:
            installation, library = sites.library.installation, sites.library
            library.add_person("Maren Aasen", allow=Permission.MANAGE)
            with writing(installation.sessions) as session:
                ours = Groups(session, installation).add_group(name="Service")
                session.add(ProviderGroup(provider="skarvik", value="engineers", group_id=ours.id))
                folder = Library(session, installation).folder(library.folder)
                Rules(session, installation).set(folder, Wanted(group(ours.id), Permission.VIEW))
            yield sites, provider


@pytest.fixture(scope="module")
def item(company: tuple[Sites, RealProvider], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A film that is larger than a browser fetches at once."""
    film = tmp_path_factory.mktemp("film") / "film.mp4"
    command = [find_ffmpeg(""), "-v", "error", "-nostdin", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=40", "-c:v"]
    command += ["libx264", "-preset", "ultrafast", "-b:v", "1500k", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run([*command, film], check=True)
    return company[0].library.add_item(film.read_bytes())


@pytest.fixture
def new_browser(
    playwright: Playwright, chromium_program: str, tmp_path: Path
) -> Iterator[Callable[[], BrowserContext]]:
    """A browser of its own, with nothing in it."""
    with ExitStack() as opened:

        def browser() -> BrowserContext:
            folder = tmp_path / f"profile-{len(list(tmp_path.iterdir()))}"
            return opened.enter_context(profile(playwright, chromium_program, folder, third_party_cookies=False))

        yield browser


def sign_in_there(page: Page, account: str) -> None:
    """Fill in the provider's own form."""
    page.locator("[name=login]").fill(account)
    page.locator("[name=password]").fill("any")
    page.locator("[type=submit]").click()


def knows(provider: RealProvider, account: str, **claims: Any) -> None:
    said = {"email": f"{account}@skarvik.example", "name": account.capitalize(), **ENGINEER, **claims}
    provider.knows(account, **said)


def test_the_first_time_the_second_time_and_what_groups_open_follows_at_the_next_request(
    company: tuple[Sites, RealProvider], new_browser: Callable[[], BrowserContext]
) -> None:
    sites, provider = company
    folder = sites.url(MEDIA, f"/f/{sites.library.folder}")
    knows(provider, "leila", groups=[])
    page = new_browser().new_page()
    page.goto(folder)
    page.get_by_role("link", name="Sign in with Skarvik").click()
    sign_in_there(page, "leila")
    page.wait_for_url(folder)
    expect(page.locator("h1")).to_have_text("There is nothing here for you")
    # The second time, in another browser, by then in the group.
    knows(provider, "leila")
    other = new_browser().new_page()
    other.goto(folder)
    other.get_by_role("link", name="Sign in with Skarvik").click()
    sign_in_there(other, "leila")
    other.wait_for_url(folder)
    expect(other.locator("h1")).to_contain_text("Training")
    page.reload()
    expect(page.locator("h1")).to_contain_text("Training")
    # Who is signed in there types nothing: out here, in again by one click, in no group any more.
    knows(provider, "leila", groups=[])
    other.context.clear_cookies(domain=MEDIA)
    other.goto(folder)
    other.get_by_role("link", name="Sign in with Skarvik").click()
    other.wait_for_url(folder)
    for each in (other, page):
        each.reload()
        expect(each.locator("h1")).to_have_text("There is nothing here for you")


def test_who_is_signed_out_there_stops_in_the_middle_of_playing_and_who_is_gone_there_gets_in_no_more(
    company: tuple[Sites, RealProvider], new_browser: Callable[[], BrowserContext], item: str
) -> None:
    sites, provider = company
    knows(provider, "moe")
    page = new_browser().new_page()
    address = sites.url(MEDIA, f"/m/{item}")
    page.goto(address)
    page.get_by_role("link", name="Sign in with Skarvik").click()
    sign_in_there(page, "moe")
    page.wait_for_url(address)
    page.wait_for_function(f"() => {VIDEO}?.readyState >= 2")
    page.evaluate(f"{VIDEO}.muted = true; {VIDEO}.play()")
    page.wait_for_function(f"() => {VIDEO}.currentTime > 0.5")
    told = len(provider.told())
    there = page.context.new_page()
    there.goto(f"{provider.issuer}/session/end")
    there.get_by_role("button", name="Yes, sign me out").click()
    expect(there.locator("h1")).to_contain_text("Sign-out Success")
    (token,) = provider.told()[told:]
    # From the provider's server to ours, as it would be without names that only this browser knows.
    ours = "/login/oidc/skarvik/back-channel"
    assert posted(sites.stack.port, ours, {"logout_token": token}) == 200
    assert not page.evaluate(f"{VIDEO}.paused")
    rest = page.evaluate(f"fetch({VIDEO}.currentSrc, {{ headers: {{ Range: 'bytes=0-9' }} }}).then((r) => r.status)")
    assert rest == 404
    page.evaluate(f"{VIDEO}.pause()")
    expect(page.locator("[data-notice]")).to_contain_text("signed out")
    assert page.locator("video").get_attribute("src") is None
    # And disabled there: the provider lets nobody in who was there before.
    provider.forgets("moe")
    page.goto(address)
    page.get_by_role("link", name="Sign in with Skarvik").click()
    sign_in_there(page, "moe")
    page.goto(address)
    expect(page.get_by_role("link", name="Sign in with Skarvik")).to_be_visible()


def test_a_player_in_another_page_goes_straight_to_the_only_provider_and_plays(
    company: tuple[Sites, RealProvider], new_browser: Callable[[], BrowserContext], item: str
) -> None:
    sites, provider = company
    knows(provider, "nina")
    context = new_browser()
    address, _embed = with_player(sites, CROSS_SITE, item)
    page = context.new_page()
    page.goto(address)
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    window = opened.value
    with window.expect_event("close"):
        sign_in_there(window, "nina")
    plays(page)
    # Signed in there already: one click and nothing to type.
    context.clear_cookies(domain=MEDIA)
    page.goto(address)
    with page.expect_popup() as again:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    if not again.value.is_closed():
        again.value.wait_for_event("close")
    plays(page)
