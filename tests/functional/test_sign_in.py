from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import select
from webtest import TestApp

from privmedia import compose
from privmedia.accounts.return_to import return_to
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.models import Base
from privmedia.web import csrf


@pytest.fixture
def leila(make_person: Callable[..., Any]) -> Any:
    return make_person("leila@example.test", name="Leila Haddad")


def submit(app: TestApp, email: str, password: str, **more: Any) -> Any:
    form = app.get("/login").forms["login-form"]
    form["email"], form["password"] = email, password
    form["keep"] = more.pop("keep", False)
    return form.submit(expect_errors=True, **more)


def cookie_of(response: Any, name: str = "session") -> str:
    return next(header for header in response.headers.getall("Set-Cookie") if header.startswith(f"{name}="))


def events(installation: Installation) -> list[tuple[str, str, str, str]]:
    with reading(installation.sessions) as session:
        rows = session.scalars(select(Event).order_by(Event.id)).all()
        return [(row.kind, row.outcome, row.actor, row.target) for row in rows if row.kind != "user.add"]


def test_who_is_not_signed_in_is_asked_to_and_comes_back(testapp: TestApp, leila: Any) -> None:
    asked = testapp.get("/account?x=%C3%A9&y=1", status=303)
    assert asked.location.startswith("http://media.example.test/login?next=")
    form = testapp.get(asked.location).forms["login-form"]
    form["email"], form["password"] = leila.email, leila.password
    assert form.submit(status=303).location == "http://media.example.test/account?x=%C3%A9&y=1"


def test_the_cookie_is_out_of_scripts_reach_and_goes_when_the_browser_is_closed(testapp: TestApp, leila: Any) -> None:
    cookie = cookie_of(submit(testapp, leila.email, leila.password))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age" not in cookie
    assert "Domain" not in cookie


def test_somebody_who_asks_for_it_is_kept_for_30_days(testapp: TestApp, leila: Any) -> None:
    assert "Max-Age=2592000" in cookie_of(submit(testapp, leila.email, leila.password, keep=True))


def test_on_https_the_cookie_is_bound_to_the_host(ini: dict[str, str], installation: Installation, leila: Any) -> None:
    object.__setattr__(installation.settings, "base_url", "https://media.example.test")
    app = compose(Configurator(settings=dict(ini)), installation)
    https = TestApp(app, extra_environ={"HTTP_HOST": "media.example.test", "wsgi.url_scheme": "https"})
    answer = submit(https, leila.email, leila.password)
    cookie = cookie_of(answer, "__Host-session")
    assert "; secure" in cookie.lower()
    assert https.get("/account", status=200).status_int == 200
    out = https.get("/menu").forms[1].submit()
    assert "; secure" in cookie_of(out, "__Host-session").lower()


def test_unknown_wrong_and_disabled_get_the_same_page(
    browser: Callable[[], TestApp], leila: Any, make_person: Any, installation: Installation
) -> None:
    gone = make_person("gone@example.test")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email(gone.email))
    tries = [(leila.email, "wrong password"), ("nobody@example.test", "wrong password"), (gone.email, gone.password)]
    answers = []
    for email, password in tries:
        app = browser()
        answer = submit(app, email, password)
        token = answer.forms["login-form"]["csrf_token"].value
        headers = sorted((name, value) for name, value in answer.headerlist if name != "Content-Length")
        answers.append((answer.status_int, headers, answer.text.replace(email, "…").replace(token, "…")))
    assert answers[0][0] == 401
    assert answers[0] == answers[1] == answers[2]
    assert "That email and password do not match." in answers[0][2]
    assert "After 4 more tries we wait 5 minutes." in answers[0][2]


def test_the_refused_form_comes_back_filled_in_but_for_the_password(testapp: TestApp, leila: Any) -> None:
    form = submit(testapp, leila.email, "wrong password").forms["login-form"]
    assert form["email"].value == leila.email
    assert form["password"].value == ""


def test_twenty_wrong_tries_wait_while_the_person_signs_in_elsewhere(
    app: Any, browser: Callable[[], TestApp], leila: Any
) -> None:
    host = {"HTTP_HOST": "media.example.test"}
    attacker = TestApp(app, extra_environ={**host, "REMOTE_ADDR": "198.51.100.66"})
    statuses = [submit(attacker, leila.email, "wrong password").status_int for _ in range(20)]
    assert statuses == [401] * 5 + [429] * 15
    slowed = submit(attacker, leila.email, leila.password)
    assert slowed.status_int == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 301
    assert "Wait" in slowed.text
    assert submit(browser(), leila.email, leila.password).status_int == 303


