"""Steering work in the background: cancelled, tried again, held up, done anew. Each is a line of the audit log."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, literal, select, update
from sqlalchemy.orm import Session

from privmedia.audit.service import Audit, Author
from privmedia.errors import Conflict, NotFound
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Queue
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler
from privmedia.library.models import PREPARE, Item, State, Version
from privmedia.text import mark as _
from privmedia.work.kinds import MADE, PREPARING, words_of
from privmedia.work.rows import NOTHING, subjects

STOPPED = _("Somebody stopped it before it was done.")
HAS_ENDED = _("It has ended meanwhile.")
UNDER_WAY = _("It is waiting or being done already.")
NOT_FAILED = _("It did not fail: there is nothing to try again.")
WHILE_OTHERS_WAIT = 40
"""The priority of what somebody asked for by hand: they wait for it."""
WHEN_ALL_ELSE_IS_DONE = 95
"""The priority of preparing everything anew: after whatever is uploaded meanwhile."""
TO_DO = (JobState.QUEUED, JobState.RUNNING)


class Steering:
    """Rights are the caller's business."""

    def __init__(self, session: Session, installation: Installation, handlers: Mapping[str, Handler]) -> None:
        self._session = session
        self._installation = installation
        self._handlers = handlers
        self._jobs = Jobs(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def cancel(self, number: int, by: Author) -> None:
        """End a job that waits or runs: its worker ends the program within seconds. Raises NotFound, Conflict."""
        job = self._hold(number)
        if job.state not in TO_DO:
            raise Conflict(HAS_ENDED)
        self._end(job, STOPPED)
        if handler := self._handlers.get(job.kind):
            handler.gave_up(self._session, job.target_id, STOPPED)
            handler.ended(self._session, self._installation, job.target_id)
        self._audit.record("job.cancel", identity=by, **self._about(job))

    def retry(self, number: int, by: Author) -> None:
        """Let a job that failed or was cancelled be done after all. Raises NotFound, Conflict."""
        job = self._hold(number)
        if job.state in TO_DO:
            raise Conflict(UNDER_WAY)
        if job.state is JobState.DONE:
            raise Conflict(NOT_FAILED)
        if self._jobs.is_waiting([job.kind], job.target_id):
            raise Conflict(UNDER_WAY)
        self._begin_again(job)
        self._audit.record("job.retry", identity=by, **self._about(job))

    def dismiss(self, number: int, by: Author) -> None:
        """Let a job that failed be forgotten in time. Raises NotFound, Conflict."""
        job = self._hold(number)
        if job.state is not JobState.FAILED:
            raise Conflict(HAS_ENDED)
        job.state = JobState.CANCELLED
        self._audit.record("job.dismiss", identity=by, **self._about(job))

    def retry_failed(self, by: Author) -> int:
        """Let all that failed be tried again; how many it were."""
        failed = select(Job).where(Job.state == JobState.FAILED).order_by(Job.id).with_for_update()
        again = [
            job for job in self._session.scalars(failed).all()
            if not self._jobs.is_waiting([job.kind], job.target_id)
        ]  # fmt: skip
        for job in again:
            self._begin_again(job)
        if again:
            self._audit.record("job.retry-all", identity=by, detail={"count": len(again)})
        return len(again)

    def pause(self, by: Author) -> None:
        """Let nothing new be begun; what runs goes on to its end."""
        paused = update(Queue).where(Queue.paused_at.is_(None)).values(paused_at=self._now, paused_by=by.user_id)
        if self._session.execute(paused.returning(Queue.id)).first() is not None:
            self._audit.record("queue.pause", identity=by)

    def go_on(self, by: Author) -> None:
        """Let the queue go on."""
        going = update(Queue).where(Queue.paused_at.is_not(None)).values(paused_at=None, paused_by=None)
        if self._session.execute(going.returning(Queue.id)).first() is not None:
            self._audit.record("queue.go-on", identity=by)

    def try_again(self, item: Item, by: Author) -> None:
        """Let an item whose preparation failed be prepared after all. Raises Conflict."""
        version = self._version(item)
        if version.state not in (State.FAILED, State.UNPLAYABLE):
            raise Conflict(NOT_FAILED)
        self._prepare(item, version, by)

    def reprocess(self, item: Item, by: Author) -> None:
        """Let all that is made of an item be made anew. What is there is shown until then. Raises Conflict."""
        self._prepare(item, self._version(item), by)

    def reprocess_all(self, by: Author) -> int:
        """The same for all items, after everything else; how many it were."""
        wanted = all_shown()
        waits = Job.state.in_(TO_DO) & Job.kind.in_(PREPARING) & (Job.target_id == Version.id)
        chosen = wanted.where(~select(Job.id).where(waits).exists())
        columns = ["kind", "target_id", "priority", "state", "attempts", "run_after", "error", "created_at"]
        row = chosen.with_only_columns(
            literal(PREPARE), Version.id, literal(WHEN_ALL_ELSE_IS_DONE), literal(JobState.QUEUED, Job.state.type),
            literal(0), literal(self._now, Job.run_after.type), literal(""), literal(self._now, Job.created_at.type),
        )  # fmt: skip
        count = self._session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        self._forget_failed(Job.target_id.in_(wanted.with_only_columns(Version.id)))
        self._session.execute(insert(Job).from_select(columns, row))
        self._audit.record("items.reprocess", identity=by, detail={"count": count})
        return count

    def _prepare(self, item: Item, version: Version, by: Author) -> None:
        if self._jobs.is_waiting(PREPARING, version.id):
            raise Conflict(UNDER_WAY)
        self._forget_failed(Job.target_id == version.id)
        self._jobs.enqueue(PREPARE, version.id, priority=WHILE_OTHERS_WAIT)
        if handler := self._handlers.get(PREPARE):
            handler.again(self._session, version.id)
        self._audit.record("item.reprocess", identity=by, target=f"item:{item.uid}")

    def _version(self, item: Item) -> Version:
        query = select(Version).where(Version.item_id == item.id, Version.number == item.current)
        return self._session.scalars(query).one()

    def _hold(self, number: int) -> Job:
        job = self._session.scalar(select(Job).where(Job.id == number).with_for_update())
        if job is None:
            raise NotFound
        return job

    def _end(self, job: Job, sentence: str) -> None:
        # Without its token the worker can write nothing more about it, and hears of that when it looks.
        job.state, job.lease_token, job.lease_until = JobState.CANCELLED, None, None
        job.error, job.finished_at = sentence, self._now

    def _begin_again(self, job: Job) -> None:
        job.state, job.attempts, job.run_after = JobState.QUEUED, 0, self._now
        job.error, job.log, job.progress = "", "", None
        job.started_at = job.finished_at = None
        if handler := self._handlers.get(job.kind):
            handler.again(self._session, job.target_id)

    def _forget_failed(self, which: ColumnElement[bool]) -> None:
        """What failed when it was made before is of no interest once it is made anew."""
        failed = and_(Job.state == JobState.FAILED, Job.kind.in_(MADE), which)
        self._session.execute(
            update(Job).where(failed).values(state=JobState.CANCELLED).execution_options(synchronize_session=False)
        )

    def _about(self, job: Job) -> dict[str, Any]:
        """What the audit log says of a job."""
        subject = subjects(self._session, [job]).get(job.id, NOTHING)
        target = f"item:{subject.item_uid}" if subject.item_uid else subject.name
        return {"target": target, "detail": {"job": words_of(job.kind).name, "number": job.id}}


def all_shown() -> Select[Version]:
    """The versions that are shown, of items that do not lie in the bin."""
    shown = and_(Version.item_id == Item.id, Version.number == Item.current)
    return select(Version).join(Item, shown).where(Item.deletion_id.is_(None))
