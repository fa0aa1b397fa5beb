"""Players in pages of other sites, in Chromium: where cookies of other sites reach a frame, and where they do not."""
from __future__ import annotations

import itertools
import json
import os
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Playwright, expect

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts import passwords
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.embedding.frames import Frames
from privmedia.embedding.service import Embeds
from privmedia.embedding.site_keys import SiteKeys
from tests.browser.axe import faults
from tests.browser.caching_proxy import caching_proxy
from tests.browser.foreign_sites import CROSS_SITE, MEDIA, OUTER, SAME_SITE, Sites, profile, wait_for
from tests.embeds import make_embed, make_site_key, signed, token_for

pytestmark = pytest.mark.browser
FAULTS = "addEventListener('securitypolicyviolation', (e) => (window.faults ??= []).push(e.violatedDirective))"
PASSWORD = "three unrelated words 7"
VIDEO = "document.querySelector('video')"


@pytest.fixture
def item(films: dict[str, str]) -> str:
    """A film as one file."""
    return films["file"]


@pytest.fixture(params=["file", "streams"])
def film(request: pytest.FixtureRequest, films: dict[str, str]) -> str:
    return films[request.param]


@pytest.fixture(params=[True, False], ids=["third-party cookies allowed", "blocked"])
def browser_profile(
    request: pytest.FixtureRequest, playwright: Playwright, chromium_program: str, tmp_path: Path
) -> Iterator[BrowserContext]:
    with profile(playwright, chromium_program, tmp_path / "profile", third_party_cookies=request.param) as context:
        context.add_init_script(FAULTS)
        yield context


@pytest.fixture
def blocking(playwright: Playwright, chromium_program: str, tmp_path: Path) -> Iterator[BrowserContext]:
    """A browser that keeps cookies of other sites away, as more and more do."""
    with profile(playwright, chromium_program, tmp_path / "profile", third_party_cookies=False) as context:
        context.add_init_script(FAULTS)
        yield context


def with_player(sites: Sites, site: str, item: str, **wish: Any) -> tuple[str, str]:
    """A page of a site with the code of a player, as its page gives it; answers the address, and the player's id."""
    wish = {"appears": "sites", "sites": sites.url(site, ""), **wish}
    embed = make_embed(sites.library.installation, item, sites.library.user_ids["Maren Aasen"], **wish)
    code = f'<h1>News</h1><iframe src="{sites.url(MEDIA, "/embed/" + embed)}" width="640" height="360" title="Video" '
    code += 'allow="autoplay; fullscreen" allowfullscreen referrerpolicy="strict-origin-when-cross-origin"></iframe>'
    return sites.page(site, f"{embed}.html", code), embed


def sign_in(context: BrowserContext, sites: Sites, name: str) -> None:
    token = sites.library.tokens[name]
    url = sites.url(MEDIA)
    context.add_cookies([{"name": "__Host-session", "value": token, "url": url, "secure": True, "httpOnly": True,
                          "sameSite": "Lax"}])


def email_of(sites: Sites, name: str) -> str:
    """The address of somebody, who can sign in with the password from now on."""
    installation = sites.library.installation
    with writing(installation.sessions) as session:
        user = session.get_one(User, sites.library.user_ids[name])
        user.password_hash = passwords.hash_password(PASSWORD, rounds=4)
        return user.email


