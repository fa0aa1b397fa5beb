"""Players in pages of other sites, from the first request of the frame to the bytes and to the end of them."""
from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from webob import Request
from webtest import TestApp, TestResponse

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.models import SignIn, Throttle, User
from privmedia.accounts.sign_ins import SignIns
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.embedding.models import EmbedKey, EmbedPage, EmbedToken
from privmedia.embedding.service import Embeds, Wish
from privmedia.embedding.token_views import BEGUN
from privmedia.library.models import Item
from privmedia.library.service import Library
from privmedia.organising.bin import Bin
from privmedia.organising.moving import Moves
from tests.conftest import ADDRESS, FakeClock
from tests.embeds import FROM_A_FRAME, INTRANET, make_embed, tell
from tests.private_library import PrivateLibrary

CONTENT = b"every byte of the film"
MISSING = "0000000000000000"


@pytest.fixture
def ini(ini: dict[str, str]) -> dict[str, str]:
    return {**ini, "privmedia.front_server": "builtin", "privmedia.embed_portals": "https://portal.example"}


@pytest.fixture
def library(installation: Any) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("maker", allow=Permission.MANAGE)
    library.add_person("viewer", allow=Permission.VIEW)
    library.add_person("stranger")
    return library


@pytest.fixture
def item(library: PrivateLibrary) -> str:
    return library.add_item(CONTENT)


@pytest.fixture
def embed(library: PrivateLibrary, item: str) -> str:
    return make_embed(library.installation, item, library.user_ids["maker"])


@pytest.fixture
def person(browser: Callable[[], TestApp], library: PrivateLibrary) -> Callable[[str], TestApp]:
    def signed_in(name: str) -> TestApp:
        found = browser()
        found.set_cookie("session", library.tokens[name])
        return found

    return signed_in


def begin(frame: TestApp, embed: str) -> dict[str, str]:
    answer = tell(frame, f"/embed/{embed}/token", {})
    assert answer.status_int == 401
    return {name: answer.json[name] for name in ("flow", "secret")}


def code_in_the_window(window: TestApp, embed: str, flow: str) -> TestResponse:
    page = window.get(f"/embed/{embed}/signin?flow={flow}")
    token = page.html.select_one("[data-hand-over]")["data-csrf"]
    headers = {"X-CSRF-Token": token}
    return window.post(f"/embed/{embed}/signin", {"flow": flow}, headers=headers, expect_errors=True)


def sign_in_by_window(frame: TestApp, window: TestApp, embed: str) -> TestResponse:
    begun = begin(frame, embed)
    code = code_in_the_window(window, embed, begun["flow"]).json["code"]
    return tell(frame, f"/embed/{embed}/token", {**begun, "code": code})


def the_film(frame: TestApp, base: str, item: str, name: str = "play.mp4") -> TestResponse:
    return frame.get(f"{base}{item}/{name}", expect_errors=True)


# --- the document ----------------------------------------------------------------------------------------------------


def test_the_document_is_the_same_for_everybody_without_a_session_and_says_nothing_of_the_item(
    testapp: TestApp, embed: str
) -> None:
    answer = testapp.get(f"/embed/{embed}", headers=FROM_A_FRAME)
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {INTRANET} https://portal.example" in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Cross-Origin-Opener-Policy" not in answer.headers
    assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Cookie")
    assert answer.html.select_one("[data-screen=ask]:not([hidden]) h1").text == "This video is private"
    assert "T4" not in answer.text
    assert "/smedia/" not in answer.text


