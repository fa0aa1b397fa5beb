"""A forgotten password: the link, what it is good for, and what nobody learns on the way."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select
from webtest import TestApp

from privmedia.accounts.invitations import Invitations, Newcomer
from privmedia.accounts.models import ApiToken, OneTimeLink
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.mail.models import Mail
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


def ask(app: TestApp, email: str) -> Any:
    form = app.get("/reset").forms["reset-form"]
    form["email"] = email
    return form.submit(expect_errors=True)


def link_in(server: MailServer) -> str:
    """The path of the link in the letter that came last."""
    found = re.search(rf"^{ADDRESS}(/reset/[A-Za-z0-9_-]{{43}})\s*$", server.last_text, re.MULTILINE)
    assert found is not None, server.last_text
    return found[1]


def asked(app: TestApp, installation: Installation, server: MailServer, email: str = "leila@example.test") -> str:
    ask(app, email)
    do_jobs(installation)
    return link_in(server)


def choose(app: TestApp, link: str, password: str = NEW) -> Any:
    form = app.get(link).forms["new-password-form"]
    form["new"] = password
    return form.submit(expect_errors=True)


def signs_in(app: TestApp, email: str, password: str) -> bool:
    form = app.get("/login").forms["login-form"]
    form["email"], form["password"] = email, password
    return bool(form.submit(expect_errors=True).status_int == 303)


@contextmanager
def statements(installation: Installation) -> Iterator[list[str]]:
    """Every SQL statement that is run meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.append(statement)

    event.listen(installation.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(installation.engine, "before_cursor_execute", note)


@pytest.mark.both_databases
def test_the_way_back_in(testapp: TestApp, leila: Any, installation: Installation, server: MailServer) -> None:
    page = testapp.get("/login").click("Forgot your password?")
    assert "It works for 1 hour, once." in page.text
    sent = ask(testapp, " Leila@Example.test ")
    assert "Look in your mail" in sent.text
    do_jobs(installation)
    page = testapp.get(link_in(server))
    assert "leila@example.test" in page.text
    answer = choose(testapp, link_in(server))
    assert (answer.status_int, answer.location) == (303, f"{ADDRESS}/login")
    assert "Your password is changed. Sign in with the new one." in answer.follow().text
    assert not signs_in(testapp, leila.email, leila.password)
    assert signs_in(testapp, leila.email, NEW)
    do_jobs(installation)
    assert "Your password for media.example.test was changed" in server.letters[-1]["Subject"]
    assert "http" not in server.last_text


def test_the_link_signs_nobody_in(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    choose(testapp, asked(testapp, installation, server))
    testapp.get("/account", status=303)


def test_sessions_and_api_tokens_end(
    testapp: TestApp, sign_in: Any, leila: Any, installation: Installation, server: MailServer
) -> None:
    browsers = [sign_in(leila), sign_in(leila)]
    with writing(installation.sessions) as session:
        now = installation.clock()
        session.add(
            ApiToken(
                uid="a" * 16, token_hash="b" * 64, user_id=leila.id, name="Cart", scopes="read", created_at=now,
                expires_at=now + timedelta(days=30),
            )
        )  # fmt: skip
    choose(testapp, asked(testapp, installation, server))
    for each in browsers:
        each.get("/account", status=303)
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(ApiToken.id))) == 0


def test_a_link_works_once(testapp: TestApp, leila: Any, installation: Installation, server: MailServer) -> None:
    link = asked(testapp, installation, server)
    page = testapp.get(link)
    assert choose(testapp, link).status_int == 303
    form = page.forms["new-password-form"]
    form["new"] = "yet another set of words 3"
    again = form.submit(expect_errors=True)
    assert again.status_int == 410
    assert "This link has ended" in again.text
    testapp.get(link, status=410)
    assert signs_in(testapp, leila.email, NEW)


def test_a_link_works_for_an_hour(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer, clock: FakeClock
) -> None:
    link = asked(testapp, installation, server)
    clock.forward(minutes=59)
    testapp.get(link, status=200)
    clock.forward(minutes=1)
    testapp.get(link, status=410)


def test_a_newer_link_ends_the_older_one(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    first, second = asked(testapp, installation, server), asked(testapp, installation, server)
    testapp.get(first, status=410)
    testapp.get(second, status=200)


@pytest.mark.parametrize("how", ["changed", "disabled"])
def test_a_link_ends_with_another_change_of_password_and_with_the_account(
    how: str, testapp: TestApp, leila: Any, make_person: Any, installation: Installation, server: MailServer
) -> None:
    make_person("ingrid@example.test", admin=True)
    link = asked(testapp, installation, server)
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        user = accounts.user_by_email(leila.email)
        if how == "changed":
            accounts.set_password(user=user, password_hash="v1$another")
        else:
            accounts.disable(user=user)
    testapp.get(link, status=410)


@pytest.mark.parametrize("new", ["short", "leila haddad 1", "password123"])
def test_a_weak_password_uses_nothing_up(
    new: str, testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    link = asked(testapp, installation, server)
    answer = choose(testapp, link, new)
    assert answer.status_int == 422
    assert "is-invalid" in answer.html.find(attrs={"name": "new"})["class"]
    assert choose(testapp, link).status_int == 303


def test_unknown_addresses_get_the_same_answer_after_the_same_work(
    testapp: TestApp, leila: Any, make_person: Any, installation: Installation, server: MailServer
) -> None:
    make_person("ingrid@example.test", admin=True)
    gone = make_person("gone@example.test")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email(gone.email))
    answers, work = [], []
    for email in (leila.email, "nobody@example.test", gone.email):
        form = testapp.get("/reset").forms["reset-form"]
        form["email"] = email
        with statements(installation) as done:
            answer = form.submit()
        answers.append((answer.status, answer.text.replace(email, "…"), sorted(answer.headers)))
        work.append(done)
    assert answers[0] == answers[1] == answers[2]
    assert work[0] == work[1] == work[2]
    do_jobs(installation)
    assert [letter["To"] for letter in server.letters] == [leila.email]
    with reading(installation.sessions) as session:
        assert session.scalars(select(Mail.recipient)).all() == [leila.email], "nothing is kept of the others"


def test_asking_is_slowed_down_for_an_account_before_anything_is_done(
    browser: Any, installation: Installation, clock: FakeClock
) -> None:
    answers = []
    for number in range(7):
        app = browser()
        app.extra_environ["REMOTE_ADDR"] = f"198.51.100.{number}"
        app.extra_environ["HTTP_X_FORWARDED_FOR"] = f"198.51.100.{number}"
        answers.append(ask(app, "leila@example.test"))
    assert [answer.status_int for answer in answers] == [200] * 5 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 3000
    assert answers[-1].forms["reset-form"]["email"].value == "leila@example.test"
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(Mail.id))) == 5
    clock.forward(hours=1, seconds=1)
    assert ask(browser(), "leila@example.test").status_int == 200


