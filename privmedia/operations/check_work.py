"""What is to be done and what is under way: jobs, versions that wait for one, uploads in parts, work cut off."""
from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN, reading
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState, Queue
from privmedia.library.models import CONVERT, OF_VERSIONS, PREPARE, Item, State, Version
from privmedia.mail.models import Mail
from privmedia.mail.service import SEND
from privmedia.operations.check_parts import Part
from privmedia.storage.quarantine import Stray
from privmedia.uploads.jobs import KEPT
from privmedia.uploads.models import Upload
from privmedia.zips.models import ZIP, Zip

TARGETS: dict[str, type[Version] | type[Mail] | type[Zip]] = {
    **dict.fromkeys(OF_VERSIONS, Version),
    SEND: Mail,
    ZIP: Zip,
}
NOBODY_FOR = timedelta(minutes=10)
"""A worker takes up what another left, and what is due, within seconds or minutes. After this time there is none."""
BEGINNING = timedelta(hours=1)
"""How long bytes may wait for the row of their upload, which is written in the same request."""
OVERDUE = 2 * KEPT
"""The worker clears away what was cut off within a day and an hour."""


def jobs(installation: Installation) -> Part:
    """Jobs are about something that exists and are done by somebody; what is not prepared has its job."""
    with reading(installation.sessions) as session:
        problems = [problem for kind, table in TARGETS.items() for problem in _lost(session, kind, table)]
        problems += _left_alone(session, installation)
        problems += [
            f"Item {uid}, version {number}: it waits to be prepared, and there is no job for it."
            for _version_id, uid, number in session.execute(forgotten(), execution_options=WITH_BIN)
        ]
    return Part("jobs", "what waits and what runs", problems)


def uploads(installation: Installation) -> Part:
    """Unfinished uploads have their bytes and their row, and nothing that was cut off lies about for long."""
    problems = [f"Upload {uid} has lost its bytes." for uid in without_bytes(installation)]
    problems += [stray.sentence for stray in without_row(installation)]
    overdue = cut_off(installation)
    if overdue:
        problems.append(
            f"Left in incoming/ by uploads or work that was cut off, and cleared away by nobody: {overdue}. "
            "No worker runs."
        )
    return Part("uploads", "what is on its way", problems)


def receiving(installation: Installation) -> Part:
    """How bodies of uploads reach the application. Nothing of it is wrong: the other ways are only slower."""
    if installation.settings.front_server != "nginx":
        return Part("receiving", "bodies of uploads are read as they come")
    if (why := installation.storage.bodies.why_not_ours()) is not None:
        return Part("receiving", f"nginx hands bodies of uploads over, which takes longer: {why}")
    return Part("receiving", "nginx keeps bodies of uploads for the application")


def deciding(installation: Installation) -> Part:
    """Whether each request of a file is decided, or nginx keeps a yes for a moment. Neither is wrong."""
    seconds = installation.settings.decision_cache
    if not seconds:
        return Part("deciding", "each request of a file is decided; a right taken away counts from the next one on")
    return Part("deciding", f"nginx keeps a yes; a right taken away counts within {seconds} seconds")


def forgotten() -> Select[int, str, int]:
    """Versions that nobody will prepare: their keys, their items, their numbers. For statements WITH_BIN."""
    to_do = (State.WAITING, State.PREPARING)
    shown = and_(Item.state.in_(to_do), Version.number == Item.current)
    coming = and_(Version.state.in_(to_do), Version.number > Item.current)
    waits = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    job = exists().where(Job.kind.in_((PREPARE, CONVERT)), Job.target_id == Version.id, waits)
    query = select(Version.id, Item.uid, Version.number).join(Item, Item.id == Version.item_id)
    return query.where(or_(shown, coming), ~job).order_by(Version.id)


def without_bytes(installation: Installation) -> list[str]:
    """Unfinished uploads, by their public ids, of which nothing is there any more."""
    return sorted(set(_without_bytes(installation)) & set(_without_bytes(installation)))


def without_row(installation: Installation) -> Iterator[Stray]:
    """Bytes of uploads that nobody announced, and that are older than any request."""
    parts = installation.storage.parts
    old = list(parts.abandoned(time.time() - BEGINNING.total_seconds()))
    with reading(installation.sessions) as session:
        known = set(session.scalars(select(Upload.uid)))
    for uid in old:
        if uid not in known:
            for path in parts.files_of(uid):
                yield Stray(path, f"The bytes of upload {uid} belong to no upload.")


def cut_off(installation: Installation) -> int:
    """How many things in `incoming/` the worker should have cleared away by now."""
    storage, moment = installation.storage, time.time() - OVERDUE.total_seconds()
    with reading(installation.sessions) as session:
        awaited = set(session.scalars(select(Upload.item_uid)))
    unsettled = sum(1 for uid, _number in storage.unsettled(moment) if uid not in awaited)
    return storage.overdue(moment) + unsettled


def _without_bytes(installation: Installation) -> Iterator[str]:
    storage = installation.storage
    with reading(installation.sessions) as session:
        rows = session.execute(select(Upload.uid, Upload.item_uid).where(Upload.finished_at.is_(None))).all()
    for uid, item_uid in rows:
        # Whole, it lies in its place before its row says so.
        if storage.parts.last_written(uid) is None and not storage.version_folder(item_uid, 1).exists():
            yield uid


def _left_alone(session: Session, installation: Installation) -> Iterator[str]:
    if session.scalar(select(Queue.paused_at)) is not None:
        return  # somebody wants it so
    now = installation.clock()
    left = select(Job.id, Job.kind).where(Job.state == JobState.RUNNING, Job.lease_until < now - NOBODY_FOR)
    for number, kind in session.execute(left.order_by(Job.id)):
        yield f"Job {number} ({kind}) was left by its worker, and none took it up: no worker runs."
    holds, has_ended = and_(Job.state == JobState.RUNNING, Job.lease_until >= now), Job.finished_at > now - NOBODY_FOR
    at_work = select(Job.id).where(or_(holds, has_ended)).limit(1)
    due = select(func.count(Job.id)).where(Job.state == JobState.QUEUED, Job.run_after < now - NOBODY_FOR)
    count = session.scalar(due)
    if count and session.scalar(at_work) is None:
        yield f"{count} {'job is' if count == 1 else 'jobs are'} due, and nobody works: no worker runs."


def _lost(session: Session, kind: str, table: type[Version] | type[Mail] | type[Zip]) -> Iterator[str]:
    waiting = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    query = select(Job.id).outerjoin(table, table.id == Job.target_id).where(Job.kind == kind, waiting)
    for number in session.scalars(query.where(table.id.is_(None)).order_by(Job.id)):
        yield f"Job {number} ({kind}) is about something that is gone."