def frame_of(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def plays(page: Page) -> None:
    """Whether the film runs in the frame."""
    frame = page.frames[-1]
    ready = f"() => document.querySelector('[data-player][data-ready]') && {VIDEO}.readyState >= 2"
    frame.wait_for_function(ready, timeout=20_000)
    frame.evaluate(f"{VIDEO}.muted = true; {VIDEO}.play()")
    frame.wait_for_function(f"() => {VIDEO}.currentTime > 0.5", timeout=20_000)
    assert frame.evaluate("window.faults ?? []") == []


def by_token(page: Page) -> set[str]:
    """The tokens in the addresses of what the frame has loaded."""
    names = page.frames[-1].evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    return {found[1] for name in names if (found := re.search(r"/smedia/~([^/]+)/", name))}


def says(page: Page, words: str) -> None:
    expect(frame_of(page).locator("[data-screen]:not([hidden]) h1")).to_have_text(words, timeout=20_000)


def address_in(page: Page) -> Locator:
    """What a player shows to be copied, where it may be that no link opens."""
    return frame_of(page).locator(".address > span:visible")


def test_signed_in_on_the_same_site_it_plays_at_once(browser_profile: BrowserContext, sites: Sites, film: str) -> None:
    address, _embed = with_player(sites, SAME_SITE, film)
    sign_in(browser_profile, sites, "Jonas Bakke")
    page = browser_profile.new_page()
    page.goto(address)
    plays(page)
    assert by_token(page) == set()


def test_signed_out_on_another_site_one_signs_in_in_a_window_and_it_plays_until_it_is_taken_back(
    browser_profile: BrowserContext, sites: Sites, film: str
) -> None:
    address, _embed = with_player(sites, CROSS_SITE, film)
    page = browser_profile.new_page()
    page.goto(address)
    says(page, "This video is private")
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    window = opened.value
    window.get_by_label("Email").fill(email_of(sites, "Jonas Bakke"))
    window.get_by_label("Password").fill(PASSWORD)
    with window.expect_event("close"):
        window.get_by_role("button", name="Sign in", exact=True).click()
    plays(page)
    assert len(by_token(page)) == 1
    # The key of this browser is good on this site again, and nothing of the session reached the frame.
    page.reload()
    plays(page)
    sites.library.set_rule("Jonas Bakke", NOTHING)
    try:
        page.frames[-1].evaluate("dispatchEvent(new Event('pagehide'))")
        says(page, "You can no longer watch this video here")
        assert frame_of(page).locator("video").count() == 0
    finally:
        sites.library.set_rule("Jonas Bakke", Permission.VIEW)


def test_whom_the_site_vouches_for_plays_without_an_account_once_for_each_signed_address(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    installation, origin = sites.library.installation, sites.url(CROSS_SITE, "")
    key = make_site_key(installation, "Yard intranet", origin)
    maker = sites.library.user_ids["Maren Aasen"]
    embed = make_embed(installation, item, maker, audience="signed", key=key[0])
    word = urlencode(signed(key, item, until=installation.clock() + timedelta(hours=1), user="Jonas Bäkke & Søn"))
    frame = f'<iframe src="{sites.url(MEDIA, "/embed/" + embed)}#{word}" width=640 height=360 title=Video></iframe>'
    address = sites.page(CROSS_SITE, "signed.html", frame)
    page = blocking.new_page()
    page.goto(address)
    plays(page)
    assert len(by_token(page)) == 1
    # It has left the address of the frame, and the page out of a cache does not play again.
    assert page.frames[-1].evaluate("location.hash") == ""
    page.reload()
    says(page, "This page did not say who you are")
    expect(frame_of(page).get_by_role("button", name="Sign in to play")).to_be_visible()
    logs = sites.logs()
    assert word.rpartition("signature=")[2] not in logs
    with writing(installation.sessions) as session:
        SiteKeys(session, installation).remove(uid=key[0])


HOSTILE = """
addEventListener("message", ({ data }) => (window.heard ??= []).push(JSON.stringify(data)));
window.addresses = () => performance.getEntries().map(({ name }) => name).join(" ");
window.look = () => { try { return frames[0].location.href + frames[0].name; } catch { return ""; } };
"""


def test_the_page_around_learns_nothing(blocking: BrowserContext, sites: Sites, item: str) -> None:
    """It listens to every message and looks at every address it can see. None leads on to another site either."""
    address, embed = with_player(sites, CROSS_SITE, item)
    page = blocking.new_page()
    exchanged: list[str] = []
    answers: list[str] = []
    referers: list[str] = []
    page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    asked = f"/embed/{embed}/token"
    page.on("request", lambda request: request.url.endswith(asked) and exchanged.append(request.post_data or ""))
    page.on("response", lambda response: response.url.endswith(asked) and answers.append(response.text()))
    page.add_init_script(HOSTILE)
    page.goto(address)
    says(page, "This video is private")
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    says(page, "Finish in the other window")
    window = opened.value
    window.get_by_label("Email").fill(email_of(sites, "Jonas Bakke"))
    window.get_by_label("Password").fill(PASSWORD)
    with window.expect_event("close"):
        window.get_by_role("button", name="Sign in", exact=True).click()
    plays(page)
    said = [json.loads(text) for text in exchanged]
    assert [set(one) for one in said] == [{"page", "ancestors"}, {"flow", "secret", "code"}]
    secrets = [said[1]["secret"], said[1]["code"], *by_token(page), *(json.loads(answers[-1])["renew"],)]
    assert [text for text in referers if f"/embed/{embed}" in text]
    seen = [*page.evaluate("window.heard ?? []"), page.evaluate("addresses()"), page.evaluate("look()"), page.content()]
    known = " ".join([*seen, *referers, page.frames[-1].url])
    assert [secret for secret in secrets if secret in known] == []
    logs = sites.logs()
    assert "/smedia/~..." in logs
    assert [secret for secret in secrets if secret in logs] == []


def test_a_message_counts_only_from_the_very_window_from_our_own_origin_and_for_this_try(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    """Each of the others is all right but for one thing, and is known to have arrived."""
    address, embed = with_player(sites, CROSS_SITE, item)
    page = blocking.new_page()
    asked = f"/embed/{embed}/token"
    exchanged: list[str] = []
    page.on("request", lambda request: '"code"' in (request.post_data or "") and exchanged.append(request.url))
    with page.expect_response(lambda response: response.url.endswith(asked)) as begun:
        page.goto(address)
    flow = begun.value.json()["flow"]
    right = {"type": "privmedia.embed.code", "v": 1, "embed": embed, "flow": flow, "code": "x" * 43}
    says(page, "This video is private")
    frame = page.frames[-1]
    frame.evaluate("addEventListener('message', () => (window.arrived = (window.arrived ?? 0) + 1))")
    # The press opens the window at once: whatever is waited for first, a browser may open none after.
    page.route(f"**{asked}", lambda route: route.abort())
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    page.unroute(f"**{asked}")
    window, own = opened.value, sites.url(MEDIA, f"/embed/{embed}/signin?flow={flow}")
    window.wait_for_url("**/login?**")
    assert window.evaluate("window.name") == "", "whoever knows its name gets hold of it"
    page.evaluate("(message) => frames[0].postMessage(message, '*')", right)
    with page.expect_popup() as another:
        page.evaluate("(address) => { open(address); }", own)
    another.value.wait_for_url("**/login?**")
    another.value.evaluate("(message) => opener.frames[0].postMessage(message, '*')", right)
    wrongs: list[dict[str, Any]] = [{"flow": "0" * 16}, {"embed": "0" * 16}, {"v": 2}, {"type": "code"}]
    for wrong in [*wrongs, {"code": None}]:
        window.evaluate("(message) => opener.postMessage(message, '*')", {**right, **wrong})
    elsewhere = sites.page(CROSS_SITE, "elsewhere.html", "Elsewhere")
    window.evaluate("(address) => { location = address; }", elsewhere)
    window.wait_for_url(elsewhere)
    window.evaluate("(message) => opener.postMessage(message, '*')", right)
    frame.wait_for_function("window.arrived === 8")
    assert exchanged == []
    window.evaluate("(address) => { location = address; }", own)
    window.wait_for_url("**/login?**")
    with page.expect_response(lambda response: response.url.endswith(asked)) as answered:
        window.evaluate("(message) => opener.postMessage(message, '*')", right)
    assert (answered.value.status, len(exchanged)) == (400, 1)


def test_a_window_that_another_site_opens_or_frames_hands_nothing_over(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    """With a flow that it began itself, so that a code is all it lacks; in a browser that is signed in."""
    _address, embed = with_player(sites, SAME_SITE, item)
    with writing(sites.library.installation.sessions) as session:
        frames = Frames(session, sites.library.installation)
        standing = frames.standing(embed)
        assert standing is not None
        flow = frames.begin(standing, ancestors="", page_id=None).flow
    sign_in(blocking, sites, "Jonas Bakke")
    window = sites.url(MEDIA, f"/embed/{embed}/signin?flow={flow}")
    html = f'<button onclick="window.open(\'{window}\')">Open</button><iframe src="{window}"></iframe>'
    page = blocking.new_page()
    page.add_init_script(HOSTILE)
    made: list[int] = []
    blocking.on("response", lambda one: one.request.method == "POST" and one.url in window and made.append(one.status))
    page.goto(sites.page(SAME_SITE, "opens.html", html))
    assert made == []
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open").click()
    if not opened.value.is_closed():
        opened.value.wait_for_event("close")
    assert made == [200]
    assert page.evaluate("window.heard ?? []") == []


def test_a_page_that_cuts_windows_off_leaves_a_link_and_one_that_spares_those_it_opens_plays(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    _address, embed = with_player(sites, CROSS_SITE, item)
    frame = f'<iframe src="{sites.url(MEDIA, "/embed/" + embed)}" width=640 height=360 title=Video></iframe>'
    sign_in(blocking, sites, "Jonas Bakke")
    posted: list[str] = []
    blocking.on("request", lambda request: "/signin" in request.url and posted.append(request.method))
    page = blocking.new_page()
    page.goto(sites.page(CROSS_SITE, "coop-same-origin/news.html", frame))
    says(page, "This video is private")
    with blocking.expect_page() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    says(page, "This page does not let the player open a window")
    expect(frame_of(page).locator("[data-screen]:not([hidden])").get_by_role("link")).to_have_text("Open in privmedia")
    window = opened.value
    expect(window.get_by_role("link", name="Open in privmedia")).to_be_visible()
    window.wait_for_load_state("networkidle")
    assert posted == ["GET"]
    page.goto(sites.page(CROSS_SITE, "coop-same-origin-allow-popups/news.html", frame))
    says(page, "This video is private")
    frame_of(page).get_by_role("button", name="Sign in to play").click()
    plays(page)


def in_sandbox(sites: Sites, item: str, allowed: str) -> str:
    """The address of a page that keeps a player in a sandbox."""
    _address, embed = with_player(sites, CROSS_SITE, item)
    frame = f'<iframe src="{sites.url(MEDIA, "/embed/" + embed)}" width=640 height=360 title=Video'
    return sites.page(CROSS_SITE, f"{embed}-kept.html", f'{frame} sandbox="{allowed}"></iframe>')


@pytest.mark.parametrize(
    ("allowed", "signed_in"),
    [
        ("allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox", False),
        ("allow-scripts allow-same-origin allow-popups", True),
    ],
    ids=["as the docs say", "signed in, with windows alone"],
)
def test_in_a_sandbox_that_allows_it_a_window_it_plays(
    blocking: BrowserContext, sites: Sites, item: str, allowed: str, signed_in: bool
) -> None:
    if signed_in:
        sign_in(blocking, sites, "Jonas Bakke")
    page = blocking.new_page()
    page.goto(in_sandbox(sites, item, allowed))
    says(page, "This video is private")
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    if not signed_in:
        opened.value.get_by_label("Email").fill(email_of(sites, "Jonas Bakke"))
        opened.value.get_by_label("Password").fill(PASSWORD)
        opened.value.get_by_role("button", name="Sign in", exact=True).click()
    plays(page)


def test_out_of_a_sandbox_without_forms_the_window_says_where_to_sign_in_and_then_it_plays(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    page = blocking.new_page()
    page.goto(in_sandbox(sites, item, "allow-scripts allow-same-origin allow-popups"))
    says(page, "This video is private")
    with page.expect_popup() as opened:
        frame_of(page).get_by_role("button", name="Sign in to play").click()
    window = opened.value
    expect(window.get_by_role("alert")).to_contain_text("Nobody can sign in by a password in this window.")
    expect(window.get_by_label("Password")).to_be_hidden()
    assert faults(window) == []
    tab = blocking.new_page()
    tab.goto(window.inner_text("#login-address"))
    expect(tab.locator("[data-without-forms]")).to_be_hidden()
    tab.get_by_label("Email").fill(email_of(sites, "Jonas Bakke"))
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    expect(tab.locator("h1")).to_have_text("Library")
    window.close()
    frame_of(page).get_by_role("button", name="Sign in to play").click()
    plays(page)


@pytest.mark.parametrize(
    "allowed",
    ["allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox",
     "allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox"],
    ids=["without an origin", "without scripts"],
)
def test_in_a_sandbox_in_which_it_cannot_run_it_has_a_link_and_no_button_that_does_nothing(
    blocking: BrowserContext, sites: Sites, item: str, allowed: str
) -> None:
    page = blocking.new_page()
    page.goto(in_sandbox(sites, item, allowed))
    page.wait_for_load_state("networkidle")
    frame = frame_of(page)
    expect(frame.get_by_role("heading", name="This video is private")).to_be_visible()
    expect(frame.get_by_role("button")).to_have_count(0)
    expect(address_in(page)).to_have_text(sites.url(MEDIA, f"/m/{item}"))
    with blocking.expect_page() as opened:
        frame.get_by_role("link", name="Open in privmedia").click()
    opened.value.wait_for_url("**/login?**")


def test_a_player_asks_once_a_minute_whether_it_may_go_on_and_stops_when_it_may_not(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    """Paused, so that nothing but the time makes it ask; and thirty times as fast."""
    address, embed = with_player(sites, CROSS_SITE, item, audience="open")
    page = blocking.new_page()
    page.add_init_script(
        "{ const every = setInterval;"
        " window.setInterval = (act, after) => every(act, after < 10_000 ? after : after / 30); }"
    )
    page.goto(address)
    plays(page)
    page.frames[-1].evaluate(f"{VIDEO}.pause()")
    with writing(sites.library.installation.sessions) as session:
        Embeds(session, sites.library.installation).remove(uid=embed)
    screen = frame_of(page).locator("[data-screen]:not([hidden]) h1")
    expect(screen).to_have_text("This video is not here any more", timeout=6000)
    assert frame_of(page).locator("video").count() == 0


def test_where_no_window_opens_or_the_site_is_none_of_its_own_the_player_says_so_or_is_not_shown(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    address, embed = with_player(sites, CROSS_SITE, item)
    page = blocking.new_page()
    frame = f'<iframe src="{sites.url(MEDIA, "/embed/" + embed)}" width=640 height=360 title=Video'
    page.goto(sites.page(CROSS_SITE, "sandboxed.html", f'{frame} sandbox="allow-scripts allow-same-origin"></iframe>'))
    says(page, "This video is private")
    frame_of(page).get_by_role("button", name="Sign in to play").click()
    says(page, "This page does not let the player open a window")
    # A link would open no window either.
    expect(address_in(page)).to_have_text(sites.url(MEDIA, f"/m/{item}"))
    page.goto(sites.page(OUTER, "other.html", f"{frame}></iframe>"))
    expect(frame_of(page).locator("h1")).to_have_text("This video cannot be shown on this site.")
    # A listed page inside a page that is not: the browser itself refuses.
    page.goto(sites.page(OUTER, "around.html", f'<iframe src="{address}" width=700 height=500></iframe>'))
    page.wait_for_timeout(1500)
    assert [each.url for each in page.frames if MEDIA in each.url and each.locator("[data-embed]").count()] == []


def test_a_window_opened_by_hand_asks_for_no_code(blocking: BrowserContext, sites: Sites, item: str) -> None:
    _address, embed = with_player(sites, CROSS_SITE, item)
    with writing(sites.library.installation.sessions) as session:
        frames = Frames(session, sites.library.installation)
        standing = frames.standing(embed)
        assert standing is not None
        flow = frames.begin(standing, ancestors="", page_id=None).flow
    sign_in(blocking, sites, "Jonas Bakke")
    page = blocking.new_page()
    posted: list[str] = []
    page.on("request", lambda request: request.method == "POST" and posted.append(request.url))
    page.goto(sites.url(MEDIA, f"/embed/{embed}/signin?flow={flow}"))
    expect(page.get_by_role("link", name="Open in privmedia")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert posted == []


def test_no_log_has_a_token_not_even_while_the_application_is_gone(sites: Sites, item: str) -> None:
    """nginx writes the address of what failed into its error log, whatever the access log masks."""
    embed = make_embed(sites.library.installation, item, sites.library.user_ids["Maren Aasen"], audience="open")
    token, _renew = token_for(sites.library.installation, embed, None)
    ways, names = ("~", "%7E", "%7e"), ("play.mp4", "no")
    addresses = [f"/smedia/{way}{token}/{item}/{name}" for way in ways for name in names]
    assert {sites.status(address) for address in addresses} == {200, 404}
    # What was decided and nginx cannot open, by a token and by a session; and what is too large to be read.
    version = sites.library.installation.storage.version_folder(item, 1)
    version.rename(version.with_name("v1-elsewhere"))
    version.symlink_to("v1-elsewhere")
    try:
        assert sites.status(addresses[0]) in (403, 404)
        sites.status(f"/smedia/{item}/play.mp4", sites.library.tokens["Maren Aasen"])
        assert re.search(rf'failed .*"GET /smedia/{item}/play.mp4', sites.logs())
        assert token not in sites.logs()
    finally:
        version.unlink()
        version.with_name("v1-elsewhere").rename(version)
    assert sites.status(addresses[0], sent=2 << 30) in (405, 413)
    assert sites.status(f"/m/{item}?sent", sent=2 << 30) == 413
    assert "too large body" in sites.logs()
    away = sites.stack.socket.with_suffix(".away")
    sites.stack.socket.rename(away)
    try:
        # nginx lets go of the connections it has kept.
        os.kill(int((sites.stack.folder / "nginx" / "nginx.pid").read_text()), signal.SIGHUP)
        wait_for(lambda: sites.status(f"/m/{item}") == 503, sites.stack)
        assert {sites.status(address) for address in addresses} == {503}
    finally:
        away.rename(sites.stack.socket)
    logs = sites.logs()
    assert "No such file or directory" in logs
    assert f"/m/{item}" in logs
    assert token not in logs


def test_the_code_and_the_preview_follow_the_form_before_it_is_saved(
    blocking: BrowserContext, sites: Sites, item: str
) -> None:
    embed = make_embed(sites.library.installation, item, sites.library.user_ids["Maren Aasen"])
    sign_in(blocking, sites, "Maren Aasen")
    page = blocking.new_page()
    page.goto(sites.url(MEDIA, f"/m/{item}/embed?player={embed}"))
    page.get_by_label("Size").select_option("960")
    expect(page.locator("#embed-code")).to_contain_text('width="960" height="540"')
    page.get_by_label("Again from the start").check()
    expect(page.locator("#embed-aside iframe")).to_have_attribute("src", re.compile(r"loop=1"))
    preview = page.frame_locator("#embed-aside iframe")
    expect(preview.locator("video")).to_have_attribute("loop", "")
    page.set_viewport_size({"width": 390, "height": 844})
    edges = "(film) => [film.getBoundingClientRect().left, film.getBoundingClientRect().right - innerWidth]"
    assert preview.locator("video").evaluate(edges) == [0, 0]
    page.set_viewport_size({"width": 1280, "height": 720})
    page.get_by_role("link", name="No access").click()
    expect(page.frame_locator("#embed-aside iframe").locator("[data-screen]:not([hidden]) h1")).to_have_text(
        "You do not have access to this video"
    )
    # What was chosen is still there, and Save saves it.
    page.get_by_role("button", name="Save player").click()
    expect(page.locator("#embed-code")).to_contain_text('width="960"')
    assert page.get_by_label("Again from the start").is_checked()
    assert page.evaluate("window.faults ?? []") == []


OVERLAY = """
<style>iframe { position: absolute; left: 0; top: 0; opacity: 0.001 } button { position: absolute; left: 0; top: 0;
  width: 640px; height: 360px }</style><button>Claim your prize</button>
"""


@pytest.mark.parametrize(
    ("site", "wish", "who"),
    [(CROSS_SITE, {"audience": "open"}, ""), (SAME_SITE, {"appears": "everywhere"}, "Maren Aasen")],
    ids=["without sign-in", "on any site, by the session of who may everything"],
)
def test_a_transparent_player_over_something_else_can_at_most_be_made_to_start(
    blocking: BrowserContext, sites: Sites, item: str, site: str, wish: dict[str, str], who: str
) -> None:
    """Whatever is pressed in a frame nobody sees: nothing is deleted, shared, asked for or changed by it."""
    _address, embed = with_player(sites, site, item, **wish)
    if who:
        sign_in(blocking, sites, who)
    frame = f'<iframe src="{sites.url(MEDIA, "/embed/" + embed)}" width=640 height=360 title=Video></iframe>'
    page = blocking.new_page()
    sent: list[str] = []
    page.on("request", lambda request: request.method != "GET" and sent.append(request.url.split("/embed/")[-1]))
    page.goto(sites.page(site, "overlay.html", f"{OVERLAY}{frame}"))
    plays(page)
    for across, down in itertools.product(range(20, 640, 120), range(20, 360, 80)):
        page.mouse.click(across, down)
    assert set(sent) <= {f"{embed}/token", f"{embed}/renew"}
    inside = page.frames[-1]
    forms = inside.locator("form")
    assert forms.count() == 0
    leading_out = inside.locator("a[href]").evaluate_all("links => links.map((link) => [link.target, link.rel])")
    assert all(target == "_blank" and "noopener" in rel for target, rel in leading_out)


def test_one_cache_between_two_people_keeps_nothing_of_the_first(sites: Sites, item: str, tmp_path: Path) -> None:
    maker, viewer, stranger = (sites.library.tokens[name] for name in ("Maren Aasen", "Jonas Bakke", "Oskar Lund"))
    embed = make_embed(sites.library.installation, item, sites.library.user_ids["Maren Aasen"])
    with caching_proxy(tmp_path, sites) as cache:
        script = re.search(r"/static/embed[^\"]+", cache.get(f"/embed/{embed}").text)
        assert script is not None
        assert [cache.get(script[0]).cache for _twice in range(2)] == ["MISS", "HIT"]
        states = {viewer: "playing", stranger: "denied", "": "ask", maker: "playing"}
        for session, state in [*states.items()] * 2:
            page = cache.get(f"/embed/{embed}", session)
            assert (f'data-state="{state}"' in page.text, page.cache) == (True, "MISS"), state
            for name in ("play.mp4", "poster.webp"):
                film = cache.get(f"/smedia/{item}/{name}", session)
                assert (film.status, film.cache) == (200 if state == "playing" else 404, "MISS"), (state, name)
