"""Items 14 to 21 of the checklist in docs/security.md: sessions, cookies, and requests that another site makes."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import select
from webtest import TestApp

from privmedia import compose
from privmedia.accounts.models import SignIn
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.settings import Settings
from privmedia.web.csrf import SAFE_METHODS
from privmedia.web.methods import methods_of
from tests.conftest import FakeClock, Person
from tests.functional.test_access_matrix import TABLE
from tests.functional.visitors import World, ask, dump, token_of

TOKEN = re.compile(r"session=([\w-]{43})")


@pytest.fixture
def leila(make_person: Callable[..., Person]) -> Person:
    return make_person("leila@example.test", name="Leila Haddad")


def sent(person: Person, browser: TestApp) -> Any:
    """What the sign-in form of this browser answers to this person."""
    form = browser.get("/login").forms["login-form"]
    form["email"], form["password"] = person.email, person.password
    return form.submit()


def with_session(app: TestApp, token: str, address: str = "/") -> int:
    return int(app.get(address, headers={"Cookie": f"session={token}"}, status="*").status_int)


@pytest.fixture
def over_https(ini: dict[str, str], clock: FakeClock) -> Iterator[TestApp]:
    """A browser at an installation whose address is HTTPS."""
    secure = {**ini, "privmedia.base_url": "https://media.example.test"}
    installation = Installation.open(Settings.read(secure, {}), clock)
    app = compose(Configurator(settings=secure), installation)
    yield TestApp(app, extra_environ={"HTTP_HOST": "media.example.test", "wsgi.url_scheme": "https"})
    installation.close()


def test_14_the_cookie_is_of_this_host_alone_and_out_of_reach(over_https: TestApp, leila: Person) -> None:
    for cookie in over_https.get("/login").headers.getall("Set-Cookie") + sent(leila, over_https).headers.getall(
        "Set-Cookie"
    ):
        words = [word.strip().lower() for word in cookie.split(";")]
        assert words[0].startswith("__host-"), cookie
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(words), cookie
        assert not any(word.startswith("domain") for word in words), cookie


def test_15_the_id_is_new_at_each_sign_in_and_the_one_before_is_dead(leila: Person, browser: Any) -> None:
    app, planted = browser(), "a" * 43
    app.set_cookie("session", planted)
    first = TOKEN.search(sent(leila, app).headers["Set-Cookie"])
    assert first is not None
    assert first[1] != planted
    assert [with_session(browser(), token) for token in (planted, first[1])] == [303, 200]
    other = browser()
    form = other.get("/login").forms["login-form"]
    form["email"], form["password"] = leila.email, leila.password
    # A browser that holds a session already, and whose form was opened before it had one.
    other.set_cookie("session", first[1])
    answer = form.submit(status="*")
    second = TOKEN.search(answer.headers.get("Set-Cookie", ""))
    if second is not None:
        assert with_session(browser(), first[1]) == 303


def test_16_a_session_ends_when_idle_and_in_any_case(
    leila: Person, sign_in: Any, clock: FakeClock, installation: Installation
) -> None:
    app = sign_in(leila)
    clock.forward(hours=installation.settings.session_idle_hours - 1)
    app.get("/", status=200)
    clock.forward(hours=installation.settings.session_idle_hours + 1)
    assert app.get("/").status_int == 303
    app = sign_in(leila)
    for _hour in range(24 * 7):
        clock.forward(hours=1)
        app.get("/menu", status="*")
    assert app.get("/").status_int == 303, "used all the time, and over after a week all the same"


def test_17_a_cookie_played_again_after_signing_out_opens_nothing(world: World, browser: Any) -> None:
    viewer = world.browsers["viewer"]
    token = viewer.cookies["session"]
    item = world.ids["item"]
    files = [f"/smedia/{item}/play.mp4", f"/smedia/{item}/poster.webp"]
    assert [with_session(browser(), token, address) for address in ("/", *files)] == [200, 200, 200]
    viewer.post("/logout", {"csrf_token": token_of(viewer)}, status=303)
    assert [with_session(browser(), token, address) for address in ("/", f"/m/{item}", *files)] == [303, 303, 404, 404]


def test_17_signing_out_everywhere_is_done_by_oneself_and_by_administrators(
    leila: Person, sign_in: Any, installation: Installation
) -> None:
    browsers = [sign_in(leila) for _number in range(3)]
    with writing(installation.sessions) as session:
        SignIns(session, installation).end_all(user_id=leila.id)
    assert [app.get("/").status_int for app in browsers] == [303] * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1],
        lambda token: token + "x",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.swapcase(),
        lambda token: token * 150,
        lambda token: "\xff" + token[1:],
        lambda token: "gASVDAAAAAAAAACMCHBvc2l4LnN5c5SMBnN5c3RlbZSTlC4=",
    ],
)
def test_18_a_cookie_that_was_tampered_with_is_nobodys(
    change: Callable[[str], str], leila: Person, sign_in: Any, browser: Any
) -> None:
    token = change(sign_in(leila).cookies["session"])
    assert with_session(browser(), token) == 303


FORGED = {
    "without a token": ({}, {}),
    "with somebody else's token": ({"csrf_token": "other"}, {}),
    "made by another site": ({"csrf_token": "own"}, {"Sec-Fetch-Site": "cross-site"}),
    "made by another site below the same name": ({"csrf_token": "own"}, {"Sec-Fetch-Site": "same-site"}),
    "of another origin": ({"csrf_token": "own"}, {"Origin": "https://evil.example"}),
    "of the same host and another port": ({"csrf_token": "own"}, {"Origin": "http://media.example.test:81"}),
    "of no origin": ({"csrf_token": "own"}, {"Origin": "null"}),
}


NOT_EVEN_READ = {
    "upload_plain": (422,),
    "unfollow": (410,),
    # Whoever has not opened the link has nothing there to forge.
    **dict.fromkeys(("send_plain", "send_tus", "send_tus_upload"), (410,)),
}
"""How routes refuse what is none of theirs, if not by 403 or 404."""


def changing_views(app: Any) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Every view that takes a method which changes something: route, method, the fields that choose the view."""
    for view in app.registry.introspector.get_category("views"):
        facts = view["introspectable"]
        methods = facts["request_methods"] or ()
        chosen = facts["request_param"] or ()
        pairs = [word.partition("=") for word in ([chosen] if isinstance(chosen, str) else chosen)]
        for method in {methods} if isinstance(methods, str) else set(methods):
            if method not in SAFE_METHODS:
                yield facts["route_name"], method, {name: value for name, _, value in pairs}