@pytest.mark.parametrize(
    ("wish", "ancestors"),
    [
        ({"appears": "nowhere"}, "frame-ancestors 'self'"),
        ({"appears": "everywhere"}, "frame-ancestors *"),
        ({"appears": "sites", "sites": "https://*.a.example http://b.example:8080"},
         "frame-ancestors 'self' https://*.a.example http://b.example:8080 https://portal.example"),
    ],
)
def test_the_policy_is_what_the_maker_chose(
    testapp: TestApp, library: PrivateLibrary, item: str, wish: dict[str, str], ancestors: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"], **wish)
    assert testapp.get(f"/embed/{embed}").headers["Content-Security-Policy"].endswith(ancestors)


def test_on_a_site_that_is_not_listed_one_page_says_so_whether_there_is_such_a_player_or_not(
    testapp: TestApp, embed: str
) -> None:
    other = {**FROM_A_FRAME, "Referer": "https://other.example/"}
    known, unknown = (testapp.get(f"/embed/{uid}", headers=other, expect_errors=True) for uid in (embed, MISSING))
    assert known.status_int == 403
    assert "This video cannot be shown on this site." in known.text
    assert known.headers["Content-Security-Policy"].endswith("frame-ancestors *")
    facts = [
        (answer.status, answer.body, sorted(pair for pair in answer.headerlist if pair[0] != "X-Request-ID"))
        for answer in (known, unknown)
    ]
    assert facts[0] == facts[1]
    for listed in (f"{INTRANET}/news", "https://portal.example/", ADDRESS + "/m/x", ""):
        answer = testapp.get(f"/embed/{embed}", headers={**FROM_A_FRAME, "Referer": listed})
        assert answer.status_int == 200, listed


def test_that_a_site_is_not_listed_is_noted_once_it_has_been_told_so_and_told_no_later_for_it(
    testapp: TestApp, library: PrivateLibrary, embed: str
) -> None:
    headers = {**FROM_A_FRAME, "Referer": "https://other.example/"}
    asked = Request.blank(f"/embed/{embed}", headers=headers, environ=testapp.extra_environ)
    status, told, body = asked.call_application(testapp.app)
    rest = iter(body)
    sent = next(rest)
    assert (status, dict(told)["Content-Length"]) == ("403 Forbidden", str(len(sent)))
    noted = select(EmbedPage.origin).where(EmbedPage.refused)
    with reading(library.installation.sessions) as session:
        assert session.scalars(noted).all() == []
    assert list(rest) == []
    with reading(library.installation.sessions) as session:
        assert session.scalars(noted).all() == ["https://other.example"]


def test_with_a_session_that_reaches_the_frame_it_plays_by_that(
    person: Callable[[str], TestApp], embed: str, item: str
) -> None:
    page = person("viewer").get(f"/embed/{embed}", headers=FROM_A_FRAME)
    assert page.html.select_one("main")["data-state"] == "playing"
    assert page.html.select_one("video")["src"] == f"/smedia/{item}/play.mp4"
    denied = person("stranger").get(f"/embed/{embed}", headers=FROM_A_FRAME)
    shown = denied.html.select_one("[data-screen]:not([hidden])")
    assert shown.h1.text == "You do not have access to this video"
    assert "You are signed in as stranger." in shown.text
    assert "/smedia/" not in denied.text
    assert "T4" not in denied.text


# --- the flow --------------------------------------------------------------------------------------------------------


def test_a_code_from_the_window_and_the_secret_of_the_frame_are_exchanged_for_a_token(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, embed: str, item: str
) -> None:
    answer = sign_in_by_window(testapp, person("viewer"), embed)
    assert answer.status_int == 200
    base = answer.json["base"]
    assert re.fullmatch(r"/smedia/~[A-Za-z0-9_-]{43}/", base)
    assert answer.json["expires"] == 600
    assert f'src="{base}{item}/play.mp4"' in answer.json["player"]
    assert "T4" in answer.json["player"]
    assert the_film(testapp, base, item).body == CONTENT
    assert the_film(testapp, base.replace("~", "%7E"), item).body == CONTENT
    assert the_film(testapp, base, item, "poster.webp").status_int == 200
    with reading(library.installation.sessions) as session:
        line = session.scalars(select(Event).where(Event.kind == "embed.sign-in")).one()
        assert (line.actor, line.through) == (line.actor, f"player {embed}")
        assert line.actor.startswith("viewer <")


def test_the_window_names_item_account_and_site_and_is_framed_by_nobody(
    testapp: TestApp, person: Callable[[str], TestApp], embed: str
) -> None:
    told = {"ancestors": [INTRANET, "not a site", 7]}
    flow = tell(testapp, f"/embed/{embed}/token", told).json["flow"]
    page = person("viewer").get(f"/embed/{embed}/signin?flow={flow}")
    for word in ("T4", "viewer", "www.intra.example"):
        assert word in page.html.select_one("main").text
    assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    denied = person("stranger").get(f"/embed/{embed}/signin?flow={flow}")
    assert "You do not have access to this video" in denied.text
    assert "T4" not in denied.text


def test_no_page_of_the_window_cuts_its_tie_to_the_player_and_every_other_page_does(
    testapp: TestApp, person: Callable[[str], TestApp], embed: str
) -> None:
    flow = begin(testapp, embed)["flow"]
    window = f"/embed/{embed}/signin?flow={flow}"
    to_sign_in = testapp.get(window)
    form = to_sign_in.follow()
    wrong = {"csrf_token": form.html.select_one("#login-form [name=csrf_token]")["value"], "email": "a@b.example",
             "password": "wrong", "next": window}
    kept = [
        to_sign_in,
        form,
        testapp.post("/login", wrong, expect_errors=True),
        person("viewer").get(window),
        testapp.get(f"/login/code?next=%2Fembed%2F{embed}%2Fsignin%3Fflow%3D{flow}"),
    ]
    assert [answer.headers.get("Cross-Origin-Opener-Policy") for answer in kept] == [None] * 5
    others = ("/login", "/login?next=%2Fm%2Fx", "/login?next=%2Fembed%2Fx", "/reset", "/login?next=https://x.example")
    assert {testapp.get(path).headers.get("Cross-Origin-Opener-Policy") for path in others} == {"same-origin"}


def test_a_code_is_good_once_for_a_minute_and_only_with_its_own_flow_secret_and_player(
    testapp: TestApp,
    browser: Callable[[], TestApp],
    person: Callable[[str], TestApp],
    library: PrivateLibrary,
    embed: str,
    item: str,
    clock: FakeClock,
) -> None:
    viewer = person("viewer")
    other = make_embed(library.installation, item, library.user_ids["maker"])
    victim = browser()
    for change in ("flow", "secret", "flow and secret", "code", "embed"):
        begun, foreign = begin(testapp, embed), begin(victim, embed)
        said = {**begun, "code": code_in_the_window(viewer, embed, begun["flow"]).json["code"]}
        wrong = {**said, **{name: foreign[name] for name in foreign if name in change}}
        if change == "code":
            wrong["code"] = "x" * 43
        answer = tell(victim, f"/embed/{other if change == 'embed' else embed}/token", wrong)
        assert (answer.status_int, answer.json) == (400, {"state": "over"}), change
        assert "Set-Cookie" not in answer.headers
    begun = begin(testapp, embed)
    said = {**begun, "code": code_in_the_window(viewer, embed, begun["flow"]).json["code"]}
    assert tell(testapp, f"/embed/{embed}/token", said).status_int == 200
    assert tell(testapp, f"/embed/{embed}/token", said).status_int == 400
    begun = begin(victim, embed)
    said = {**begun, "code": code_in_the_window(viewer, embed, begun["flow"]).json["code"]}
    clock.now += timedelta(seconds=61)
    assert tell(victim, f"/embed/{embed}/token", said).status_int == 400


def test_of_two_exchanges_at_once_one_succeeds(
    browser: Callable[[], TestApp], person: Callable[[str], TestApp], embed: str
) -> None:
    frame = browser()
    begun = begin(frame, embed)
    said = {**begun, "code": code_in_the_window(person("viewer"), embed, begun["flow"]).json["code"]}
    answers: list[int] = []
    together = threading.Barrier(4)

    def exchange() -> None:
        mine = browser()
        together.wait()
        answers.append(tell(mine, f"/embed/{embed}/token", said).status_int)

    threads = [threading.Thread(target=exchange) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 400, 400, 400]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://www.intra.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_a_page_of_ours_would_not_send_is_refused(
    person: Callable[[str], TestApp], embed: str, headers: dict[str, str]
) -> None:
    for what in ("token", "renew"):
        answer = tell(person("viewer"), f"/embed/{embed}/{what}", {}, **headers)
        assert (answer.status_int, answer.json) == (403, {"state": "refused"}), what
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


