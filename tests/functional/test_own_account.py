"""One's own account: name, address, how pages look, and the strength of a password."""
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from webtest import TestApp

from privmedia.accounts.models import ApiToken, User
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from tests.conftest import ADDRESS, FakeClock
from tests.mail_server import MailServer, do_jobs, mail_server

NEW = "four other words entirely 9"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def ini(ini: dict[str, str], server: MailServer) -> dict[str, str]:
    return {**ini, "privmedia.mail_url": server.url}


@pytest.fixture
def leila(make_person: Callable[..., Any]) -> Any:
    return make_person("leila@example.test", name="Leila Haddad")


def send(app: TestApp, form_id: str, **fields: Any) -> Any:
    form = app.get("/account").forms[form_id]
    for name, value in fields.items():
        form[name] = value
    return form.submit(expect_errors=True)


def user(installation: Installation, person: Any) -> User:
    with reading(installation.sessions) as session:
        return session.get_one(User, person.id)


def lines(installation: Installation, kind: str) -> list[tuple[str, str, Any]]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id))
        return [(line.outcome, line.target, line.detail) for line in found]


def link_in(server: MailServer) -> str:
    found = re.search(rf"^{ADDRESS}(/account/email/[A-Za-z0-9_-]{{43}})\s*$", server.last_text, re.MULTILINE)
    assert found is not None, server.last_text
    return found[1]


def test_one_goes_by_another_name(sign_in: Any, leila: Any, installation: Installation) -> None:
    browser = sign_in(leila)
    page = send(browser, "your-name", name="  Leila   Haddad-Berg ").follow()
    assert page.html.h1.text == "Leila Haddad-Berg"
    assert lines(installation, "user.change") == [
        ("done", leila.email, {"name": ["Leila Haddad", "Leila Haddad-Berg"]})
    ]


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_that_cannot_be_used_is_refused_at_its_field(name: str, sign_in: Any, leila: Any) -> None:
    answer = send(sign_in(leila), "your-name", name=name)
    assert answer.status_int == 422
    field = answer.html.find(id="name")
    assert "is-invalid" in field["class"]
    assert field["value"] == name, "what was typed is still there"


@pytest.mark.both_databases
def test_a_new_address_counts_when_its_link_is_followed(
    sign_in: Any, leila: Any, browser: Any, installation: Installation, server: MailServer
) -> None:
    app = sign_in(leila)
    page = send(app, "your-email", email="Leila.Berg@example.test", proof=leila.password).follow()
    assert "A link is on its way to leila.berg@example.test." in page.text
    assert user(installation, leila).email == leila.email
    do_jobs(installation)
    assert server.letters[-1]["To"] == "leila.berg@example.test"
    asked = app.get(link_in(server))
    assert user(installation, leila).email == leila.email, "looking at the page changes nothing"
    page = asked.forms["confirm-email-form"].submit(status=303).follow()
    assert "Your address is leila.berg@example.test now." in page.text
    do_jobs(installation)
    assert server.letters[-1]["To"] == leila.email
    assert "leila.berg@example.test" in server.last_text
    assert "http" not in server.last_text
    app.get(link_in_first(server), status=410)
    fresh = browser()
    form = fresh.get("/login").forms["login-form"]
    form["email"], form["password"] = "leila.berg@example.test", leila.password
    form.submit(status=303)
    assert lines(installation, "user.email") == [
        ("done", "leila.berg@example.test", {"email": [leila.email, "leila.berg@example.test"]})
    ]


def link_in_first(server: MailServer) -> str:
    text = str(server.letters[0].get_content())
    return "/account/email/" + text.split("/account/email/")[1].split(maxsplit=1)[0]


def test_a_new_address_needs_the_password(sign_in: Any, leila: Any, installation: Installation) -> None:
    answer = send(sign_in(leila), "your-email", email="other@example.test", proof="wrong")
    assert answer.status_int == 403
    assert "is-invalid" in answer.html.find(id="proof")["class"]
    assert answer.html.find(id="email")["value"] == "other@example.test"
    assert answer.html.find(id="proof")["value"] == ""
    assert lines(installation, "user.email.ask") == [("failed", leila.email, {})]


