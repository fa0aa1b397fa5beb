from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from webtest import TestApp

from privmedia.accounts.commands import group, setup_link
from privmedia.audit.models import Event
from privmedia.cli import user
from privmedia.console import Line
from privmedia.db import reading
from privmedia.errors import Conflict, DomainError, Invalid, NotFound
from privmedia.installation import Installation

PASSWORD = "four other words entirely 9"
COMMANDS = {"user": user, "group": group, "setup-link": setup_link}


@pytest.fixture
def run(installation: Installation) -> Callable[..., Result]:
    """`run("user add a@example.test")`; raises what the command refuses with, as `privmedia` itself prints it."""

    def run(words: str, *more: str, stdin: str | bytes = "") -> Result:
        first, *rest = words.split()
        line = Line("unread.ini")
        line.installation = installation
        result = CliRunner().invoke(COMMANDS[first], [*rest, *more], obj=line, input=stdin)
        if isinstance(result.exception, DomainError):
            raise result.exception
        return result

    return run


def signs_in(app: TestApp, email: str, password: str) -> bool:
    form = app.get("/login").forms["login-form"]
    form["email"], form["password"] = email, password
    return form.submit(expect_errors=True).status_int == 303


def people(run: Any) -> dict[str, Any]:
    return {row["email"]: row for row in json.loads(run("user list --json").stdout)}


def test_a_person_is_added_with_a_password_that_is_printed_once(run: Any, testapp: TestApp) -> None:
    out = run("user add maren@example.test --admin", "--name", "Maren Aasen").stdout
    password = out.strip().splitlines()[-1].rsplit(" ", 1)[1]
    assert signs_in(testapp, "maren@example.test", password)
    row = people(run)["maren@example.test"]
    assert (row["name"], row["admin"], row["guest"], row["disabled"]) == ("Maren Aasen", True, False, False)
    assert password not in run("user list --json").stdout


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_password_comes_from_standard_input_and_is_not_repeated(end: str, run: Any, testapp: TestApp) -> None:
    out = run("user add ewa@example.test --guest --password-stdin", stdin=PASSWORD + end).stdout
    assert PASSWORD not in out
    assert signs_in(testapp, "ewa@example.test", PASSWORD)


def test_weak_and_unreadable_passwords_are_refused(run: Any) -> None:
    for given in ("", "short", "password123", "ewa@example.test"):
        with pytest.raises(Invalid):
            run("user add ewa@example.test --password-stdin", stdin=given)
    with pytest.raises(Invalid, match="UTF-8"):
        run("user add ewa@example.test --password-stdin", stdin=b"\xff" * 12)
    assert people(run) == {}


def test_a_new_password_signs_out(run: Any, testapp: TestApp, make_person: Any, browser: Any) -> None:
    leila = make_person("leila@example.test")
    assert signs_in(testapp, leila.email, leila.password)
    run("user password LEILA@example.test --password-stdin", stdin=PASSWORD)
    testapp.get("/account", status=303)
    assert not signs_in(browser(), leila.email, leila.password)
    assert signs_in(browser(), leila.email, PASSWORD)


def test_a_password_on_the_command_line_is_wrong_usage(run: Any, make_person: Any) -> None:
    make_person("leila@example.test")
    assert run("user password leila@example.test").exit_code == 2


def test_somebody_is_disabled_and_enabled(run: Any, testapp: TestApp, make_person: Any) -> None:
    leila = make_person("leila@example.test")
    signs_in(testapp, leila.email, leila.password)
    run("user disable leila@example.test")
    testapp.get("/account", status=303)
    assert people(run)[leila.email]["disabled"]
    run("user enable leila@example.test")
    assert signs_in(testapp, leila.email, leila.password)


def test_disabling_prints_what_was_cut_off(run: Any, testapp: TestApp, make_person: Any) -> None:
    leila = make_person("leila@example.test")
    signs_in(testapp, leila.email, leila.password)
    out = run("user disable leila@example.test").stdout
    assert out == "leila@example.test cannot sign in any more. Cut off: 1 session.\n"
    assert "nothing was open" in run("user disable leila@example.test").stdout


def test_somebody_is_deleted_and_another_takes_over(run: Any, make_person: Any) -> None:
    make_person("leila@example.test")
    make_person("maren@example.test")
    out = run("user delete leila@example.test --to maren@example.test").stdout
    assert out.splitlines() == [
        "leila@example.test is deleted.",
        "maren@example.test has taken over: 0 uploads, 0 places.",
    ]
    assert people(run).keys() == {"maren@example.test"}
    with pytest.raises(NotFound):
        run("user delete leila@example.test")


def test_somebody_is_invited_by_a_link_that_is_printed(run: Any, testapp: TestApp) -> None:
    run("group add Board")
    link = run("user invite ewa@example.test --guest --group board", "--name", "Ewa Kowalska").stdout.strip()
    again = run("user invite ewa@example.test").stdout.strip()
    testapp.get(link, status=410)
    form = testapp.get(again).forms["invite-form"]
    form["password"] = PASSWORD
    form.submit(status=303)
    row = people(run)["ewa@example.test"]
    assert (row["name"], row["guest"], row["groups"]) == ("Ewa Kowalska", True, ["Board"])
    with pytest.raises(Conflict, match="accepted already"):
        run("user invite ewa@example.test")