NONSENSE = ("", "[]", "null", "{", '{"code": 7}', '{"renew": {}}', '{"flow": "\\u0000"}', "[" * 9000)


def test_one_address_begins_so_many_players_and_then_waits_a_minute_while_others_and_what_plays_go_on(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, embed: str, clock: FakeClock
) -> None:
    playing = sign_in_by_window(testapp, person("viewer"), embed).json["renew"]
    with writing(library.installation.sessions) as session:
        count = session.scalars(select(Throttle).where(Throttle.key == "frames:192.0.2.7")).one()
        count.failures = BEGUN.tries - 1
    asked = f"/embed/{embed}/token"
    assert tell(testapp, asked, {}).status_int == 200
    refused = tell(testapp, asked, {})
    assert (refused.status_int, refused.json, refused.headers["Retry-After"]) == (429, {"state": "busy"}, "61")
    assert tell(testapp, f"/embed/{embed}/renew", {"renew": playing, "played": [[0, 9]]}).status_int == 204
    elsewhere = TestApp(testapp.app, extra_environ={**testapp.extra_environ, "REMOTE_ADDR": "198.51.100.4"})
    assert tell(elsewhere, asked, {}).status_int == 401
    clock.now += timedelta(seconds=61)
    assert tell(testapp, asked, {}).status_int == 200