@pytest.mark.parametrize("how", FORGED)
def test_19_a_forged_request_is_refused_on_every_route_that_takes_any(
    how: str, world: World, app: Any, installation: Installation
) -> None:
    fields, headers = FORGED[how]
    browser, before, tried = world.browsers["administrator"], dump(installation), 0
    tokens = {"own": token_of(browser), "other": token_of(world.browsers["manager"])}
    form = {name: tokens[value] for name, value in fields.items()}
    for route, method, chosen in changing_views(app):
        for pattern, _row in TABLE[route]:
            if "{missing}" in pattern:
                continue
            address = pattern.format(**world.ids)
            answer = ask(browser, method, address, {**chosen, **form}, headers)
            # An upload has its token in the first part of what it sends; this is no upload at all.
            # A link of a letter is a key in itself, which programs of mail use without a sign-in; this is none.
            refused = (403, 404, *NOT_EVEN_READ.get(route, ()))
            assert answer.status_int in refused, f"{method} {address} {chosen}: {answer.status}"
            tried += 1
    assert tried > 30
    assert dump(installation) == before


def test_19_json_in_the_clothes_of_text_is_refused(world: World, app: Any) -> None:
    browser = world.browsers["administrator"]
    for address in ("/admin/groups", "/account", f"/f/{world.ids['folder']}/edit"):
        body = b'{"csrf_token": "' + token_of(browser).encode() + b'"}'
        for content_type in ("text/plain", "application/json"):
            answer = browser.post(address, body, headers={"Content-Type": content_type}, expect_errors=True)
            assert answer.status_int in (403, 404, 405)


def test_20_undeclared_methods_are_refused_everywhere(world: World, app: Any, installation: Installation) -> None:
    methods, browser, before, wrong = methods_of(app.registry), world.browsers["administrator"], dump(installation), []
    for route, rows in TABLE.items():
        for pattern, row in rows:
            if row.administrator in (404, 410) or "{missing}" in pattern:
                continue
            for method in ("TRACE", "PUT", "PATCH", "DELETE", "POST", "OPTIONS"):
                if method in methods.get(route, ()):
                    continue
                answer = ask(browser, method, pattern.format(**world.ids))
                if answer.status_int != 405 or "Allow" not in answer.headers:
                    wrong.append(f"{method} {pattern}: {answer.status} {answer.headers.get('Allow')}")
    assert wrong == []
    assert dump(installation) == before


def test_21_nobody_is_signed_in_or_out_by_another_site(
    leila: Person, testapp: TestApp, sign_in: Any, installation: Installation
) -> None:
    token = testapp.get("/login").forms["login-form"]["csrf_token"].value
    right = {"email": leila.email, "password": leila.password, "csrf_token": token}
    testapp.post("/login", {**right, "csrf_token": "x" * 40}, status=403)
    testapp.post("/login", right, headers={"Origin": "https://evil.example"}, status=403)
    testapp.post("/login", right, headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    with reading(installation.sessions) as session:
        assert session.scalars(select(SignIn)).all() == []
        assert Accounts(session, installation).count() == 1
    app = sign_in(leila)
    app.post("/logout", status=403)
    app.post("/logout", {"csrf_token": token_of(app)}, headers={"Origin": "null"}, status=403)
    app.get("/", status=200)