def test_a_forwarded_address_is_believed_only_from_our_front_server(app: Any, leila: Any) -> None:
    """nginx overwrites the header; what a client wrote into it before is never the last entry."""
    host = {"HTTP_HOST": "media.example.test", "REMOTE_ADDR": ""}
    for number in range(6):
        attacker = TestApp(app, extra_environ={**host, "HTTP_X_FORWARDED_FOR": f"10.0.0.{number}, 198.51.100.66"})
        answer = submit(attacker, leila.email, "wrong password")
    assert answer.status_int == 429


@pytest.mark.parametrize(
    "there",
    [
        "//evil.test",
        "/\\evil.test",
        "\\evil.test",
        "/\t/evil.test",
        "/\n/evil.test",
        " //evil.test",
        "\x01//evil.test",
        "https:evil.test",
        "https://evil.test/",
        "javascript:alert(1)",
        "///evil.test",
        "@evil.test",
        "evil.test",
        "",
        "/x\r\nSet-Cookie: a=b",
        "/" + "x" * 3000,
        "http://media.example.test/account",
    ],
)
def test_after_signing_in_nobody_is_led_to_another_site(there: str, testapp: TestApp, leila: Any) -> None:
    form = testapp.get("/login", {"next": there}).forms["login-form"]
    values = {"email": leila.email, "password": leila.password, "csrf_token": form["csrf_token"].value, "next": there}
    assert testapp.post("/login", values, status=303).location == "http://media.example.test/"
    assert testapp.get("/login", {"next": there}, status=303).location == "http://media.example.test/"


@pytest.mark.parametrize("there", ["/f/abc?after=7&q=%2F%2Fe", "/%09/e", "/m/x#t=246", "/é", "/a//b"])
def test_a_page_of_ours_is_gone_back_to(there: str) -> None:
    assert return_to(there) == there.replace("é", "%C3%A9")


def test_the_session_is_new_at_every_sign_in(testapp: TestApp, leila: Any) -> None:
    testapp.set_cookie("session", "A" * 43)
    submit(testapp, leila.email, leila.password)
    first = testapp.cookies["session"]
    assert first != "A" * 43
    token = testapp.get("/account").forms[1]["csrf_token"].value
    testapp.post("/logout", {"csrf_token": token}, status=303)
    submit(testapp, leila.email, leila.password)
    assert testapp.cookies["session"] not in (first, "A" * 43)


@pytest.mark.parametrize("value", ["", "x", "A" * 43, "A" * 5000, "%00", "../..", "é"])
def test_a_made_up_cookie_is_nobody_and_no_error(value: str, testapp: TestApp, leila: Any) -> None:
    answer = testapp.get("/account", headers={"Cookie": f"session={value}"}, status=303)
    assert "/login" in answer.location


def test_signing_out_ends_the_session_for_a_copied_cookie_too(
    sign_in: Any, browser: Callable[[], TestApp], leila: Any
) -> None:
    app, thief = sign_in(leila), browser()
    thief.set_cookie("session", app.cookies["session"])
    thief.get("/account", status=200)
    token = app.get("/account").forms[1]["csrf_token"].value
    out = app.post("/logout", {"csrf_token": token}, status=303)
    assert out.location.endswith("/login")
    assert "Max-Age=0" in cookie_of(out)
    thief.get("/account", status=303)


def test_after_the_idle_hours_the_page_says_so(sign_in: Any, leila: Any, clock: Any) -> None:
    app = sign_in(leila)
    clock.forward(hours=13)
    asked = app.get("/account", status=303).follow()
    assert "You were signed out after 12 hours." in asked.text
    assert "Sign in and you come back to this page." in asked.text


def test_a_page_that_is_used_keeps_the_session(sign_in: Any, leila: Any, clock: Any) -> None:
    app = sign_in(leila)
    for _ in range(3):
        clock.forward(hours=11)
        app.get("/account", status=200)


