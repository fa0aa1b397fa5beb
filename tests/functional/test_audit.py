from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid_retry import mark_error_retryable
from sqlalchemy import select, text
from webtest import TestApp

from privmedia import compose
from privmedia.accounts.groups import Groups
from privmedia.accounts.service import Accounts
from privmedia.audit.bounds import OF_A_NETWORK, OF_ALL_NETWORKS
from privmedia.audit.models import Event
from privmedia.audit.service import FAILED
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.web.rights import Right
from tests.conftest import FakeClock


@pytest.fixture
def leila(make_person: Callable[..., Any]) -> Any:
    return make_person("leila@example.test", name="Leila Haddad", admin=True)


def lines(installation: Installation, *but: str) -> list[tuple[str, str, str]]:
    with reading(installation.sessions) as session:
        found = session.scalars(select(Event).order_by(Event.id)).all()
    return [(line.kind, line.outcome, line.target) for line in found if line.kind not in ("user.add", "sign-in", *but)]


def refusals(installation: Installation) -> list[Event]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Event).where(Event.outcome != "done").order_by(Event.id)).all())


def token_of(app: TestApp) -> str:
    return str(app.get("/account").forms["password"]["csrf_token"].value)


@pytest.fixture
def trying(ini: dict[str, str], installation: Installation) -> Callable[[Callable[[Request], Any]], Any]:
    """The application with one more page, `/try`, made of a function."""

    def trying(view: Callable[[Request], Any]) -> Any:
        config = Configurator(settings=dict(ini))
        config.add_route("try", "/try")
        config.add_view(view, route_name="try", permission=Right.SIGNED_IN)
        return compose(config, installation)

    return trying


def signed_in(app: Any, person: Any) -> TestApp:
    host = "media.example.test"
    browser = TestApp(app, extra_environ={"HTTP_HOST": host, "REMOTE_ADDR": "192.0.2.7"})
    form = browser.get("/login").forms["login-form"]
    form["email"], form["password"] = person.email, person.password
    form.submit(status=303)
    return browser


def test_a_forged_form_is_in_the_log_once_with_whose_browser_it_was(
    sign_in: Any, leila: Any, installation: Installation
) -> None:
    sign_in(leila).post("/logout", {"csrf_token": "made up"}, status=403)
    with reading(installation.sessions) as session:
        line = session.scalars(select(Event).where(Event.kind == "forged")).one()
    assert (line.outcome, line.target, line.actor_id, line.address) == ("denied", "POST /logout", leila.id, "192.0.2.7")


def test_an_address_with_a_secret_in_it_is_not_written_down(
    sign_in: Any, leila: Any, installation: Installation
) -> None:
    sign_in(leila).post("/setup/" + "s" * 43, {"csrf_token": "made up"}, status=403)
    assert lines(installation) == [("forged", "denied", "POST /setup/{token}")]


def test_strangers_cannot_fill_the_log(
    testapp: TestApp, leila: Any, installation: Installation, clock: FakeClock
) -> None:
    testapp.get("/admin/users", status=303)
    testapp.get("/m/0000000000000000", status=303)
    assert refusals(installation) == []
    for _ in range(OF_A_NETWORK + 10):
        testapp.get("/smedia/0000000000000000/play.mp4", status=404)
    found = refusals(installation)
    assert len(found) == OF_A_NETWORK
    assert [event.detail.get("more") for event in found[-2:]] == [None, "not listed"]
    elsewhere = {"REMOTE_ADDR": "2001:db8:1::7"}
    testapp.get("/smedia/0000000000000000/play.mp4", extra_environ=elsewhere, status=404)
    assert len(refusals(installation)) == OF_A_NETWORK + 1
    clock.forward(minutes=1)
    testapp.get("/smedia/0000000000000000/play.mp4", status=404)
    assert len(refusals(installation)) == OF_A_NETWORK + 2


def test_all_strangers_together_cannot_fill_the_log_either(testapp: TestApp, installation: Installation) -> None:
    for number in range(OF_ALL_NETWORKS + 20):
        address = {"REMOTE_ADDR": f"198.51.{number}.1"}
        testapp.get("/smedia/0000000000000000/play.mp4", extra_environ=address, status=404)
    assert len(refusals(installation)) == OF_ALL_NETWORKS


def test_tries_to_sign_in_are_listed_with_what_was_wrong_and_bounded(
    testapp: TestApp, make_person: Any, leila: Any, installation: Installation
) -> None:
    def attempt(email: str, password: str, times: int = 1) -> None:
        for _ in range(times):
            form = testapp.get("/login").forms["login-form"]
            form["email"], form["password"] = email, password
            form.submit(status="*")

    gone = make_person("gone@example.test")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email(gone.email))
    attempt("nobody@example.test", "wrong")
    attempt(gone.email, gone.password)
    attempt(leila.email, "wrong", times=OF_A_NETWORK)
    found = [(event.kind, event.outcome, event.target, event.detail["why"]) for event in refusals(installation)]
    assert found[:4] == [
        ("sign-in", "failed", "nobody@example.test", "no such account"),
        ("sign-in", "failed", "gone@example.test", "disabled account"),
        *[("sign-in", "failed", "leila@example.test", "wrong password")] * 2,
    ]
    assert ("sign-in", "denied", "leila@example.test", "too many tries") in found
    assert len(found) == OF_A_NETWORK


