"""The health page and the alarm above administration pages, as an administrator meets them."""
from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from webtest import TestApp

from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, Worker
from privmedia.operations.doctor import report
from privmedia.operations.doctor.findings import (
    Area,
    Check,
    Finding,
    Level,
    Outcome,
    bad,
    good,
    kept,
    poor,
    recalled,
    say,
)
from privmedia.operations.doctor.jobs import check_up_in_time
from privmedia.operations.doctor.report import keep_report, last_report
from privmedia.operations.doctor.service import at_once
from privmedia.operations.worker import HANDLERS
from privmedia.text import Size
from privmedia.work.kinds import CHECK_UP

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LINES = ("location ^~ /pmedia/ {\n    internal;\n}", "nginx -t && systemctl reload nginx")
OPEN = bad(say("The path ${path} answered ${status}.", path="/pmedia/<b>x</b>", status=200), say("Add it."), *LINES)


@pytest.fixture
def ingrid(make_person: Callable[..., Any], sign_in: Callable[..., TestApp]) -> TestApp:
    return sign_in(make_person("ingrid@example.test", name="Ingrid Solheim", admin=True))


def found(installation: Installation, name: str, outcome: Outcome, area: Area = Area.PROTECTION) -> Finding:
    titles = ("A file's own path is refused", "Files can be fetched without a check")
    return Finding.of(Check(name, area, *titles, look=lambda _visit: outcome), outcome, installation.clock())


def text_of(page: Any, selector: str) -> str:
    return " ".join(page.html.select_one(selector).get_text(" ").split())


def test_what_is_seen_from_inside_is_there_at_once(ingrid: TestApp, installation: Installation) -> None:
    page = ingrid.get("/admin/health")
    assert "Nobody has looked from outside yet" in page
    assert "nothing becomes playable" in text_of(page, "#workers")
    assert "systemctl start privmedia-worker" in text_of(page, "#cure-workers-1")
    with writing(installation.sessions) as session:
        now = installation.clock()
        session.add(Worker(name="media1:1", encoders=1, started_at=now, seen_at=now))
    page = ingrid.get("/admin/health")
    assert page.html.select_one("#workers") is None
    assert "1 worker answers. 0 jobs wait." in page


@pytest.mark.both_databases
def test_a_database_that_may_lose_what_it_acknowledged_is_found(installation: Installation) -> None:
    # Those of these tests wait for no disk.
    (database,) = (one for one in at_once(installation) if one.name == "database")
    wrong = {"sqlite": "synchronous is 0 instead of 2", "postgresql": "fsync is off instead of on"}
    assert database.level is Level.RED
    assert str(database.measured).startswith(f"{wrong[installation.engine.dialect.name]}: a power cut may take")
    assert "Set it back" in str(database.cure)


def test_what_is_red_is_said_with_its_cure_above_every_page_for_administrators_alone(
    ingrid: TestApp, installation: Installation, make_person: Callable[..., Any], sign_in: Callable[..., TestApp]
) -> None:
    assert ingrid.get("/admin/users").html.select_one(".strip.alarm") is None
    other = found(installation, "writes", OPEN, Area.STORAGE)
    keep_report(installation, [other, found(installation, "internal", OPEN)])
    users = ingrid.get("/admin/users")
    assert "Files can be fetched without a check." in text_of(users, ".strip.alarm")
    assert users.html.select_one(".strip.alarm a")["href"].endswith("/admin/health#internal")
    page = users.click("See the cure")
    cure = page.html.select_one("#internal")
    assert "The path /pmedia/<b>x</b> answered 200." in text_of(page, "#internal")
    assert [code.get_text() for code in cure.select("pre")] == list(LINES)
    assert "of 6 checks failed" in text_of(page, "h1")
    assert page.html.select_one(".strip.alarm") is None
    member = sign_in(make_person("leila@example.test", name="Leila Haddad"))
    assert "alarm" not in member.get("/")

    keep_report(installation, [found(installation, "internal", good("It is refused."))])
    assert ingrid.get("/admin/users").html.select_one(".strip.alarm") is None


def test_since_when_it_is_ill_is_kept_until_it_is_well(installation: Installation) -> None:
    first = keep_report(installation, [found(installation, "internal", OPEN)])
    later = replace(installation, clock=lambda: installation.clock() + timedelta(hours=1))
    second = keep_report(later, [found(later, "internal", OPEN)])
    assert second.findings[0].since == first.findings[0].at != second.findings[0].at
    keep_report(installation, [found(installation, "internal", good("It is refused."))])
    third = keep_report(installation, [found(installation, "internal", OPEN)])
    assert third.findings[0].since == third.findings[0].at
    assert last_report(installation) == replace(third, at=last_report(installation).at)  # type: ignore[union-attr]


def test_a_finding_is_kept_with_all_that_stands_in_its_sentences() -> None:
    inner = say("${size} and ${count}", size=Size(7), count=3)
    check = Check("x", Area.SITE, "a", "b", lambda _visit: good(""))
    for outcome in (poor(say("${both}", both=inner), say("Mend it."), "a\nb"), good("Well.")):
        finding = Finding.of(check, outcome, NOW)
        assert recalled(kept(finding)) == finding


def test_a_report_nobody_can_read_is_none(installation: Installation) -> None:
    for text in ("", "[]", '{"at": 1}', '{"at": 1, "findings": [{"name": "x"}]}'):
        (installation.storage.root / report.NAME).write_text(text)
        assert last_report(installation) is None


def test_check_now_asks_once_and_a_worker_looks(ingrid: TestApp, installation: Installation) -> None:
    page = ingrid.get("/admin/health")
    for _twice in range(2):
        page = page.forms["check-form"].submit().follow()
    assert "Being checked" in page
    assert page.html.select_one("#health")["data-poll"]
    with reading(installation.sessions) as session:
        assert [job.kind for job in session.query(Job)] == [CHECK_UP]
    # Nobody listens at the address of the tests: that is what the worker finds.
    worker.run(installation, HANDLERS, threading.Event(), once=True)
    page = ingrid.get("/admin/health")
    assert "Being checked" not in page
    assert "Looked at from outside" in page
    assert "The site does not answer at its address" in text_of(page, "#reached")
    assert "Health 3 failed" in text_of(page, "nav")  # with the worker, and the database of these tests


def test_it_is_looked_at_by_itself_but_not_twice(installation: Installation) -> None:
    for _twice in range(2):
        check_up_in_time(installation)
    with reading(installation.sessions) as session:
        (job,) = session.query(Job)
    assert (job.kind, job.run_after > installation.clock()) == (CHECK_UP, True)