@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_is_answered_and_breaks_nothing(testapp: TestApp, embed: str, body: str) -> None:
    for what in ("token", "renew"):
        assert tell(testapp, f"/embed/{embed}/{what}", body).status_int in (400, 401, 403), what


def test_the_key_of_the_browser_asks_for_tokens_and_opens_nothing_else(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, embed: str, item: str
) -> None:
    sign_in_by_window(testapp, person("viewer"), embed)
    assert set(testapp.cookies) == {"pm_frame"}
    again = tell(testapp, f"/embed/{embed}/token", {})
    assert again.status_int == 200
    assert the_film(testapp, again.json["base"], item).body == CONTENT
    assert testapp.get(f"/smedia/{item}/play.mp4", expect_errors=True).status_int == 404
    assert testapp.get(f"/m/{item}", expect_errors=True).status_int == 303
    assert testapp.get(f"/embed/{embed}").html.select_one("main")["data-state"] == "ask"
    with writing(library.installation.sessions) as session:
        session.delete(session.scalars(select(SignIn).where(SignIn.user_id == library.user_ids["viewer"])).one())
    with reading(library.installation.sessions) as session:
        assert session.scalars(select(EmbedKey)).all() == []
        assert session.scalars(select(EmbedToken)).all() == []
    assert tell(testapp, f"/embed/{embed}/token", {}).status_int == 401


def test_on_https_the_key_is_kept_for_one_site_alone(
    ini: dict[str, str], library: PrivateLibrary, embed: str
) -> None:
    from dataclasses import replace as with_changes

    from pyramid.request import Request
    from pyramid.response import Response

    from privmedia.embedding.cookies import set_key

    request, answer = Request.blank("/"), Response()
    settings = with_changes(library.installation.settings, base_url="https://media.example")
    request.installation = type("Installation", (), {"settings": settings})()
    set_key(request, answer, "k" * 43)
    assert answer.headers["Set-Cookie"] == (
        f"__Host-pm_frame={'k' * 43}; Path=/; HttpOnly; Max-Age=43200; Secure; SameSite=None; Partitioned"
    )


# --- what a token opens, and until when ------------------------------------------------------------------------------


