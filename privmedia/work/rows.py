"""Jobs as lists show them: what they are about, how far they are, when they will be done."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import User
from privmedia.db import WITH_BIN
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import time_left
from privmedia.library.models import Item, Version
from privmedia.mail.models import Mail
from privmedia.media.words import recalled
from privmedia.text import Sentence
from privmedia.work.kinds import About, words_of
from privmedia.zips.models import Zip

LINES_SHOWN = 20


@dataclass(frozen=True)
class Subject:
    """What a job is about. `item_uid` if there is a page of it, `adder` if somebody added it."""

    name: str
    item_uid: str = ""
    adder: str = ""


NOTHING = Subject("")


@dataclass(frozen=True, kw_only=True)
class JobRow:
    """A job as a list shows it."""

    id: int
    kind: str
    name: str
    """Of its kind, to be translated."""
    subject: Subject
    state: JobState
    progress: int | None
    """Percent; None while it does not run, and where it cannot be told."""
    left: float | None
    """Seconds until it is done, roughly; None where that cannot be guessed."""
    place: int | None
    """Its place in line, from 1; None for what does not wait, or is not due."""
    due_in: float | None
    """Seconds until it will be tried, if that is later."""
    attempts: int
    last_try: bool
    """It failed for good although not all tries were made: the file is to blame, or somebody gave wrong directions."""
    error: Sentence | None
    worker: str
    took: float | None
    """Seconds since it was begun, or from then to its end."""
    created_at: datetime
    finished_at: datetime | None
    log: str
    """The end of what a program said, where it failed."""

    @property
    def may_retry(self) -> bool:
        return self.state in (JobState.FAILED, JobState.CANCELLED)

    @property
    def may_cancel(self) -> bool:
        return self.state in (JobState.QUEUED, JobState.RUNNING)


def row_of(job: Job, *, subject: Subject, place: int | None, now: datetime, tries: int) -> JobRow:
    """`tries`: how often such a job is tried."""
    running, waiting = job.state is JobState.RUNNING, job.state is JobState.QUEUED
    ended = job.finished_at or (now if running else None)
    took = (ended - job.started_at).total_seconds() if ended and job.started_at else None
    failed = job.state is JobState.FAILED
    return JobRow(
        id=job.id,
        kind=job.kind,
        name=words_of(job.kind).name,
        subject=subject,
        state=job.state,
        progress=round(100 * job.progress) if running and job.progress is not None else None,
        left=time_left(took, job.progress) if running else None,
        place=place if waiting else None,
        due_in=(job.run_after - now).total_seconds() if waiting and job.run_after > now else None,
        attempts=job.attempts,
        last_try=failed and job.attempts < tries,
        error=recalled(job.error) if job.error else None,
        worker=job.worker,
        took=took,
        created_at=job.created_at,
        finished_at=job.finished_at,
        log=_end_of(job.log) if failed else "",
    )


def subjects(session: Session, jobs: Collection[Job]) -> Mapping[int, Subject]:
    """What some jobs are about, by their keys. Missing: what is gone."""
    found: dict[int, Subject] = {}
    for what, read in READERS.items():
        of_kind = [job for job in jobs if words_of(job.kind).about is what]
        if of_kind:
            by_target = read(session, {job.target_id for job in of_kind})
            found |= {job.id: by_target[job.target_id] for job in of_kind if job.target_id in by_target}
    return found


def _versions(session: Session, ids: Collection[int]) -> dict[int, Subject]:
    query = _items().add_columns(Version.id.label("key"), User.name.label("adder"))
    query = query.join(Version, Version.item_id == Item.id).join(User, User.id == Version.created_by, isouter=True)
    return {row.key: _item(row, row.adder) for row in _all(session, query.where(Version.id.in_(ids)))}


def _by_item(session: Session, ids: Collection[int]) -> dict[int, Subject]:
    query = _items().add_columns(Item.id.label("key"))
    return {row.key: _item(row, None) for row in _all(session, query.where(Item.id.in_(ids)))}


def _letters(session: Session, ids: Collection[int]) -> dict[int, Subject]:
    rows = session.execute(select(Mail.id, Mail.recipient).where(Mail.id.in_(ids)))
    return {row.id: Subject(row.recipient) for row in rows}


def _people(session: Session, ids: Collection[int]) -> dict[int, Subject]:
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {row.id: Subject(row.name) for row in rows}


def _zips(session: Session, ids: Collection[int]) -> dict[int, Subject]:
    rows = session.execute(select(Zip.id, Zip.name).where(Zip.id.in_(ids)))
    return {row.id: Subject(row.name) for row in rows}


READERS = {
    About.VERSION: _versions,
    About.ITEM: _by_item,
    About.LETTER: _letters,
    About.PERSON: _people,
    About.ZIP: _zips,
}


def _items() -> Select[*tuple[Any, ...]]:
    return select(Item.uid, Item.title, Item.deletion_id).select_from(Item)


def _all(session: Session, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """What lies in the bin is worked on as well."""
    return session.execute(query, execution_options=WITH_BIN).all()


def _item(row: Any, adder: str | None) -> Subject:
    return Subject(row.title, row.uid if row.deletion_id is None else "", adder or "")


def _end_of(log: str) -> str:
    return "\n".join(log.strip().splitlines()[-LINES_SHOWN:])
