"""Looking at work in the background: how much there is, who does it, and page by page what."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, undefer

from privmedia.accounts.models import User
from privmedia.db import milliseconds
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Queue
from privmedia.jobs.presence import living
from privmedia.jobs.worker import MAX_ATTEMPTS, Handler, Pace
from privmedia.work.rows import NOTHING, JobRow, row_of, subjects
from privmedia.work.steering import all_shown

PAGE = 50
OF_EACH = 10
"""How many of each state stand on the page of all."""


class Show(StrEnum):
    """Which jobs a list has."""

    ALL = "all"
    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    DONE = "done"


STATES = {
    Show.RUNNING: JobState.RUNNING,
    Show.WAITING: JobState.QUEUED,
    Show.FAILED: JobState.FAILED,
    Show.DONE: JobState.DONE,
}


@dataclass(frozen=True)
class Counts:
    """How many there are. Done: since midnight, in UTC."""

    running: int
    waiting: int
    failed: int
    done: int

    def of(self, show: Show) -> int | None:
        return None if show is Show.ALL else int(getattr(self, show.value))


@dataclass(frozen=True)
class Standing:
    """Who works, how long somebody waits already, and whether anything is begun at all."""

    workers: int
    busy: int
    oldest: datetime | None
    """When the job was added that waits longest of those that are due."""
    ended: datetime | None
    """When the last one was done."""
    paused_at: datetime | None
    paused_by: str


@dataclass(frozen=True)
class Page:
    """A part of a list, and where the next one begins."""

    rows: list[JobRow]
    next: str | None = None


class Background:
    """Jobs, for administrators."""

    def __init__(self, session: Session, installation: Installation, handlers: Mapping[str, Handler]) -> None:
        self._session = session
        self._installation = installation
        self._handlers = handlers
        self._now = installation.clock()

    def counts(self) -> Counts:
        """How many there are of each state."""
        numbers = [self._counted(show).scalar_subquery() for show in STATES]
        return Counts(*self._session.execute(select(*numbers)).one())

    def failed(self) -> int:
        """How many wait for somebody to look at them."""
        return self._session.scalar(self._counted(Show.FAILED)) or 0

    def standing(self) -> Standing:
        """Who works, and whether the queue goes on."""
        workers = {worker.name for worker in living(self._session, self._installation)}
        held = and_(Job.state == JobState.RUNNING, Job.lease_until >= self._now)
        busy = set(self._session.scalars(select(Job.worker).where(held)))
        ended = select(func.max(Job.finished_at)).where(Job.state == JobState.DONE)
        queue = self._session.execute(
            select(Queue.paused_at, User.name).outerjoin(User, User.id == Queue.paused_by)
        ).one()
        return Standing(
            workers=len(workers),
            busy=len(workers & busy),
            oldest=self._session.scalar(select(func.min(Job.created_at)).where(self._due())),
            ended=self._session.scalar(ended),
            paused_at=queue.paused_at,
            paused_by=queue.name or "",
        )

    def overview(self) -> list[JobRow]:
        """What runs, and the first few of what waits, failed and was done today."""
        shown = {Show.RUNNING: PAGE}
        jobs = [job for show in STATES for job in self._jobs(show, None, shown.get(show, OF_EACH))]
        return self._rows(jobs)

    def page(self, show: Show, after: str = "") -> Page:
        """A page of one state; `after` is the `next` of the page before."""
        jobs = self._jobs(show, _place_of(after), PAGE + 1)
        more = len(jobs) > PAGE
        jobs = jobs[:PAGE]
        # Of what runs there is one page: nobody has so many workers.
        return Page(self._rows(jobs), _place_after(show, jobs[-1]) if more and show is not Show.RUNNING else None)

    def row(self, number: int) -> JobRow:
        """One job. Raises NotFound."""
        return self._rows([self._job(number)])[0]

    def log(self, number: int) -> str:
        """All that is kept of what a program said about it. Raises NotFound."""
        return self._job(number).log

    def count_all(self) -> int:
        """How many items there are that can be prepared anew."""
        return self._session.scalar(select(func.count()).select_from(all_shown().subquery())) or 0

    def _job(self, number: int) -> Job:
        job = self._session.get(Job, number, options=[undefer(Job.log)])
        if job is None:
            raise NotFound
        return job

    def _shown(self, show: Show) -> list[ColumnElement[bool]]:
        conditions = [Job.state == STATES[show]]
        if show is Show.DONE:
            conditions.append(Job.finished_at >= datetime.combine(self._now.date(), time.min, UTC))
        return conditions

    def _counted(self, show: Show) -> Select[int]:
        return select(func.count(Job.id)).where(*self._shown(show))

    def _jobs(self, show: Show, after: tuple[int, int] | None, limit: int) -> Sequence[Job]:
        query = select(Job).where(*self._shown(show)).limit(limit).options(undefer(Job.log))
        return self._session.scalars(_ordered(show, query, after)).all()

    def _rows(self, jobs: Sequence[Job]) -> list[JobRow]:
        about, places = subjects(self._session, jobs), self._places(jobs)
        return [
            row_of(
                job,
                subject=about.get(job.id, NOTHING),
                place=places.get(job.id),
                now=self._now,
                tries=handler.attempts if (handler := self._handlers.get(job.kind)) else MAX_ATTEMPTS,
            )
            for job in jobs
        ]

    def _places(self, jobs: Sequence[Job]) -> dict[int, int]:
        """Places in line, each in its lane: what stands before the first is counted, the others follow it."""
        places: dict[int, int] = {}
        waiting = [job for job in jobs if job.state is JobState.QUEUED and job.run_after <= self._now]
        for pace in Pace:
            kinds = [kind for kind, handler in self._handlers.items() if handler.pace is pace]
            lane = [job for job in waiting if job.kind in kinds]
            lane.sort(key=lambda job: (job.priority, job.id))
            if lane:
                before = or_(
                    Job.priority < lane[0].priority, and_(Job.priority == lane[0].priority, Job.id < lane[0].id)
                )
                sooner = select(func.count(Job.id)).where(Job.kind.in_(kinds), self._due(), before)
                number = self._session.scalar(sooner) or 0
                places |= {job.id: number + place for place, job in enumerate(lane, start=1)}
        return places

    def _due(self) -> ColumnElement[bool]:
        return and_(Job.state == JobState.QUEUED, Job.run_after <= self._now)


def _ordered(show: Show, query: Select[Job], after: tuple[int, int] | None) -> Select[Job]:
    if show is Show.RUNNING:
        return query.order_by(Job.started_at, Job.id)
    if show is Show.WAITING:
        if after:
            query = query.where(or_(Job.priority > after[0], and_(Job.priority == after[0], Job.id > after[1])))
        return query.order_by(Job.priority, Job.id)
    if after:
        then = datetime.fromtimestamp(after[0] / 1000, UTC)
        query = query.where(or_(Job.finished_at < then, and_(Job.finished_at == then, Job.id < after[1])))
    return query.order_by(Job.finished_at.desc(), Job.id.desc())


def _place_after(show: Show, job: Job) -> str:
    if show is Show.WAITING or job.finished_at is None:
        return f"{job.priority}.{job.id}"
    return f"{milliseconds(job.finished_at)}.{job.id}"


def _place_of(text: str) -> tuple[int, int] | None:
    """Where a page begins, of an address; None for what is no place."""
    first, _dot, number = text.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < 15 for part in (first, number)):
        return None
    return int(first), int(number)