def test_the_last_administrator_is_not_disabled(run: Any, make_person: Any) -> None:
    make_person("leila@example.test", admin=True)
    with pytest.raises(Conflict, match="last administrator"):
        run("user disable leila@example.test")


@pytest.mark.parametrize(
    "words",
    ["user disable x@example.test", "user enable x@example.test", "user password x@example.test --password-stdin",
     "group join Board x@example.test", "group leave Board x@example.test"],
)
def test_unknown_people_are_named(words: str, run: Any) -> None:
    run("group add Board")
    with pytest.raises(NotFound, match=r"There is no account x@example\.test"):
        run(words, stdin=PASSWORD)


def test_groups_are_made_filled_and_listed(run: Any, make_person: Any) -> None:
    for name in ("leila", "jonas", "maren"):
        make_person(f"{name}@example.test")
    run("group add", "Service engineers")
    run("group add", "Board")
    joined = run("group join", "service ENGINEERS", "leila@example.test", "jonas@example.test").stdout
    assert joined == "2 joined Service engineers.\n"
    run("group leave", "Service engineers", "jonas@example.test", "maren@example.test")
    listed = json.loads(run("group list --json").stdout)
    assert [(row["name"], row["people"]) for row in listed] == [
        ("Board", []),
        ("Service engineers", ["leila@example.test"]),
    ]
    assert "Board: nobody" in run("group list").stdout
    with pytest.raises(NotFound, match="There is no group “Nobody”"):
        run("group join Nobody leila@example.test")
    assert people(run)["leila@example.test"]["groups"] == ["Service engineers"]


def test_when_one_of_several_is_unknown_nobody_joins(run: Any, make_person: Any) -> None:
    make_person("leila@example.test")
    run("group add Board")
    with pytest.raises(NotFound):
        run("group join Board leila@example.test nobody@example.test")
    assert json.loads(run("group list --json").stdout)[0]["people"] == []


def test_the_set_up_link_is_printed_until_there_is_an_administrator(
    run: Any, testapp: TestApp, make_person: Any
) -> None:
    link = run("setup-link").stdout.strip()
    testapp.get(link, status=200)
    make_person("leila@example.test", admin=True)
    with pytest.raises(Conflict, match="an administrator already"):
        run("setup-link")


def test_every_command_that_changes_something_writes_one_line(run: Any, installation: Installation) -> None:
    run("setup-link")
    run("user add leila@example.test --password-stdin", stdin=PASSWORD)
    run("user password leila@example.test --password-stdin", stdin=PASSWORD)
    run("user disable leila@example.test")
    run("user enable leila@example.test")
    run("group add Board")
    run("group join Board leila@example.test")
    run("group leave Board leila@example.test")
    run("user list")
    run("group list")
    with reading(installation.sessions) as session:
        lines = session.scalars(select(Event).order_by(Event.id)).all()
    assert [line.kind for line in lines] == [
        "setup-link",
        "user.add",
        "user.password",
        "user.disable",
        "user.enable",
        "group.add",
        "group.join",
        "group.leave",
    ]
    assert {line.actor for line in lines} == {"command line"}
    assert not any(PASSWORD in str(vars(line)) for line in lines)


def test_space_is_given_to_a_person_and_a_group_and_listed(run: Any, installation: Installation) -> None:
    run("user add maren@example.test")
    run("group add", "Marketing")
    run("group join", "Marketing", "maren@example.test")
    assert run("user quota maren@example.test 1.5TB").stdout == "maren@example.test has 0 bytes of 1.5 TB used.\n"
    assert run("group quota", "marketing", "500 mb").stdout == "Marketing has 0 bytes of 500 MB used.\n"
    row = people(run)["maren@example.test"]
    assert (row["quota"], row["used"]) == (1_500_000_000_000, 0)
    (group,) = json.loads(run("group list --json").stdout)
    assert (group["quota"], group["used"], group["people"]) == (500_000_000, 0, ["maren@example.test"])
    assert run("user quota maren@example.test none").stdout == "maren@example.test has no limit now: 0 bytes used.\n"
    assert people(run)["maren@example.test"]["quota"] is None
    with reading(installation.sessions) as session:
        events = session.scalars(select(Event).where(Event.kind.like("%.quota")).order_by(Event.id)).all()
    assert [(event.kind, event.target, event.detail["quota"]) for event in events] == [
        ("user.quota", "maren@example.test", [None, 1_500_000_000_000]),
        ("group.quota", "Marketing", [None, 500_000_000]),
        ("user.quota", "maren@example.test", [1_500_000_000_000, None]),
    ]


@pytest.mark.parametrize("size", ["", "100", "1.000GB", "-1GB", "1PB", "many", "9999999TB", "1..5GB"])
def test_a_size_that_is_none_is_refused(size: str, run: Any) -> None:
    run("user add maren@example.test")
    with pytest.raises(Invalid):
        run("user quota", "maren@example.test", "--", size)
    with pytest.raises(NotFound):
        run("group quota Nobody 1GB")
    assert people(run)["maren@example.test"]["quota"] is None