def test_a_note_is_kept_when_the_request_is_rolled_back_and_its_work_is_not(
    trying: Any, leila: Any, installation: Installation
) -> None:
    def refused_late(request: Request) -> Response:
        request.write(Groups).add_group(name="Board", by=request.identity)
        request.note("try", outcome=FAILED, target="Board", detail={"why": "too late"})
        return Response(status=409)

    signed_in(trying(refused_late), leila).get("/try", status=409)
    assert lines(installation) == [("try", "failed", "Board")]
    with reading(installation.sessions) as session:
        assert not Groups(session, installation).groups()


def test_a_note_is_kept_when_the_request_breaks(trying: Any, leila: Any, installation: Installation) -> None:
    def broken(request: Request) -> Response:
        request.note("try", target="x")
        raise RuntimeError("broken on purpose")

    signed_in(trying(broken), leila).get("/try", status=500)
    assert lines(installation) == [("try", "denied", "x")]


def test_an_attempt_that_is_made_again_is_noted_once(trying: Any, leila: Any, installation: Installation) -> None:
    attempts: list[int] = []

    def twice_busy(request: Request) -> Response:
        attempts.append(1)
        request.note("try", target=f"attempt {len(attempts)}")
        request.write(Groups).add_group(name="Board", by=request.identity)
        if len(attempts) < 3:
            error = RuntimeError("busy")
            mark_error_retryable(error)
            raise error
        return Response(status=200)

    signed_in(trying(twice_busy), leila).get("/try", status=200)
    assert lines(installation) == [("group.add", "done", "Board"), ("try", "denied", "attempt 3")]


def test_a_log_that_cannot_be_written_does_not_change_the_answer(
    sign_in: Any, leila: Any, installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    app = sign_in(leila)
    with writing(installation.sessions) as session:
        session.execute(text("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"))
    app.post("/logout", {"csrf_token": "made up"}, status=403)
    assert "missing from the audit log" in caplog.text
    assert "POST /logout" in caplog.text


def test_what_cannot_be_logged_is_not_done(
    sign_in: Any, leila: Any, installation: Installation
) -> None:
    app = sign_in(leila)
    token = token_of(app)
    with writing(installation.sessions) as session:
        session.execute(text("CREATE TRIGGER full BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END"))
    app.post("/admin/groups", {"csrf_token": token, "name": "Board"}, status="*")
    with reading(installation.sessions) as session:
        assert not Groups(session, installation).groups()


def test_every_change_a_person_makes_is_exactly_one_line(
    sign_in: Any, leila: Any, make_person: Any, installation: Installation
) -> None:
    make_person("jonas@example.test", name="Jonas Bakke")
    app = sign_in(leila)
    sign_in(leila)
    token = token_of(app)

    def post(path: str, **values: str) -> str:
        answer = app.post(path, {"csrf_token": token, **values}, status=303)
        return str(answer.location).removeprefix("http://media.example.test")

    group = post("/admin/groups", name="Board")
    post(group, do="rename", name="The board")
    person = app.get("/admin/users").html.find("a", string="Jonas Bakke")["href"].removeprefix("http://media.example.test")
    uid = person.rsplit("/", 1)[1]
    post(group, do="add", people="jonas@example.test")
    post(group, do="remove", user=uid)
    post(person, do="profile", name="Jonas", email="jonas@example.test")
    post(person, do="groups", group=group.rsplit("/", 1)[1])
    post(f"{person}/disable")
    post(person, do="enable")
    folder = post("/f/top/new", name="Product training")
    post(f"{folder}/edit", name="Training")
    post(f"{folder}/new", name="Thruster T4")
    post("/account", do="sign_out_others")
    post("/logout")
    assert [kind for kind, _, _ in lines(installation)] == [
        "group.add",
        "group.rename",
        "group.join",
        "group.leave",
        "user.change",
        "user.groups",
        "user.disable",
        "user.enable",
        "folder.add",
        "folder.rename",
        "folder.add",
        "session.end-all",
        "sign-out",
    ]
    with reading(installation.sessions) as session:
        for event in session.scalars(select(Event).where(Event.actor_id == leila.id, Event.kind != "sign-in")):
            assert (event.address, event.outcome) == ("192.0.2.7", "done")
            assert re.fullmatch("[0-9a-f]{32}", event.request_id)
            assert event.target
