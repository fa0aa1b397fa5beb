"""The checklist of reliability, authentication: one test for each item, named by its number."""
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import bcrypt
import pytest
from pyramid.config import Configurator
from sqlalchemy import event, func, select
from webtest import TestApp
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from privmedia import compose
from privmedia.access.permissions import Permission
from privmedia.accounts import passwords
from privmedia.accounts.models import OneTimeLink, User
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.settings import Settings
from tests import authenticator
from tests.conftest import ADDRESS, FakeClock
from tests.mail_server import MailServer, do_jobs, mail_server
from tests.private_library import PrivateLibrary

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


def sign_in_as(app: TestApp, email: str, password: str) -> Any:
    form = app.get("/login").forms["login-form"]
    form["email"], form["password"] = email, password
    return form.submit(expect_errors=True)


def from_address(app: TestApp, address: str) -> TestApp:
    app.extra_environ["HTTP_X_FORWARDED_FOR"] = address
    return app


def change_password(app: TestApp, old: str, new: str) -> Any:
    form = app.get("/account").forms["password"]
    form["old"], form["new"] = old, new
    return form.submit(expect_errors=True)


def link_of(app: TestApp, installation: Installation, server: MailServer, email: str) -> str:
    form = app.get("/reset").forms["reset-form"]
    form["email"] = email
    form.submit(status=200)
    do_jobs(installation)
    return "/reset/" + server.last_text.partition(f"{ADDRESS}/reset/")[2].split(maxsplit=1)[0]


def stored(installation: Installation, person: Any) -> str:
    with reading(installation.sessions) as session:
        return session.get_one(User, person.id).password_hash or ""


