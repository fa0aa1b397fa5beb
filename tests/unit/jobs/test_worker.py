"""Workers: killed, stopped, two at a time, and what becomes of jobs that fail."""
from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.errors import NoSpace
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs, LeaseLost
from privmedia.jobs.worker import MAX_ATTEMPTS, Handler, Task

PATIENCE = 30.0  # seconds, for another process to do something


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def enqueue(installation: Installation, target_id: int = 7) -> int:
    with writing(installation.sessions) as session:
        return Jobs(session, installation).enqueue("prepare", target_id).id


def only_job(installation: Installation) -> Job:
    with reading(installation.sessions) as session:
        return session.scalars(select(Job)).one()


@contextmanager
def process(installation: Installation, log: Path, kind: str) -> Iterator[subprocess.Popen[bytes]]:
    settings = installation.settings
    command = [sys.executable, "-m", "tests.unit.jobs.a_worker"]
    arguments = [settings.sqlalchemy_url, str(settings.media_root), str(log), kind]
    with subprocess.Popen([*command, *arguments]) as started:
        try:
            yield started
        finally:
            started.kill()


def said(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def run_once(installation: Installation, handler: Handler) -> None:
    worker.run(installation, {"prepare": handler}, threading.Event(), once=True)


class Remembering:
    """A handler that notes its calls and does `what` it is told."""

    def __init__(self, what: Callable[[Task], None] = lambda task: None) -> None:
        self.done: list[int] = []
        self.given_up: list[tuple[int, str]] = []
        self.handler = Handler(self.run, self.gave_up)
        self._what = what

    def run(self, task: Task) -> None:
        self.done.append(task.target_id)
        self._what(task)

    def gave_up(self, session: Session, target_id: int, sentence: str) -> None:
        self.given_up.append((target_id, sentence))


@pytest.mark.both_databases
def test_the_job_of_a_killed_worker_is_done_by_another_after_the_lease(
    installation: Installation, clock: Any, tmp_path: Path
) -> None:
    clock.now = datetime.now(UTC)
    enqueue(installation)
    log = tmp_path / "log"
    with process(installation, log, "patient") as first:
        wait_for(lambda: said(log) == ["begun 7"])
        first.kill()
        first.wait()
    second = Remembering()
    run_once(installation, second.handler)
    assert second.done == [], "the lease of a worker that may still live was not respected"
    clock.now = datetime.now(UTC) + timedelta(seconds=61)
    run_once(installation, second.handler)
    assert second.done == [7]
    done = only_job(installation)
    assert (done.state, done.attempts) == (JobState.DONE, 2)


def test_a_worker_that_is_told_to_stop_gives_its_job_back_and_clears_up(
    installation: Installation, clock: Any, tmp_path: Path
) -> None:
    clock.now = datetime.now(UTC)
    enqueue(installation)
    log = tmp_path / "log"
    with process(installation, log, "patient") as told:
        wait_for(lambda: said(log) == ["begun 7"])
        told.terminate()
        assert told.wait(PATIENCE) == 0
    given_back = only_job(installation)
    assert (given_back.state, given_back.attempts, given_back.lease_token) == (JobState.QUEUED, 0, None)
    assert list((installation.storage.incoming / "work").iterdir()) == []


@pytest.mark.both_databases
def test_two_workers_do_thirty_jobs_each_exactly_once(installation: Installation, clock: Any, tmp_path: Path) -> None:
    for number in range(30):
        enqueue(installation, number)
    log = tmp_path / "log"
    with process(installation, log, "quick") as one, process(installation, log, "quick") as other:
        assert (one.wait(PATIENCE), other.wait(PATIENCE)) == (0, 0)
    assert Counter(said(log)) == Counter(f"done {number}" for number in range(30))
    with reading(installation.sessions) as session:
        assert set(session.scalars(select(Job.state))) == {JobState.DONE}


def test_a_fault_that_may_pass_is_tried_again_later(
    installation: Installation, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    enqueue(installation)

    def full(task: Task) -> None:
        raise NoSpace

    failing = Remembering(full)
    run_once(installation, failing.handler)
    waiting = only_job(installation)
    assert (waiting.state, waiting.error) == (JobState.QUEUED, NoSpace.sentence)
    assert failing.given_up == []
    clock.now = waiting.run_after
    mended = Remembering()
    run_once(installation, mended.handler)
    assert mended.done == [7]
    assert only_job(installation).error == ""


def test_after_the_last_try_the_handler_is_told_and_the_job_stays_failed(
    installation: Installation, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    enqueue(installation)

    def broken(task: Task) -> None:
        raise ZeroDivisionError("in a handler")

    failing = Remembering(broken)
    for _ in range(MAX_ATTEMPTS + 2):
        run_once(installation, failing.handler)
        clock.forward(hours=2)
    assert failing.done == [7] * MAX_ATTEMPTS
    assert failing.given_up == [(7, worker.UNEXPECTED)]
    assert only_job(installation).state == JobState.FAILED
    assert "in a handler" in caplog.text


def test_a_job_that_killed_every_worker_is_given_up_without_being_started_again(
    installation: Installation, clock: Any
) -> None:
    enqueue(installation)
    for _ in range(MAX_ATTEMPTS):
        with writing(installation.sessions) as session:
            Jobs(session, installation).claim(["prepare"])
        clock.forward(seconds=61)
    deadly = Remembering()
    run_once(installation, deadly.handler)
    assert deadly.done == []
    assert deadly.given_up == [(7, worker.DIED)]


def test_a_worker_whose_lease_was_lost_writes_nothing(
    installation: Installation, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    enqueue(installation)

    def overtaken(task: Task) -> None:
        clock.forward(seconds=61)
        with writing(installation.sessions) as session:
            Jobs(session, installation).claim(["prepare"])
        with task.writing() as session:
            session.execute(update(Job).values(error="from the grave"))

    run_once(installation, Remembering(overtaken).handler)
    still = only_job(installation)
    assert (still.state, still.error, still.attempts) == (JobState.RUNNING, "", 2)
    assert "another worker has it now" in caplog.text


def test_the_lease_is_kept_while_the_handler_is_busy_with_one_long_thing(
    installation: Installation, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.01)
    enqueue(installation)

    def one_long_thing(task: Task) -> None:
        before = only_job(installation).lease_until
        clock.forward(seconds=50)
        wait_for(lambda: only_job(installation).lease_until != before)

    run_once(installation, Remembering(one_long_thing).handler)
    assert only_job(installation).state == JobState.DONE


def test_a_busy_handler_hears_that_it_lost_its_lease(
    installation: Installation, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RENEW_SECONDS", 0.01)
    enqueue(installation)
    heard = threading.Event()

    def until_it_hears(task: Task) -> None:
        clock.forward(seconds=61)
        with writing(installation.sessions) as session:
            session.execute(update(Job).values(lease_token="somebody else's"))
        try:
            wait_for(lambda: task.check() is not None)
        except LeaseLost:
            heard.set()
            raise

    run_once(installation, Remembering(until_it_hears).handler)
    assert heard.is_set()


def test_progress_is_written_once_a_second_at_most(installation: Installation) -> None:
    enqueue(installation)
    written: list[float | None] = []

    def reporting(task: Task) -> None:
        for percent in range(100):
            task.report(percent / 100)
            written.append(only_job(installation).progress)

    run_once(installation, Remembering(reporting).handler)
    assert written[0] == 0.0
    assert len(set(written)) < 20


def test_a_chore_that_fails_keeps_neither_the_others_nor_the_work_from_being_done(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    enqueue(installation)
    called: list[str] = []

    def broken(_installation: Installation) -> None:
        called.append("broken")
        raise RuntimeError

    def sound(_installation: Installation) -> None:
        called.append("sound")

    done = Remembering()
    worker.run(installation, {"prepare": done.handler}, threading.Event(), once=True, chores=(broken, sound))
    assert called == ["broken", "sound"]
    assert done.done == [7]