@pytest.mark.parametrize("email", ["", "no address", "leila@example.test", "a@b@c"])
def test_an_address_that_cannot_be_used_is_refused_at_its_field(email: str, sign_in: Any, leila: Any) -> None:
    answer = send(sign_in(leila), "your-email", email=email, proof=leila.password)
    assert answer.status_int == 422
    assert "is-invalid" in answer.html.find(id="email")["class"]


def test_nobody_learns_here_which_addresses_have_an_account(
    sign_in: Any, leila: Any, make_person: Any, installation: Installation, server: MailServer
) -> None:
    make_person("taken@example.test")
    app = sign_in(leila)
    free = send(app, "your-email", email="zzzzz@example.test", proof=leila.password).follow().text
    taken = send(app, "your-email", email="taken@example.test", proof=leila.password).follow().text
    token = re.compile(r'[0-9a-f]{64}|(?<=datetime=")[^"]+')
    assert token.sub("", free).replace("zzzzz@", "@") == token.sub("", taken).replace("taken@", "@")
    do_jobs(installation)
    answer = app.get(link_in(server)).forms["confirm-email-form"].submit(status=409)
    assert "taken@example.test already has an account." in answer.text
    assert user(installation, leila).email == leila.email


def test_the_link_works_for_the_one_who_asked_alone(
    sign_in: Any, leila: Any, make_person: Any, testapp: TestApp, installation: Installation, server: MailServer
) -> None:
    send(sign_in(leila), "your-email", email="other@example.test", proof=leila.password)
    do_jobs(installation)
    mallory = sign_in(make_person("mallory@example.test"))
    answer = mallory.get(link_in(server), status=410)
    token = mallory.get("/account").forms["your-name"]["csrf_token"].value
    mallory.post(link_in(server), {"csrf_token": token}, status=410)
    assert "Your address is as it was." in answer.text
    assert testapp.get(link_in(server), status=303).location.startswith(f"{ADDRESS}/login?next=")


def test_the_link_ends_after_a_day_and_with_a_change_of_password(
    sign_in: Any, leila: Any, installation: Installation, server: MailServer, clock: FakeClock
) -> None:
    app = sign_in(leila)
    send(app, "your-email", email="other@example.test", proof=leila.password)
    do_jobs(installation)
    app.get(link_in(server), status=200)
    send(app, "password", old=leila.password, new=NEW)
    app.get(link_in(server), status=410)
    send(app, "your-email", email="other@example.test", proof=NEW)
    do_jobs(installation)
    clock.forward(hours=11)
    app.get(link_in(server), status=200)
    clock.forward(hours=11)
    app.get(link_in(server), status=200)
    clock.forward(hours=2)
    app.get(link_in(server), status=410)


def test_an_open_browser_is_no_machine_for_sending_letters(sign_in: Any, leila: Any) -> None:
    app = sign_in(leila)
    statuses = [
        send(app, "your-email", email=f"victim{number}@example.test", proof=leila.password).status_int
        for number in range(6)
    ]
    assert statuses == [303] * 5 + [429]


def test_a_changed_password_is_told_by_a_letter_without_a_link(
    sign_in: Any, leila: Any, installation: Installation, server: MailServer
) -> None:
    send(sign_in(leila), "password", old=leila.password, new=NEW)
    do_jobs(installation)
    (letter,) = server.letters
    assert letter["To"] == leila.email
    assert "was changed" in server.last_text
    assert "Ask an administrator" in server.last_text
    assert "http" not in server.last_text


@pytest.mark.parametrize(("revoke", "left"), [(False, 1), (True, 0)])
def test_api_tokens_end_with_the_password_if_one_wants(
    revoke: bool, left: int, sign_in: Any, leila: Any, installation: Installation
) -> None:
    app = sign_in(leila)
    assert "revoke" not in app.get("/account").forms["password"].fields
    now = installation.clock()
    with writing(installation.sessions) as session:
        token = {"name": "Cart", "scopes": "read", "created_at": now, "expires_at": now + timedelta(days=30)}
        session.add(ApiToken(uid="a" * 16, token_hash="b" * 64, user_id=leila.id, **token))
    assert send(app, "password", old=leila.password, new=NEW, revoke=revoke).status_int == 303
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(ApiToken.id))) == left


