"""The queue: enqueueing, claiming by lease, and what a worker may write about its own job.

Enqueueing is an insert in the caller's transaction, so there is no job for what was rolled back. A claim carries a
token; whatever is written about the job later must still hold it, so that a worker that was thought dead and
comes back can change nothing. A dead worker's job is claimed again when its lease has run out.
"""
from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Queue

LEASE = timedelta(seconds=40)
"""What is left of a minute is for another worker to start and to look."""
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
KEPT_FINISHED = timedelta(days=30)
LOG_KEPT = 16 * 1024
"""Bytes of what a program said."""
TELLS_FROM = 0.02
"""The share from which on it is guessed how long the rest takes."""
THE_QUEUE = 1
"""The key of the queue's one row."""


class LeaseLost(Exception):
    """Another worker has the job now; nothing may be written about it any more."""


@dataclass(frozen=True)
class Claim:
    """One job in the hands of one worker."""

    job_id: int
    kind: str
    target_id: int
    attempt: int
    """1 for the first."""
    token: str
    priority: int


class Jobs:
    """Background work. Every verb runs in the caller's transaction and commits nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._clock = installation.clock

    def enqueue(self, kind: str, target_id: int, *, priority: int = 50, run_after: datetime | None = None) -> Job:
        """Add a job; it exists when the caller's transaction commits. A smaller priority is sooner."""
        now = self._clock()
        job = Job(kind=kind, target_id=target_id, priority=priority, run_after=run_after or now, created_at=now)
        self._session.add(job)
        self._session.flush()
        return job

    def enqueue_once(self, kind: str, target_id: int, *, run_after: datetime) -> None:
        """Add a job for later, unless one of that kind waits for the target already."""
        waits = select(Job.id).where(Job.kind == kind, Job.target_id == target_id, Job.state == JobState.QUEUED)
        if self._session.scalar(waits.limit(1)) is None:
            self.enqueue(kind, target_id, run_after=run_after)

    def enqueue_all(self, kind: str, target_ids: Iterable[int], *, priority: int = 50) -> None:
        """Add a job for each target, in few statements."""
        now = self._clock()
        self._session.add_all(
            Job(kind=kind, target_id=target_id, priority=priority, run_after=now, created_at=now)
            for target_id in target_ids
        )
        self._session.flush()

    def has_claimable(
        self, kinds: Collection[str], *, at_most: int | None = None, always: Collection[str] = ()
    ) -> bool:
        """Whether there is something to claim; a read, so that an idle worker never asks for the write lock."""
        found = select(func.coalesce(*self._next_ids(kinds, always))).where(*self._may_begin(kinds, at_most))
        return self._session.scalar(found) is not None

    def claim(
        self,
        kinds: Collection[str],
        *,
        worker: str = "",
        at_most: int | None = None,
        always: Collection[str] = (),
    ) -> Claim | None:
        """Take a job of these kinds whose worker is dead, else the most urgent that is due; None if there is none.

        `at_most` is how many of these kinds may be worked at once, by all workers there are. While the queue is paused,
        only those of the kinds `always` are taken.
        """
        if at_most is not None:
            # What others claim at this moment is counted as well: on PostgreSQL a statement would not see it.
            self._session.scalar(select(Queue.id).where(Queue.id == THE_QUEUE).with_for_update())
        token = secrets.token_hex(16)
        now = self._clock()
        # Of two workers that look at once, the second passes over what the first has locked (PostgreSQL); on
        # SQLite there is one writer at a time.
        chosen = func.coalesce(*self._next_ids(kinds, always, locking=True))
        row = self._session.execute(
            update(Job)
            .where(Job.id == chosen, *self._may_begin(kinds, at_most))
            .values(
                state=JobState.RUNNING,
                attempts=Job.attempts + 1,
                lease_token=token,
                lease_until=now + LEASE,
                progress=None,
                worker=worker,
                started_at=now,
            )
            .returning(Job.id, Job.kind, Job.target_id, Job.attempts, Job.priority)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        return None if row is None else Claim(row.id, row.kind, row.target_id, row.attempts, token, row.priority)

    def is_urgent(self, claim: Claim, kinds: Collection[str]) -> bool:
        """Whether nothing more urgent of these kinds could be claimed in place of a job under way."""
        (_abandoned, due) = self._next_ids(kinds, ())
        sooner = select(Job.id).where(Job.id == due, Job.priority < claim.priority)
        return self._session.scalar(sooner) is None

    def holds(self, claim: Claim) -> bool:
        """Whether the job is still in these hands: nobody cancelled it, and no other worker has it."""
        return self._session.scalar(select(Job.id).where(*_held(claim))) is not None

    def renew(self, claim: Claim) -> None:
        """Keep the job for another lease. In a transaction of other writes it fences them. Raises LeaseLost."""
        self._write(claim, lease_until=self._clock() + LEASE)

    def report(self, claim: Claim, share: float | None) -> None:
        """Say how far it is, 0 to 1, None if nobody can tell; keeps the job as `renew`. Raises LeaseLost."""
        self._write(claim, lease_until=self._clock() + LEASE, progress=share)

    def keep_log(self, claim: Claim, text: str) -> None:
        """Keep the last part of what a program said, in place of what was kept before. Raises LeaseLost."""
        end = text.replace("\0", "").encode("utf-8", "replace")[-LOG_KEPT:]
        self._write(claim, log=end.decode("utf-8", "ignore"))

    def finish(self, claim: Claim) -> None:
        """It is done. Raises LeaseLost."""
        self._write(claim, state=JobState.DONE, progress=1.0, error="", log="", **self._given_back(finished=True))

    def release(self, claim: Claim) -> None:
        """Give it back as if it had not been tried: the worker stops. Raises LeaseLost."""
        self._write(
            claim, state=JobState.QUEUED, attempts=Job.attempts - 1, progress=None, run_after=self._clock(),
            started_at=None, **self._given_back(finished=False),
        )

    def try_again_later(self, claim: Claim, sentence: str) -> None:
        """It failed for a reason that may pass; each pause is twice the one before. Raises LeaseLost."""
        doublings = min(claim.attempt - 1, 10)  # far beyond the longest pause, and no number too large for a date
        pause = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
        self._write(
            claim, state=JobState.QUEUED, error=sentence[:500], progress=None, run_after=self._clock() + pause,
            started_at=None, **self._given_back(finished=False),
        )

    def give_up(self, claim: Claim, sentence: str) -> None:
        """It failed for good. Raises LeaseLost."""
        self._write(claim, state=JobState.FAILED, error=sentence[:500], **self._given_back(finished=True))

    def progress_of(self, kind: str, target_ids: Collection[int]) -> dict[int, float]:
        """How far the running jobs of this kind on some targets are, 0 to 1, where it can be told."""
        rows = self._session.execute(
            select(Job.target_id, Job.progress).where(
                Job.kind == kind, Job.target_id.in_(target_ids), Job.state == JobState.RUNNING
            )
        )
        return {row.target_id: row.progress for row in rows if row.progress is not None}

    def may_hurry(self, kinds: Collection[str], target_id: int, *, priority: int) -> bool:
        """Whether a job of these kinds on a target waits with less urgency than that."""
        return self._session.scalar(select(Job.id).where(*_waits(kinds, target_id, priority)).limit(1)) is not None

    def hurry(self, kinds: Collection[str], target_id: int, *, priority: int) -> None:
        """Let what waits of these kinds on a target be as urgent as that, at least."""
        waits = update(Job).where(*_waits(kinds, target_id, priority)).values(priority=priority)
        self._session.execute(waits.execution_options(synchronize_session=False))

    def is_waiting(self, kinds: Collection[str], target_id: int) -> bool:
        """Whether a job of these kinds on a target is still to be done, or being done."""
        waiting = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
        found = select(Job.id).where(Job.kind.in_(kinds), Job.target_id == target_id, waiting).limit(1)
        return self._session.scalar(found) is not None

    def is_due(self, kinds: Collection[str], target_id: int) -> bool:
        """Whether a job of these kinds on a target is being done, or could be begun now."""
        due = or_(Job.state == JobState.RUNNING, and_(Job.state == JobState.QUEUED, Job.run_after <= self._clock()))
        found = select(Job.id).where(Job.kind.in_(kinds), Job.target_id == target_id, due).limit(1)
        return self._session.scalar(found) is not None

    def forget_finished(self) -> None:
        """Remove the rows of jobs that ended long ago. Failed ones stay: somebody has to see them."""
        over = Job.state.in_([JobState.DONE, JobState.CANCELLED])
        self._session.execute(delete(Job).where(over, Job.finished_at < self._clock() - KEPT_FINISHED))

    def _next_ids(
        self, kinds: Collection[str], always: Collection[str], *, locking: bool = False
    ) -> list[ScalarSelect[int]]:
        # Two questions instead of one with OR: each walks the index in order and stops at its first row.
        now = self._clock()
        abandoned = and_(Job.state == JobState.RUNNING, Job.lease_until < now)
        due = and_(Job.state == JobState.QUEUED, Job.run_after <= now)
        goes_on = or_(~exists().where(Queue.paused_at.is_not(None)), Job.kind.in_(always))
        questions = [
            select(Job.id).where(Job.kind.in_(kinds), which, goes_on).order_by(Job.priority, Job.id).limit(1)
            for which in (abandoned, due)
        ]
        if locking:
            questions = [question.with_for_update(skip_locked=True) for question in questions]
        return [question.scalar_subquery() for question in questions]

    def _may_begin(self, kinds: Collection[str], at_most: int | None) -> list[ColumnElement[bool]]:
        if at_most is None:
            return []
        at_work = and_(Job.state == JobState.RUNNING, Job.lease_until >= self._clock(), Job.kind.in_(kinds))
        return [select(func.count(Job.id)).where(at_work).scalar_subquery() < at_most]

    def _given_back(self, *, finished: bool) -> dict[str, Any]:
        return {"lease_token": None, "lease_until": None, "finished_at": self._clock() if finished else None}

    def _write(self, claim: Claim, **values: Any) -> None:
        written = self._session.execute(
            update(Job)
            .where(*_held(claim))
            .values(**values)
            .returning(Job.id)
            .execution_options(synchronize_session=False)
        )
        if written.one_or_none() is None:
            raise LeaseLost


def time_left(took: float | None, share: float | None) -> float | None:
    """Seconds until it is done, if it goes on as it went until now; None where that cannot be guessed."""
    if took is None or share is None or not TELLS_FROM <= share < 1:
        return None
    return took * (1 - share) / share


def _held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return Job.id == claim.job_id, Job.state == JobState.RUNNING, Job.lease_token == claim.token


def _waits(kinds: Collection[str], target_id: int, priority: int) -> tuple[ColumnElement[bool], ...]:
    return Job.kind.in_(kinds), Job.target_id == target_id, Job.state == JobState.QUEUED, Job.priority > priority