def test_a_token_opens_what_is_watched_of_one_item_and_nothing_else(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, embed: str, item: str
) -> None:
    library.add_product(item, "hls-master.m3u8", "application/vnd.apple.mpegurl", b"#EXTM3U")
    sibling = library.add_item(CONTENT)
    base = sign_in_by_window(testapp, person("maker"), embed).json["base"]
    missing = the_film(testapp, base, MISSING)
    assert missing.status_int == 404
    for address in (
        f"{sibling}/play.mp4",
        f"{item}/original/T4 bench.mp4",
        f"{item}/original",
        f"{item}/version.json",
        f"{item}/play.mp4?v=1",
        f"{item}/hls/v2/master.m3u8",
        f"{item}/preview/{embed}.webp",
        f"../{item}/play.mp4",
    ):
        answer = testapp.get(base + address, expect_errors=True)
        assert (answer.status_int, answer.body) == (404, missing.body), address
    token = base.split("~")[1].strip("/")
    for address in (f"/smedia/{item}/play.mp4", f"/m/{item}", "/", f"/smedia/~~{token}/{item}/play.mp4",
                    f"/smedia/%257E{token}/{item}/play.mp4", f"/smedia/~{token[:-1]}x/{item}/play.mp4"):
        answer = testapp.get(address, headers={"Authorization": f"Bearer {token}"}, expect_errors=True)
        assert answer.status_int in (303, 401, 404), address


def remove_view(library: PrivateLibrary, item: str, embed: str) -> None:
    library.set_rule("viewer", NOTHING)


def deny(library: PrivateLibrary, item: str, embed: str) -> None:
    library.set_rule("viewer", deny=True)


def disable(library: PrivateLibrary, item: str, embed: str) -> None:
    with writing(library.installation.sessions) as session:
        session.get_one(User, library.user_ids["viewer"]).disabled_at = library.installation.clock()


def sign_out(library: PrivateLibrary, item: str, embed: str) -> None:
    viewer = _identity(library, "viewer")
    with writing(library.installation.sessions) as session:
        SignIns(session, library.installation).sign_out(session_id=viewer.session_id, by=viewer.author)


def idle(library: PrivateLibrary, item: str, embed: str) -> None:
    with writing(library.installation.sessions) as session:
        session.execute(update(SignIn).values(idle_until=library.installation.clock()))


def move(library: PrivateLibrary, item: str, embed: str) -> None:
    """To where only the maker may view."""
    elsewhere = PrivateLibrary(library.installation, user_ids=library.user_ids)
    elsewhere.set_rule("maker", Permission.MANAGE)
    maker = _identity(library, "maker")
    with writing(library.installation.sessions) as session:
        found = Library(session, library.installation)
        Moves(session, library.installation).move(found.item(item), found.folder(elsewhere.folder), maker)


def bin_it(library: PrivateLibrary, item: str, embed: str) -> None:
    with writing(library.installation.sessions) as session:
        maker = _identity(library, "maker")
        Bin(session, library.installation).put(Library(session, library.installation).item(item), maker)


def end_player(library: PrivateLibrary, item: str, embed: str) -> None:
    with writing(library.installation.sessions) as session:
        Embeds(session, library.installation).remove(uid=embed)


def change_sites(library: PrivateLibrary, item: str, embed: str) -> None:
    with writing(library.installation.sessions) as session:
        wish = Wish(name="Yard intranet", appears="sites", sites="https://elsewhere.example")
        Embeds(session, library.installation).change(uid=embed, wish=wish)


def _identity(library: PrivateLibrary, name: str) -> Any:
    from privmedia.accounts.identity import identity_of

    with reading(library.installation.sessions) as session:
        return identity_of(session, token=library.tokens[name], now=library.installation.clock())


ENDS = (remove_view, deny, disable, sign_out, idle, move, bin_it, end_player, change_sites)


