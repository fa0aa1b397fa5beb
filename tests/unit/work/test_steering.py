"""What administrators may do with jobs: cancelled, tried again, held up, begun anew; and what becomes of the item."""
from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from privmedia.audit.models import Event
from privmedia.audit.service import COMMAND_LINE
from privmedia.db import reading, writing
from privmedia.errors import Conflict, NotFound
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.library.models import PREPARE, Item, Kind, State, Version
from privmedia.library.service import Library, Received
from privmedia.operations.worker import HANDLERS
from privmedia.work.kinds import KINDS
from privmedia.work.service import Background, Show
from privmedia.work.steering import STOPPED, Steering

pytestmark = pytest.mark.both_databases


def test_every_kind_of_job_has_words() -> None:
    assert set(HANDLERS) <= set(KINDS)


def add(installation: Installation, title: str, *, job: bool = True) -> int:
    """A film as it is received; the key of its version."""
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        received = Received(uid=new_uid(), filename=f"{title}.mp4", media_type="x/y", size=1, kind=Kind.VIDEO)
        folder = library.add_folder(parent=library.root(), name=title)
        version = library.add_item(folder=folder, title=title, received=received, by=None)
        if job:
            Jobs(session, installation).enqueue(PREPARE, version.id)
        return version.id


def steer(installation: Installation, verb: Callable[[Steering], Any]) -> Any:
    with writing(installation.sessions) as session:
        return verb(Steering(session, installation, HANDLERS))


def look(installation: Installation, verb: Callable[[Background], Any]) -> Any:
    with reading(installation.sessions) as session:
        return verb(Background(session, installation, HANDLERS))


def all_jobs(installation: Installation, kind: str = PREPARE) -> list[Job]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Job).where(Job.kind == kind).order_by(Job.id)))


def state_of(installation: Installation, version_id: int) -> tuple[State, State, str]:
    with reading(installation.sessions) as session:
        version = session.get_one(Version, version_id)
        item = session.scalars(select(Item).where(Item.id == version.item_id)).one()
        return version.state, item.state, item.reason


def written(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Event.kind).order_by(Event.id)))


def fail(installation: Installation, sentence: str = "The disk is full.") -> None:
    with writing(installation.sessions) as session:
        jobs = Jobs(session, installation)
        claim = jobs.claim([PREPARE])
        assert claim is not None
        jobs.give_up(claim, sentence)
        HANDLERS[PREPARE].gave_up(session, claim.target_id, sentence)


def test_one_that_waits_is_cancelled_and_its_item_says_so(installation: Installation) -> None:
    version = add(installation, "Launch")
    (job,) = all_jobs(installation)
    steer(installation, lambda steering: steering.cancel(job.id, COMMAND_LINE))
    (cancelled,) = all_jobs(installation)
    assert (cancelled.state, cancelled.error) == (JobState.CANCELLED, STOPPED)
    assert state_of(installation, version) == (State.FAILED, State.FAILED, STOPPED)
    assert written(installation) == ["job.cancel"]
    with writing(installation.sessions) as session:
        assert Jobs(session, installation).claim([PREPARE]) is None


def test_one_that_runs_is_cancelled_and_its_worker_can_write_nothing_more(installation: Installation) -> None:
    add(installation, "Launch")
    began, ended = threading.Event(), threading.Event()

    def run(task: worker.Task) -> None:
        began.set()
        while not ended.wait(0.01):
            task.check()

    handlers = {PREPARE: worker.Handler(run, HANDLERS[PREPARE].gave_up)}
    working = threading.Thread(
        target=worker.run, args=(installation, handlers, threading.Event()), kwargs={"once": True}
    )
    working.start()
    try:
        assert began.wait(20)
        (job,) = all_jobs(installation)
        steer(installation, lambda steering: steering.cancel(job.id, COMMAND_LINE))
        working.join(20)
        assert not working.is_alive()
    finally:
        ended.set()
        working.join()
    (cancelled,) = all_jobs(installation)
    assert cancelled.state is JobState.CANCELLED


def test_one_that_failed_is_tried_again_from_the_start(installation: Installation) -> None:
    version = add(installation, "Launch")
    fail(installation)
    assert state_of(installation, version)[0] is State.FAILED
    (job,) = all_jobs(installation)
    steer(installation, lambda steering: steering.retry(job.id, COMMAND_LINE))
    (again,) = all_jobs(installation)
    assert (again.state, again.attempts, again.error, again.finished_at) == (JobState.QUEUED, 0, "", None)
    assert state_of(installation, version) == (State.WAITING, State.WAITING, "")


def test_what_is_done_or_being_done_is_not_begun_a_second_time(installation: Installation) -> None:
    version = add(installation, "Launch")
    (first,) = all_jobs(installation)
    fail(installation)
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(PREPARE, version)
    for number in (first.id, all_jobs(installation)[1].id):
        with pytest.raises(Conflict):
            steer(installation, lambda steering, number=number: steering.retry(number, COMMAND_LINE))
    with pytest.raises(NotFound):
        steer(installation, lambda steering: steering.retry(999, COMMAND_LINE))


