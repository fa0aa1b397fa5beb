"""Three kinds of lanes: a conversion that takes hours holds up nothing quick, and few run at once, whoever works."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState, Queue, Worker
from privmedia.jobs.presence import own_name
from privmedia.jobs.service import LEASE, LOG_KEPT, Claim, Jobs
from privmedia.jobs.worker import Handler, Pace, Task
from tests.unit.jobs.test_worker import PATIENCE, wait_for

ENCODING = ("convert", "streams")


def enqueue(installation: Installation, kind: str, *targets: int) -> None:
    with writing(installation.sessions) as session:
        for target in targets:
            Jobs(session, installation).enqueue(kind, target)


def claim(installation: Installation, at_most: int) -> Claim | None:
    with writing(installation.sessions) as session:
        return Jobs(session, installation).claim(ENCODING, at_most=at_most)


def states(installation: Installation) -> dict[tuple[str, int], JobState]:
    with reading(installation.sessions) as session:
        return {(job.kind, job.target_id): job.state for job in session.scalars(select(Job))}


def with_encoders(installation: Installation, encoders: int) -> Installation:
    return replace(installation, settings=replace(installation.settings, encoders=encoders))


def nothing(_session: Session, _target: int, _sentence: str) -> None:
    """No job of these tests is given up."""


class Film:
    """A conversion that lasts until it is let go."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.over = threading.Event()

    def run(self, task: Task) -> None:
        self.begun.append(task.target_id)
        while not self.over.wait(0.01):
            task.check()

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "convert": Handler(self.run, nothing, pace=Pace.LONG),
            "prepare": Handler(lambda task: None, nothing),
        }


@contextmanager
def working(installation: Installation, handlers: dict[str, Handler]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(installation, handlers, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.02)
    monkeypatch.setattr(worker, "LOOK_SECONDS", 0.02)


def test_what_is_quick_is_done_while_a_film_is_converted(installation: Installation) -> None:
    film = Film()
    enqueue(installation, "convert", 1)
    with working(installation, film.handlers):
        wait_for(lambda: film.begun == [1])
        enqueue(installation, "prepare", 2)
        wait_for(lambda: states(installation)["prepare", 2] is JobState.DONE)
        assert states(installation)["convert", 1] is JobState.RUNNING
        film.over.set()
        wait_for(lambda: states(installation)["convert", 1] is JobState.DONE)


def test_what_nobody_waits_for_holds_up_no_conversion(installation: Installation) -> None:
    streams, film = Film(), Film()
    handlers = {**film.handlers, "streams": Handler(streams.run, nothing, pace=Pace.SPARE)}
    enqueue(installation, "streams", 1, 2)
    with working(installation, handlers):
        wait_for(lambda: streams.begun == [1])
        enqueue(installation, "convert", 3)
        wait_for(lambda: film.begun == [3])
        film.over.set()
        wait_for(lambda: states(installation)["convert", 3] is JobState.DONE)
        assert states(installation)["streams", 1] is JobState.RUNNING
        assert states(installation)["streams", 2] is JobState.QUEUED


def test_as_many_films_are_converted_at_once_as_the_settings_say(installation: Installation) -> None:
    film = Film()
    enqueue(installation, "convert", 1, 2, 3)
    with working(with_encoders(installation, 2), film.handlers):
        wait_for(lambda: len(film.begun) == 2)
        with reading(installation.sessions) as session:
            assert not Jobs(session, installation).has_claimable(["convert"], at_most=2)
        film.over.set()
        wait_for(lambda: set(states(installation).values()) == {JobState.DONE})


def test_a_machine_that_is_not_to_convert_leaves_it_to_others(installation: Installation) -> None:
    film = Film()
    enqueue(installation, "convert", 1)
    enqueue(installation, "prepare", 2)
    with working(with_encoders(installation, 0), film.handlers):
        wait_for(lambda: states(installation)["prepare", 2] is JobState.DONE)
    assert states(installation)["convert", 1] is JobState.QUEUED


def test_told_to_stop_both_lanes_give_their_jobs_back(installation: Installation) -> None:
    film, other = Film(), Film()
    enqueue(installation, "convert", 1)
    enqueue(installation, "prepare", 2)
    handlers = {**film.handlers, "prepare": Handler(other.run, nothing)}
    with working(installation, handlers):
        wait_for(lambda: (film.begun, other.begun) == ([1], [2]))
    assert states(installation) == {("convert", 1): JobState.QUEUED, ("prepare", 2): JobState.QUEUED}


def test_a_lane_that_breaks_ends_the_worker_instead_of_leaving_it_half(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any) -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "work_next", broken)
    with pytest.raises(ZeroDivisionError):
        worker.run(installation, Film().handlers, threading.Event())


@pytest.mark.both_databases
def test_ten_that_claim_at_once_take_no_more_than_may_run(installation: Installation) -> None:
    enqueue(installation, "convert", *range(10))
    enqueue(installation, "streams", *range(10))
    together = threading.Barrier(10)

    def take(_number: int) -> Claim | None:
        together.wait(PATIENCE)
        return claim(installation, 3)

    with ThreadPoolExecutor(10) as pool:
        taken = [found for found in pool.map(take, range(10)) if found is not None]
    assert len({found.job_id for found in taken}) == len(taken) == 3
    assert list(states(installation).values()).count(JobState.RUNNING) == 3