@pytest.mark.parametrize("happens", ENDS, ids=lambda happens: happens.__name__)
def test_the_next_byte_is_refused_and_the_next_heartbeat_says_so(
    testapp: TestApp,
    person: Callable[[str], TestApp],
    library: PrivateLibrary,
    embed: str,
    item: str,
    happens: Callable[[PrivateLibrary, str, str], None],
) -> None:
    started = sign_in_by_window(testapp, person("viewer"), embed).json
    beat = {"renew": started["renew"], "played": [[0, 3.5]]}
    assert the_film(testapp, started["base"], item).status_int == 200
    assert tell(testapp, f"/embed/{embed}/renew", beat).status_int == 204
    happens(library, item, embed)
    assert the_film(testapp, started["base"], item).status_int == 404
    assert tell(testapp, f"/embed/{embed}/renew", beat).status_int in (401, 404)
    if happens is not change_sites:  # a frame that stays loads its document again, which the browser then refuses
        assert tell(testapp, f"/embed/{embed}/token", {}).status_int in (401, 404)


def test_heartbeats_keep_a_token_for_ten_minutes_each_and_for_twelve_hours_in_all(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, embed: str, item: str, clock: FakeClock
) -> None:
    started = sign_in_by_window(testapp, person("viewer"), embed).json
    beat = {"renew": started["renew"]}
    with writing(library.installation.sessions) as session:
        far = clock.now + timedelta(days=30)
        session.execute(update(SignIn).values(idle_until=far, expires_at=far))
    for _ in range(80):
        clock.now += timedelta(minutes=9)
        if tell(testapp, f"/embed/{embed}/renew", beat).status_int != 204:
            break
        assert the_film(testapp, started["base"], item).status_int == 200
    assert timedelta(hours=11, minutes=50) < timedelta(minutes=9 * (_ + 1)) <= timedelta(hours=12, minutes=9)
    assert the_film(testapp, started["base"], item).status_int == 404
    silent = sign_in_by_window(testapp, person("viewer"), embed).json["base"]
    clock.now += timedelta(minutes=10)
    assert the_film(testapp, silent, item).status_int == 404


ODD: list[Any] = [
    None, True, 7, 10**400, "\ud800", "x\0y", "é" * 500, [], [[]], {"a": 1}, [[0, 10**400]], [[True, "3"]],
]


@pytest.mark.parametrize("name", ["flow", "secret", "code", "page", "ancestors"])
def test_whatever_a_frame_asks_for_a_token_with_it_gets_an_answer(testapp: TestApp, embed: str, name: str) -> None:
    begun = begin(testapp, embed)
    for odd in [*ODD, list(ODD), ["https://www.intra.example/\ud800", "https://x\0.example/"]]:
        for about in ({}, {**begun, "code": "A" * 43}):
            answer = tell(testapp, f"/embed/{embed}/token", {**about, name: odd})
            assert answer.status_int in (400, 401, 403), (name, odd)


@pytest.mark.parametrize("name", ["renew", "played", "version"])
def test_whatever_a_heartbeat_says_it_gets_an_answer(
    testapp: TestApp, person: Callable[[str], TestApp], embed: str, name: str
) -> None:
    renew = sign_in_by_window(testapp, person("viewer"), embed).json["renew"]
    for odd in ODD:
        answer = tell(testapp, f"/embed/{embed}/renew", {"renew": renew, "version": 1, "played": [[0, 2]], name: odd})
        assert answer.status_int in (204, 401), (name, odd)


# --- open players ----------------------------------------------------------------------------------------------------


@pytest.fixture
def open_embed(library: PrivateLibrary, item: str) -> str:
    return make_embed(library.installation, item, library.user_ids["maker"], audience="open")