def test_64_characters_of_emoji_are_a_password(sign_in: Any, leila: Any, browser: Any) -> None:
    dice = random.Random(7)
    emoji = "".join(chr(dice.randint(0x1F400, 0x1F4FF)) for _ in range(64))
    assert send(sign_in(leila), "password", old=leila.password, new=emoji).status_int == 303
    form = browser().get("/login").forms["login-form"]
    form["email"], form["password"] = leila.email, emoji[:63]
    form.submit(status=401)
    form["password"] = emoji
    form.submit(status=303)


def test_theme_language_and_shortcuts_hold_in_every_browser(
    sign_in: Any, leila: Any, installation: Installation
) -> None:
    there = sign_in(leila)
    here = sign_in(leila)
    page = here.get("/account")
    assert page.html.html["data-bs-theme"] == "auto"
    assert "data-shortcuts" not in page.html.body.attrs
    answer = send(here, "preferences", theme="dark", language="en", shortcuts=False)
    assert "theme=dark" in "".join(answer.headers.getall("Set-Cookie"))
    for browser in (here, there):
        page = browser.get("/")
        assert page.html.html["data-bs-theme"] == "dark"
        assert page.html.html["lang"] == "en"
        assert page.html.body["data-shortcuts"] == "off"
    form = there.get("/account").forms["preferences"]
    assert (form["theme"].value, form["language"].value, form["shortcuts"].checked) == ("dark", "en", False)
    there.set_cookie("theme", "light")
    assert there.get("/").html.html["data-bs-theme"] == "light", "the switch in the menu is for one browser"
    assert len(lines(installation, "user.preferences")) == 1


@pytest.mark.parametrize("fields", [{"theme": "pink"}, {"language": "xx"}, {}])
def test_what_there_is_not_cannot_be_chosen(
    fields: dict[str, str], sign_in: Any, leila: Any, installation: Installation
) -> None:
    app = sign_in(leila)
    token = app.get("/account").forms["preferences"]["csrf_token"].value
    app.post("/account", {"csrf_token": token, "do": "preferences", **fields}, status=422)
    assert user(installation, leila).theme == "auto"


def test_the_strength_of_a_password_is_said_and_not_kept(
    sign_in: Any, leila: Any, installation: Installation, testapp: TestApp, caplog: pytest.LogCaptureFixture
) -> None:
    app = sign_in(leila)
    token = app.get("/account").forms["password"]["csrf_token"].value

    def judged(password: str) -> Any:
        return app.post("/account/strength", {"csrf_token": token, "password": password}).json

    assert judged("abc")["sentence"].startswith("That is too short.")
    assert judged("leila haddad")["enough"] is False
    assert "leaked" in judged("password123")["sentence"]
    assert judged(NEW) == {"score": 4, "enough": True, "sentence": "Strong."}
    assert judged("x" * 100_000)["enough"] is False
    assert NEW not in caplog.text
    with reading(installation.sessions) as session:
        assert [line.kind for line in session.scalars(select(Event).where(Event.actor_id == leila.id))] == ["sign-in"]
    app.post("/account/strength", {"password": NEW}, status=403)
    testapp.post("/account/strength", {"csrf_token": token, "password": NEW}, status=403)


class TestWithoutMail:
    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {**ini, "privmedia.mail_url": ""}

    def test_an_address_can_only_be_changed_by_an_administrator(
        self, sign_in: Any, leila: Any, installation: Installation
    ) -> None:
        app = sign_in(leila)
        page = app.get("/account")
        assert "Mail is not set up here" in page.text
        token = page.forms["password"]["csrf_token"].value
        fields = {"csrf_token": token, "do": "email", "email": "other@example.test", "proof": leila.password}
        app.post("/account", fields, status=422)
        assert lines(installation, "user.email.ask") == []