@pytest.mark.both_databases
def test_one_whose_worker_died_makes_room_when_its_lease_ends(installation: Installation, clock: Any) -> None:
    enqueue(installation, "convert", 1, 2)
    dead = claim(installation, 1)
    assert claim(installation, 1) is None
    clock.forward(seconds=LEASE.total_seconds() + 1)
    again = claim(installation, 1)
    assert dead is not None
    assert again is not None
    assert again.job_id == dead.job_id
    assert claim(installation, 1) is None


@pytest.mark.both_databases
def test_while_the_queue_is_paused_nothing_is_claimed_but_what_always_goes_on(
    installation: Installation, clock: Any
) -> None:
    enqueue(installation, "convert", 1)
    with writing(installation.sessions) as session:
        session.execute(update(Queue).values(paused_at=clock()))
    with reading(installation.sessions) as session:
        assert not Jobs(session, installation).has_claimable(ENCODING)
    assert claim(installation, 1) is None
    enqueue(installation, "letter", 2)
    with writing(installation.sessions) as session:
        jobs = Jobs(session, installation)
        letter = jobs.claim(["convert", "letter"], always=["letter"])
        assert letter is not None
        assert letter.kind == "letter"
        assert not jobs.has_claimable(["convert", "letter"], always=["letter"])
    with writing(installation.sessions) as session:
        session.execute(update(Queue).values(paused_at=None))
    assert claim(installation, 1) is not None


def test_a_job_says_who_has_it_and_since_when(installation: Installation, clock: Any) -> None:
    enqueue(installation, "prepare", 1)
    worker.run(installation, Film().handlers, threading.Event(), once=True)
    with reading(installation.sessions) as session:
        done = session.scalars(select(Job)).one()
    assert (done.worker, done.started_at) == (own_name(), clock())


def test_a_worker_is_known_while_it_lives(installation: Installation) -> None:
    def known() -> list[str]:
        with reading(installation.sessions) as session:
            return list(session.scalars(select(Worker.name)))

    with working(installation, Film().handlers):
        wait_for(lambda: known() == [own_name()])
    assert known() == []


@pytest.mark.both_databases
def test_of_what_a_program_said_the_end_is_kept(installation: Installation) -> None:
    enqueue(installation, "convert", 1)
    taken = claim(installation, 1)
    assert taken is not None
    with writing(installation.sessions) as session:
        Jobs(session, installation).keep_log(taken, "ü" * LOG_KEPT + "\0moov atom not found")
    with reading(installation.sessions) as session:
        kept = session.scalars(select(Job.log)).one()
    assert kept.endswith("ümoov atom not found")
    assert LOG_KEPT - 2 < len(kept.encode()) <= LOG_KEPT


def test_a_job_that_came_to_nothing_is_failed_and_not_tried_again(installation: Installation) -> None:
    enqueue(installation, "prepare", 1)
    handler = Handler(lambda task: task.fail("The file is damaged: its index is missing."), nothing)
    worker.run(installation, {"prepare": handler}, threading.Event(), once=True)
    with reading(installation.sessions) as session:
        failed = session.scalars(select(Job)).one()
    assert (failed.state, failed.error) == (JobState.FAILED, "The file is damaged: its index is missing.")
    assert failed.attempts == 1


def test_a_handler_hears_within_moments_that_its_job_was_cancelled(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    film = Film()
    enqueue(installation, "convert", 1)
    with working(installation, film.handlers):
        wait_for(lambda: film.begun == [1])
        with writing(installation.sessions) as session:
            session.execute(update(Job).values(state=JobState.CANCELLED, lease_token=None))
        enqueue(installation, "convert", 2)
        wait_for(lambda: film.begun == [1, 2])
        film.over.set()
    assert states(installation)["convert", 1] is JobState.CANCELLED


@pytest.mark.both_databases
def test_long_work_gives_way_to_what_is_more_urgent_and_goes_on_after_it(installation: Installation) -> None:
    done: list[str] = []

    def pages(task: Task) -> None:
        for part in [part for part in ("part 1", "part 2") if part not in done]:
            task.give_way()
            done.append(part)
            if part == "part 1":
                enqueue(installation, "letter", 3)
                with writing(installation.sessions) as session:
                    Jobs(session, installation).enqueue("prepare", 2, priority=20)

    handlers = {
        "pages": Handler(pages, nothing),
        "prepare": Handler(lambda task: done.append("prepare"), nothing),
        "letter": Handler(lambda task: done.append("letter"), nothing),
    }
    enqueue(installation, "pages", 1)
    worker.run(installation, handlers, threading.Event(), once=True)
    assert done == ["part 1", "prepare", "part 2", "letter"], "what is as urgent waits for its turn"
    with reading(installation.sessions) as session:
        assert session.scalars(select(Job.attempts).where(Job.kind == "pages")).one() == 1


def test_nothing_gives_way_to_what_a_paused_queue_does_not_begin(installation: Installation, clock: Any) -> None:
    done: list[int] = []

    def pages(task: Task) -> None:
        with writing(installation.sessions) as session:
            Jobs(session, installation).enqueue("prepare", 2, priority=20)
            session.execute(update(Queue).values(paused_at=clock()))
        task.give_way()
        done.append(task.target_id)

    handlers = {"pages": Handler(pages, nothing), "prepare": Handler(lambda task: None, nothing)}
    enqueue(installation, "pages", 1)
    worker.run(installation, handlers, threading.Event(), once=True)
    assert done == [1]