def test_two_people_who_look_at_the_sign_in_page_change_nothing(
    testapp: TestApp, leila: Any, installation: Installation
) -> None:
    before = dump(installation)
    testapp.get("/login?next=/account")
    testapp.get("/setup/" + "x" * 43, status=410)
    testapp.get("/account", status=303)
    assert dump(installation) == before


def dump(installation: Installation) -> list[Any]:
    with reading(installation.sessions) as session:
        return [list(map(tuple, session.execute(table.select()))) for table in Base.metadata.sorted_tables]


@pytest.mark.parametrize("path", ["/login", "/logout", "/account"])
def test_a_form_without_its_token_is_refused(path: str, sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    app.post(path, {"do": "sign_out_others", "email": leila.email, "password": leila.password}, status=403)
    app.get("/account", status=200)


def test_another_person_s_token_is_refused(sign_in: Any, leila: Any, make_person: Any) -> None:
    mallory = sign_in(make_person("mallory@example.test"))
    token = mallory.get("/account").forms[1]["csrf_token"].value
    app = sign_in(leila)
    app.post("/logout", {"csrf_token": token}, status=403)
    app.get("/account", status=200)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.test"},
        {"Origin": "null"},
    ],
)
def test_a_right_token_sent_by_another_site_is_refused(headers: dict[str, str], sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    token = app.get("/account").forms[1]["csrf_token"].value
    app.post("/logout", {"csrf_token": token}, headers=headers, status=403)
    app.get("/account", status=200)


def test_nobody_can_be_signed_in_by_another_site(testapp: TestApp, leila: Any) -> None:
    testapp.post("/login", {"email": leila.email, "password": leila.password}, status=403)
    token = testapp.get("/login").forms["login-form"]["csrf_token"].value
    values = {"email": leila.email, "password": leila.password, "csrf_token": token}
    testapp.post("/login", values, headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    assert "session" not in testapp.cookies


def test_undeclared_methods_are_refused(sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    token = app.get("/account").forms[1]["csrf_token"].value
    app.get("/logout", status=405)
    for path in ("/login", "/account", "/logout"):
        app.put(path, headers={"X-CSRF-Token": token}, status=405)


def test_fields_that_are_missing_are_named(testapp: TestApp) -> None:
    answer = submit(testapp, "", "")
    assert answer.status_int == 422
    assert "An email address is needed." in answer.text
    assert "A password is needed." in answer.text


# WebOb leaves closing the temporary file of a long body to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_password_of_a_megabyte_is_just_wrong(testapp: TestApp, leila: Any) -> None:
    assert submit(testapp, leila.email, "x" * 1_000_000).status_int == 401
    gc.collect()


def test_what_happens_at_the_door_is_logged_once_and_without_passwords(
    app: Any, browser: Any, leila: Any, installation: Installation
) -> None:
    submit(browser(), leila.email, "wrong password")
    submit(browser(), "my secret password", "wrong password")
    inside = browser()
    submit(inside, leila.email, leila.password)
    inside.post("/logout", {"csrf_token": inside.get("/account").forms[1]["csrf_token"].value})
    leila_written = "Leila Haddad <leila@example.test>"
    assert events(installation) == [
        ("sign-in", "failed", "", leila.email),
        ("sign-in", "failed", "", "(no email address)"),
        ("sign-in", "done", leila_written, leila.email),
        ("sign-out", "done", leila_written, leila.email),
    ]


def test_the_token_of_a_form_ends_with_the_session(sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    token = app.get("/account").forms[1]["csrf_token"].value
    app.post("/logout", {"csrf_token": token}, status=303)
    again = sign_in(leila)
    again.post("/logout", {"csrf_token": token}, status=403)
    assert csrf.COOKIE not in again.cookies or again.cookies[csrf.COOKIE] != token


def test_where_passkeys_cannot_work_it_is_said_in_words(testapp: TestApp, leila: Any, sign_in: Any) -> None:
    token = testapp.get("/login").forms["login-form"]["csrf_token"].value
    for address, more in (("/login", {"passkey": "{}"}), ("/login/passkey", {"for": "sign-in"})):
        answer = testapp.post(address, {"csrf_token": token, **more}, status=409)
        assert "Passkeys work over HTTPS only" in answer.text
    assert "Passkeys work over HTTPS only" in sign_in(leila).get("/account").text