@contextmanager
def hashed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The costs of all hashes that are made meanwhile."""
    costs: list[int] = []
    really = bcrypt.checkpw

    def count(password: bytes, kept: bytes) -> bool:
        costs.append(int(kept.split(b"$")[2]))
        return really(password, kept)

    with monkeypatch.context() as patch:
        patch.setattr(bcrypt, "checkpw", count)
        yield costs


def test_01_hashes_cost_twelve_and_are_made_again_when_the_cost_is_raised(
    ini: dict[str, str], installation: Installation, leila: Any, browser: Any
) -> None:
    assert {item.name: item.default for item in fields(Settings)}["bcrypt_rounds"] == 12
    assert stored(installation, leila).startswith("v1$$2b$04$")
    dearer = replace(installation, settings=replace(installation.settings, bcrypt_rounds=6))
    app = TestApp(compose(Configurator(settings=dict(ini)), dearer), extra_environ=browser().extra_environ)
    assert sign_in_as(app, leila.email, leila.password).status_int == 303
    assert stored(installation, leila).startswith("v1$$2b$06$")
    assert sign_in_as(browser(), leila.email, leila.password).status_int == 303


def test_02_every_byte_of_a_long_password_counts(sign_in: Any, leila: Any, browser: Any) -> None:
    long = "x7Qm-" * 14 + "abc"  # 73 bytes
    assert len(long.encode()) == 73
    app = sign_in(leila)
    assert change_password(app, leila.password, long).status_int == 303
    assert sign_in_as(browser(), leila.email, long[:72] + "d").status_int == 401
    assert sign_in_as(browser(), leila.email, long[:72]).status_int == 401
    assert sign_in_as(browser(), leila.email, "y" * 1_000_000).status_int == 401
    assert sign_in_as(browser(), leila.email, long).status_int == 303
    emoji = "🚢🎻🧊🦑🌋🥨🪁🧭" * 8
    assert (len(emoji), len(emoji.encode())) == (64, 256)
    assert change_password(app, long, emoji).status_int == 303
    assert sign_in_as(browser(), leila.email, emoji).status_int == 303


def test_03_nothing_ends_at_a_nul(sign_in: Any, leila: Any, browser: Any, installation: Installation) -> None:
    whole, part = "four other\0words entirely", "four other"
    assert change_password(sign_in(leila), leila.password, whole).status_int == 400
    kept = passwords.hash_password(whole, rounds=4)
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.set_password(user=accounts.user_by_email(leila.email), password_hash=kept)
    assert sign_in_as(browser(), leila.email, part).status_int == 401
    assert passwords.verify(whole, kept, rounds=4)
    assert not passwords.verify(part, kept, rounds=4)


def test_04_short_common_and_obvious_passwords_are_refused_and_nothing_else_is_asked_of_them(
    sign_in: Any, leila: Any
) -> None:
    app = sign_in(leila)
    for new in ("1234567", "password1", "privmedia", "privmedia1", "leila.haddad", "Leila Haddad!"):
        assert change_password(app, leila.password, new).status_int == 422, new
    for common in FREQUENCY_LISTS["passwords"][:3000]:
        with pytest.raises(Invalid):
            passwords.require_strength(common)
    assert change_password(app, leila.password, "only lower case words here").status_int == 303


def test_05_unknown_wrong_and_disabled_look_and_take_the_same(
    make_person: Any, leila: Any, browser: Any, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_person("ingrid@example.test", admin=True)
    gone = make_person("gone@example.test")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email(gone.email))
    answers, work, costs = [], [], []
    for number, email in enumerate((leila.email, "nobody@example.test", gone.email)):
        app = from_address(browser(), f"198.51.100.{number}")
        form = app.get("/login").forms["login-form"]
        form["email"], form["password"] = email, "not the password"
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any, to: list[str] = statements) -> None:
            to.append(statement)

        event.listen(installation.engine, "before_cursor_execute", note)
        with hashed(monkeypatch) as cost:
            answer = form.submit(status=401)
        event.remove(installation.engine, "before_cursor_execute", note)
        token = answer.forms["login-form"]["csrf_token"].value
        answers.append((answer.text.replace(token, "…").replace(email, "…"), sorted(answer.headers)))
        work.append(statements)
        costs.append(cost)
    assert answers[0] == answers[1] == answers[2]
    assert work[0] == work[1] == work[2]
    assert costs == [[4]] * 3


def test_06_guessing_waits_the_owner_elsewhere_does_not_and_nothing_is_hashed_meanwhile(
    leila: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesser, owner = from_address(browser(), "198.51.100.7"), from_address(browser(), "203.0.113.9")
    with hashed(monkeypatch) as costs:
        answers = [sign_in_as(guesser, leila.email, f"guess {number}") for number in range(20)]
    assert [answer.status_int for answer in answers] == [401] * 5 + [429] * 15
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert len(costs) == 5
    assert sign_in_as(owner, leila.email, leila.password).status_int == 303
    many = from_address(browser(), "198.51.100.8")
    statuses = [sign_in_as(many, f"person{number}@example.test", "guess").status_int for number in range(100)]
    assert (statuses[0], statuses[-1], statuses.count(401)) == (401, 429, 30)


def test_07_a_flood_of_sign_ins_leaves_room_for_everybody_else(
    sign_in: Any, leila: Any, browser: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, go_on = threading.Semaphore(0), threading.Event()

    def slow(_password: bytes, _kept: bytes) -> bool:
        inside.release()
        go_on.wait(30)
        return False

    reader, statuses = sign_in(leila), []

    def flood(number: int) -> None:
        app = from_address(browser(), f"198.51.100.{number}")
        statuses.append(sign_in_as(app, f"person{number}@example.test", "guess").status_int)

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    threads = [threading.Thread(target=flood, args=(number,)) for number in range(50)]
    try:
        for thread in threads:
            thread.start()
        assert inside.acquire(timeout=30)
        reader.get("/", status=200)
        reader.get("/account", status=200)
    finally:
        go_on.set()
        for thread in threads:
            thread.join(30)
    assert len(statuses) == 50
    assert set(statuses) == {401, 503}
    assert statuses.count(503) > 25


def test_08_changing_the_password_needs_the_old_one_and_a_wrong_one_is_logged(
    sign_in: Any, leila: Any, installation: Installation
) -> None:
    before = stored(installation, leila)
    assert change_password(sign_in(leila), "wrong", NEW).status_int == 403
    assert stored(installation, leila) == before
    with reading(installation.sessions) as session:
        lines = session.scalars(select(Event).where(Event.kind == "user.password")).all()
    assert [(line.outcome, line.target) for line in lines] == [("failed", leila.email)]


@pytest.mark.parametrize("how", ["change", "reset", "disable", "by an administrator"])
def test_09_every_other_session_ends_at_the_next_request_files_included(
    how: str,
    sign_in: Any,
    leila: Any,
    make_person: Any,
    testapp: TestApp,
    installation: Installation,
    server: MailServer,
) -> None:
    make_person("ingrid@example.test", admin=True)
    library = PrivateLibrary(installation)
    library.user_ids["leila"] = leila.id
    library.set_rule("leila", Permission.VIEW)
    item = library.add_item(b"a film")
    here, there = sign_in(leila), sign_in(leila)
    page, file = f"/m/{item}", f"/smedia/{item}/play.mp4"
    for address in (page, file):
        there.get(address, status=200)
    if how == "change":
        assert change_password(here, leila.password, NEW).status_int == 303
        here.get(file, status=200)
    elif how == "reset":
        form = testapp.get(link_of(testapp, installation, server, leila.email)).forms["new-password-form"]
        form["new"] = NEW
        form.submit(status=303)
    else:
        with writing(installation.sessions) as session:
            accounts = Accounts(session, installation)
            user = accounts.user_by_email(leila.email)
            if how == "disable":
                accounts.disable(user=user)
            else:
                accounts.set_password(user=user, password_hash=passwords.hash_password(NEW, rounds=4))
    there.get(page, status=303)
    there.get(file, status=404)


def test_10_a_reset_link_is_good_for_one_use_and_one_hour_and_for_its_holder_alone(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer, clock: FakeClock
) -> None:
    link = link_of(testapp, installation, server, leila.email)
    token = link.removeprefix("/reset/")
    assert len(token) * 6 >= 128
    page = testapp.get(link)
    assert page.headers["Referrer-Policy"] in ("no-referrer", "strict-origin"), "never with the token"
    with reading(installation.sessions) as session:
        assert token not in session.scalars(select(OneTimeLink.token_hash)).all()
    form = page.forms["new-password-form"]
    form["new"] = NEW
    form.submit(status=303)
    form.submit(status=410)
    link = link_of(testapp, installation, server, leila.email)
    clock.forward(hours=1)
    testapp.get(link, status=410)
    link = link_of(testapp, installation, server, leila.email)
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.set_password(user=accounts.user_by_email(leila.email), password_hash="v1$another")
    testapp.get(link, status=410)
    known = testapp.get("/reset").forms["reset-form"]
    known["email"] = leila.email
    unknown = testapp.get("/reset").forms["reset-form"]
    unknown["email"] = "nobody@example.test"
    answers = [form.submit(status=200).text.replace(form["email"].value, "…") for form in (known, unknown)]
    assert answers[0] == answers[1]
    for _ in range(2):
        last = known.submit(expect_errors=True)
    assert last.status_int == 429


def test_11_a_reset_link_never_comes_from_the_host_header(
    testapp: TestApp, leila: Any, installation: Installation, server: MailServer
) -> None:
    form = testapp.get("/reset").forms["reset-form"]
    form["email"] = leila.email
    form.submit(headers={"Host": "evil.test"}, status=421)
    form.submit(headers={"X-Forwarded-Host": "evil.test"}, status=200)
    do_jobs(installation)
    assert f"{ADDRESS}/reset/" in server.last_text
    assert b"evil" not in server.raw[-1]


def test_12_nobody_has_an_account_from_the_start(testapp: TestApp, installation: Installation) -> None:
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(User.id))) == 0
    for name in ("admin", "root", "admin@example.test"):
        assert sign_in_as(testapp, name, "admin").status_int == 401


def test_13_a_code_and_a_recovery_code_work_once(
    leila: Any, sign_in: Callable[[Any], TestApp], browser: Callable[[], TestApp], clock: FakeClock
) -> None:
    app = authenticator.App(sign_in(leila), clock)
    for once in (app.next_code(), app.codes[0]):
        for status in (303, 401):
            form = sign_in_as(browser(), leila.email, leila.password).follow().forms["code-form"]
            form["code"] = once
            assert form.submit(expect_errors=True).status_int == status