def test_an_open_player_plays_for_anybody_as_long_as_its_maker_may_view_it(
    testapp: TestApp, library: PrivateLibrary, open_embed: str, item: str
) -> None:
    assert "T4" not in testapp.get(f"/embed/{open_embed}").text
    started = tell(testapp, f"/embed/{open_embed}/token", {}).json
    assert the_film(testapp, started["base"], item).body == CONTENT
    library.set_rule("maker", NOTHING)
    assert the_film(testapp, started["base"], item).status_int == 404
    assert tell(testapp, f"/embed/{open_embed}/renew", {"renew": started["renew"]}).status_int == 401
    assert tell(testapp, f"/embed/{open_embed}/token", {}).status_int == 401
    library.set_rule("maker", Permission.VIEW)
    assert the_film(testapp, started["base"], item).status_int == 200
    with writing(library.installation.sessions) as session:
        session.get_one(User, library.user_ids["maker"]).disabled_at = library.installation.clock()
    assert the_film(testapp, started["base"], item).status_int == 404


def test_an_open_player_gives_a_person_who_is_blocked_what_it_gives_anybody(
    person: Callable[[str], TestApp], library: PrivateLibrary, open_embed: str, item: str
) -> None:
    started = tell(person("stranger"), f"/embed/{open_embed}/token", {}).json
    assert the_film(person("stranger"), started["base"], item).body == CONTENT


# --- the registry ----------------------------------------------------------------------------------------------------


def test_where_a_player_was_seen_is_noted_by_its_site_and_a_play_counts_once(
    testapp: TestApp, person: Callable[[str], TestApp], library: PrivateLibrary, embed: str
) -> None:
    frame = person("viewer")
    for page in (f"{INTRANET}/news?secret=1", "https://unlisted.example/", ADDRESS + "/m/x", "nonsense"):
        started = tell(frame, f"/embed/{embed}/token", {"page": page}).json
        for played in ([[0, 4]], [[0, 3], [7, 30]], [[0, 3], [7, 40]]):
            tell(frame, f"/embed/{embed}/renew", {"renew": started["renew"], "played": played})
    with reading(library.installation.sessions) as session:
        seen = session.scalars(select(EmbedPage)).one()
        assert (seen.origin, seen.path, seen.plays, seen.loads, seen.refused) == (INTRANET, "", 1, 1, False)


def test_a_page_is_named_where_the_maker_chose_so_and_never_with_its_query(
    testapp: TestApp, library: PrivateLibrary, item: str
) -> None:
    embed = make_embed(library.installation, item, library.user_ids["maker"], names_pages=True)
    tell(testapp, f"/embed/{embed}/token", {"page": f"{INTRANET}/news/1?secret=1#x"})
    testapp.get(f"/embed/{embed}", headers={**FROM_A_FRAME, "Referer": "https://other.example/x"}, expect_errors=True)
    with reading(library.installation.sessions) as session:
        rows = session.execute(select(EmbedPage.origin, EmbedPage.path, EmbedPage.refused)).all()
    assert sorted(tuple(row) for row in rows) == [("https://other.example", "", True), (INTRANET, "/news/1", False)]


def test_whoever_sees_the_library_as_somebody_else_plays_nothing_by_a_token(
    library: PrivateLibrary, embed: str, item: str, person: Callable[[str], TestApp]
) -> None:
    from privmedia.accounts.models import Viewpoint

    library.add_person("administrator", admin=True)
    with writing(library.installation.sessions) as session:
        held = session.scalars(select(SignIn).where(SignIn.user_id == library.user_ids["administrator"])).one()
        now = library.installation.clock()
        session.add(Viewpoint(session_id=held.id, user_id=library.user_ids["viewer"], since=now))
    assert tell(person("administrator"), f"/embed/{embed}/token", {}).status_int == 401


def test_an_item_that_is_gone_and_a_player_that_never_was_show_the_same(
    testapp: TestApp, library: PrivateLibrary, embed: str, item: str
) -> None:
    bin_it(library, item, embed)
    gone, never = (testapp.get(f"/embed/{uid}", expect_errors=True) for uid in (embed, MISSING))
    assert gone.status_int == never.status_int == 404
    assert gone.body == never.body
    assert "This video is not here any more" in gone.text
    with reading(library.installation.sessions) as session:
        assert session.scalars(select(Item)).all() == []
    assert json.loads(tell(testapp, f"/embed/{embed}/token", {}).body) == {"state": "gone"}