def test_one_that_ended_meanwhile_is_not_cancelled(installation: Installation) -> None:
    add(installation, "Launch")
    fail(installation)
    (job,) = all_jobs(installation)
    with pytest.raises(Conflict):
        steer(installation, lambda steering: steering.cancel(job.id, COMMAND_LINE))
    steer(installation, lambda steering: steering.dismiss(job.id, COMMAND_LINE))
    assert look(installation, lambda background: background.counts()).failed == 0


def test_all_that_failed_is_tried_again_at_once(installation: Installation) -> None:
    for title in ("One", "Two", "Three"):
        add(installation, title)
    fail(installation)
    fail(installation)
    assert steer(installation, lambda steering: steering.retry_failed(COMMAND_LINE)) == 2
    assert {job.state for job in all_jobs(installation)} == {JobState.QUEUED}
    assert written(installation) == ["job.retry-all"]


def test_a_paused_queue_begins_nothing_and_says_since_when(installation: Installation, clock: Any) -> None:
    add(installation, "Launch")
    for _ in range(2):
        steer(installation, lambda steering: steering.pause(COMMAND_LINE))
    assert look(installation, lambda background: background.standing()).paused_at == clock()
    with writing(installation.sessions) as session:
        assert Jobs(session, installation).claim([PREPARE]) is None
    for _ in range(2):
        steer(installation, lambda steering: steering.go_on(COMMAND_LINE))
    assert look(installation, lambda background: background.standing()).paused_at is None
    assert written(installation) == ["queue.pause", "queue.go-on"]


def test_everything_shown_is_prepared_anew_once_and_after_all_else(installation: Installation) -> None:
    done, waiting = add(installation, "Done", job=False), add(installation, "Waiting")
    with writing(installation.sessions) as session:
        session.execute(text("UPDATE versions SET state = 'ready' WHERE id = :id"), {"id": done})
    assert steer(installation, lambda steering: steering.reprocess_all(COMMAND_LINE)) == 1
    assert steer(installation, lambda steering: steering.reprocess_all(COMMAND_LINE)) == 0
    jobs = all_jobs(installation)
    assert [job.target_id for job in jobs] == [waiting, done]
    assert jobs[1].priority > jobs[0].priority
    assert state_of(installation, done)[0] is State.READY


def test_an_item_is_prepared_anew_and_its_old_failure_forgotten(installation: Installation) -> None:
    version = add(installation, "Launch")
    fail(installation)

    def prepare(session: Session) -> None:
        item = session.scalars(select(Item)).one()
        Steering(session, installation, HANDLERS).try_again(item, COMMAND_LINE)

    with writing(installation.sessions) as session:
        prepare(session)
    old, new = all_jobs(installation)
    assert (old.state, new.state) == (JobState.CANCELLED, JobState.QUEUED)
    assert state_of(installation, version) == (State.WAITING, State.WAITING, "")
    with pytest.raises(Conflict), writing(installation.sessions) as session:
        prepare(session)


def test_places_in_line_are_counted_over_pages(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("privmedia.work.service.PAGE", 2)
    with writing(installation.sessions) as session:
        for target, priority in ((1, 50), (2, 10), (3, 50), (4, 90), (5, 50)):
            Jobs(session, installation).enqueue(PREPARE, target, priority=priority)
    seen, after = [], ""
    for _ in range(3):
        page = look(installation, lambda background, after=after: background.page(Show.WAITING, after))
        seen += [(row.place, row.id) for row in page.rows]
        after = page.next or ""
    assert [place for place, _id in seen] == [1, 2, 3, 4, 5]
    assert after == ""


def test_how_long_it_still_takes_is_guessed_from_how_it_went(installation: Installation, clock: Any) -> None:
    add(installation, "Launch")
    with writing(installation.sessions) as session:
        claim = Jobs(session, installation).claim([PREPARE], worker="here:1")
    assert claim is not None
    clock.forward(seconds=60)
    with writing(installation.sessions) as session:
        Jobs(session, installation).report(claim, 0.25)
    (row,) = look(installation, lambda background: background.page(Show.RUNNING)).rows
    assert (row.progress, row.took, row.left, row.worker) == (25, 60, 180, "here:1")
    assert (row.subject.name, row.place) == ("Launch", None)


def test_pages_of_what_failed_follow_each_other(
    installation: Installation, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privmedia.work.service.PAGE", 2)
    for title in ("One", "Two", "Three"):
        add(installation, title)
    for _ in range(3):
        fail(installation)
    first = look(installation, lambda background: background.page(Show.FAILED))
    second = look(installation, lambda background: background.page(Show.FAILED, first.next))
    names = [row.subject.name for row in (*first.rows, *second.rows)]
    assert names == ["Three", "Two", "One"]
    assert second.next is None