def test_asking_is_slowed_down_for_an_address(testapp: TestApp) -> None:
    statuses = [ask(testapp, f"person{number}@example.test").status_int for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Host": "evil.test"},
        {"X-Forwarded-Server": "evil.test"},
        {"Forwarded": "host=evil.test"},
        {"X-Original-Host": "evil.test"},
    ],
)
def test_the_link_is_built_from_our_own_address(
    headers: dict[str, str], testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    token = testapp.get("/reset").forms["reset-form"]["csrf_token"].value
    testapp.post("/reset", {"csrf_token": token, "email": leila.email}, headers=headers, status=200)
    do_jobs(installation)
    assert link_in(server)
    assert b"evil" not in server.raw[-1]


def test_another_host_gets_no_letter_sent(testapp: TestApp, leila: Any, server: MailServer) -> None:
    token = testapp.get("/reset").forms["reset-form"]["csrf_token"].value
    testapp.post("/reset", {"csrf_token": token, "email": leila.email}, headers={"Host": "evil.test"}, status=421)


def test_the_link_is_kept_nowhere_and_goes_nowhere(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    link = asked(testapp, installation, server)
    token = link.removeprefix("/reset/")
    page = testapp.get(link)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "http" not in "".join(tag["href"] for tag in page.html.find_all("a"))
    with reading(installation.sessions) as session:
        kept = [row.token_hash for row in session.scalars(select(OneTimeLink))]
        logged = [f"{row.target} {row.detail} {row.through}" for row in session.scalars(select(Event))]
    assert token not in "".join(kept + logged)


def test_what_is_no_address_is_not_logged(testapp: TestApp, installation: Installation) -> None:
    assert ask(testapp, "my secret password").status_int == 200
    with reading(installation.sessions) as session:
        lines = session.scalars(select(Event).where(Event.kind == "reset.ask")).all()
    assert [line.target for line in lines] == ["(no email address)"]


def test_a_reset_is_one_line_in_the_log(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    choose(testapp, asked(testapp, installation, server))
    with reading(installation.sessions) as session:
        lines = session.scalars(select(Event).where(Event.kind == "user.password")).all()
    assert [(line.actor, line.target, line.outcome) for line in lines] == [
        ("Leila Haddad <leila@example.test>", leila.email, "done")
    ]


def test_markup_in_an_address_is_only_text(testapp: TestApp) -> None:
    assert "<script>alert" not in ask(testapp, "<script>alert(1)</script>@example.test").text


def test_the_strength_of_a_new_password_is_said_to_whoever_holds_a_link(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    link = asked(testapp, installation, server)
    page = testapp.get(link)
    token = page.forms["new-password-form"]["csrf_token"].value
    address = page.html.find(attrs={"data-new-password": True})["data-new-password"]
    weak = testapp.post(address, {"csrf_token": token, "password": "leila haddad 1"}).json
    strong = testapp.post(address, {"csrf_token": token, "password": NEW}).json
    assert (weak["enough"], strong["enough"]) == (False, True)
    assert "name" in weak["sentence"]
    testapp.post(f"/reset/{'x' * 43}/strength", {"csrf_token": token, "password": NEW}, status=303)


class TestWithoutMail:
    @pytest.fixture
    def ini(self, ini: dict[str, str]) -> dict[str, str]:
        return {**ini, "privmedia.mail_url": ""}

    def test_the_page_says_so_to_everybody(self, testapp: TestApp, leila: Any, installation: Installation) -> None:
        page = testapp.get("/reset")
        assert "Mail is not set up here" in page.text
        assert "reset-form" not in page.forms
        token = testapp.get("/login").forms["login-form"]["csrf_token"].value
        testapp.post("/reset", {"csrf_token": token, "email": leila.email}, status=303)
        with reading(installation.sessions) as session:
            assert session.scalar(select(func.count(Mail.id))) == 0


def test_an_invitation_that_was_taken_back_is_not_given_again_by_a_reset(
    testapp: TestApp, installation: Installation, server: MailServer
) -> None:
    with writing(installation.sessions) as session:
        invitations = Invitations(session, installation)
        invitations.revoke(user=invitations.invite(Newcomer(email="ewa@gdynia.example"), send=False).user)
    answer = ask(testapp, "ewa@gdynia.example")
    do_jobs(installation)
    assert answer.status_int == 200
    assert server.letters == []
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(OneTimeLink.id))) == 0
