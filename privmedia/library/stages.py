"""How far an item is on its way to be shown: the steps, what is done of them, and how long the rest takes."""
from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, undefer

from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs, time_left
from privmedia.library.models import CONVERT, PREPARE, STORYBOARD, STREAMS, Item, Kind, State, Version
from privmedia.library.results import ON_THE_WAY
from privmedia.library.urgency import WAITED_FOR
from privmedia.text import Sentence, Size
from privmedia.text import mark as _

log = logging.getLogger(__name__)

LINES_SHOWN = 20
ALWAYS = (PREPARE,)
OF_FILMS = (PREPARE, CONVERT)
NAMES = {
    PREPARE: _("Opening the file, poster"),
    CONVERT: _("Playable copy"),
    STORYBOARD: _("Pictures along the seek bar"),
    STREAMS: _("Streams in several qualities"),
}


class How(StrEnum):
    """How far one step is."""

    DONE = "done"
    NOW = "now"
    LATER = "later"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    name: str | Sentence
    how: How
    at: datetime | None = None
    """When it ended."""
    percent: int | None = None
    tries: int = 0


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Of the version that is shown. Of one that is ready nothing is told."""

    version_id: int
    steps: Sequence[Step] = ()
    waits: bool = False
    """Nobody is at it: others come first."""
    left: float | None = None
    """Seconds until the step under way is done, roughly."""
    retries_at: datetime | None = None
    """It failed for a reason that may pass, and is tried again then."""
    may_hurry: bool = False
    """It waits behind others, and need not."""
    log: str = field(default="", repr=False)
    """The end of what a program said when it failed: for administrators, it names places of the server."""


class Stages:
    """Rights are the caller's business."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._now = installation.clock()

    def of(self, item: Item) -> Stage:
        """The way of an item's shown version."""
        query = select(Version).where(Version.item_id == item.id, Version.number == item.current)
        version = self._session.scalars(query).one()
        if item.state == State.READY:
            return Stage(version_id=version.id)
        jobs = self._jobs(version)
        under_way = next((job for job in jobs.values() if job.state is JobState.RUNNING), None)
        took = (self._now - under_way.started_at).total_seconds() if under_way and under_way.started_at else None
        share = under_way.progress if under_way else None
        again = [job.run_after for job in jobs.values() if job.state is JobState.QUEUED and job.error]
        return Stage(
            version_id=version.id,
            steps=[self._received(version), *self._made(item, jobs)],
            waits=item.state == State.WAITING
            or (under_way is None and any(job.state is JobState.QUEUED for job in jobs.values())),
            left=time_left(took, share),
            retries_at=min(again) if again else None,
            may_hurry=item.state in ON_THE_WAY
            and Jobs(self._session, self._installation).may_hurry([CONVERT], version.id, priority=WAITED_FOR),
            log=_end_of([job.log for job in jobs.values() if job.state is JobState.FAILED]),
        )

    def _jobs(self, version: Version) -> dict[str, Job]:
        """The newest of each kind."""
        query = select(Job).where(Job.kind.in_(NAMES), Job.target_id == version.id).order_by(Job.id)
        return {job.kind: job for job in self._session.scalars(query.options(undefer(Job.log)))}

    def _received(self, version: Version) -> Step:
        words = _("Received and checked, ${size}") if version.sha256 else _("Received, ${size}")
        return Step(Sentence(words, {"size": Size(version.size)}), How.DONE, version.created_at)

    def _made(self, item: Item, jobs: dict[str, Job]) -> list[Step]:
        expected = OF_FILMS if item.kind in (Kind.VIDEO, Kind.AUDIO) and item.state in ON_THE_WAY else ALWAYS
        return [_step(kind, jobs.get(kind)) for kind in NAMES if kind in expected or kind in jobs]


def come_first(installation: Installation, version_id: int) -> None:
    """Let what somebody waits for be converted before what nobody waits for.

    In a short transaction of its own, so that opening a page writes nothing in the page's, and once for each job: call
    it when a stage says that it may hurry. A database that cannot write now leaves it to the next look.
    """
    try:
        with writing(installation.sessions) as session:
            Jobs(session, installation).hurry([CONVERT], version_id, priority=WAITED_FOR)
    except OperationalError:
        log.warning("could not let version %s come first", version_id, exc_info=True)


def _step(kind: str, job: Job | None) -> Step:
    name = NAMES[kind]
    if job is None or job.state is JobState.QUEUED:
        return Step(name, How.LATER)
    if job.state is JobState.RUNNING:
        return Step(name, How.NOW, percent=round(100 * job.progress) if job.progress is not None else None)
    how = How.DONE if job.state is JobState.DONE else How.FAILED
    return Step(name, how, job.finished_at, tries=job.attempts)


def _end_of(logs: Sequence[str]) -> str:
    return "\n".join("\n".join(logs).strip().splitlines()[-LINES_SHOWN:])
