"""The job "prepare": from an original as it came to something a browser plays, with a poster.

It reads what it needs and closes the transaction, works on files in a folder of its own, gives the products their
names, and writes what came of it in one short transaction. Run again after any part of it, it does the same again. What
lies in the bin is prepared as well: it may come back.
"""
from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN, reading
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import CAPTIONS, CHAPTERS, PAGES, PREPARE, SPOKEN, TEXTS, File, Item, State, Version
from privmedia.library.preparation import OWN_CHAPTERS, Outcome, Preparation, Target
from privmedia.storage import ORIGINAL

log = logging.getLogger(__name__)

HASHED_AT_ONCE = 1 << 20  # bytes
AFTER_FILES = 60
"""The priority of what search finds, after what can be watched."""
AFTER_ALL_ELSE = 80
"""The priority of what nobody waits for: the first page is there as the poster."""


def prepare(task: Task) -> None:
    """Prepare one version, the job's target. What passes by itself is raised; a file that is no good is a result."""
    target = _begin(task)
    if target is None:
        log.info("version %s is gone; there is nothing to prepare", task.target_id)
        return
    with task.installation.storage.work_folder() as work:
        _write_down(task, Preparation(task, target, work).run())
    digest = _digest(task, target.original)
    with task.writing() as session:
        version = session.get(Version, task.target_id)
        if version is not None:
            version.sha256 = digest


def gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The last try failed as well: the item's page says why."""
    item = _item(session, version_id)
    if item is not None and item.state != State.READY:
        item.state, item.reason = State.FAILED, sentence


HANDLERS = {PREPARE: Handler(prepare, gave_up)}


def _begin(task: Task) -> Target | None:
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.uid, Version.number, Version.filename)
            .join(Version, Version.item_id == Item.id)
            .where(Version.id == task.target_id)
            .execution_options(**WITH_BIN)
        ).one_or_none()
    if row is None:
        return None
    with task.writing() as session:
        item = _item(session, task.target_id)
        if item is not None and item.state != State.READY:
            item.state = State.PREPARING
    task.report(0.0)
    folder = task.installation.storage.version_folder(row.uid, row.number)
    return Target(row.uid, row.number, row.filename, folder / ORIGINAL)


def _write_down(task: Task, outcome: Outcome) -> None:
    with task.writing() as session:
        version, item = session.get(Version, task.target_id), _item(session, task.target_id)
        if version is None:
            return
        if outcome.probe is not None:
            version.duration = outcome.duration
            version.width, version.height = outcome.probe.width, outcome.probe.height
            version.pages = outcome.probe.pages
            version.probe = outcome.probe.to_json()
        if outcome.file_type is not None:
            original = session.get_one(File, (version.id, ORIGINAL))
            original.media_type = outcome.file_type.media_type
        kept = _what_people_gave(session, version)
        session.execute(delete(File).where(File.version_id == version.id, File.name.not_in(kept)))
        products = [product for product in outcome.products if product.name not in kept]
        session.add_all(File(version_id=version.id, **vars(product)) for product in products)
        if item is not None:
            item.state, item.reason = outcome.state, outcome.reason
            item.shown = outcome.state == State.READY
            item.kind = outcome.kind or item.kind
        jobs = Jobs(session, task.installation)
        if outcome.state == State.READY and version.pages:
            jobs.enqueue(TEXTS, version.id, priority=AFTER_FILES)
            jobs.enqueue(PAGES, version.id, priority=AFTER_ALL_ELSE)
        if outcome.probe is not None and outcome.probe.chapters:
            jobs.enqueue(SPOKEN, version.id, priority=AFTER_FILES)


def _what_people_gave(session: Session, version: Version) -> set[str]:
    """Names of the files that no preparation makes: the original, captions, and chapters that somebody wrote."""
    of_version = select(File.name, File.stored_as).where(File.version_id == version.id)
    return {
        name
        for name, stored_as in session.execute(of_version)
        if name == ORIGINAL or name.startswith(CAPTIONS) or (name == CHAPTERS and stored_as != OWN_CHAPTERS)
    }


def _item(session: Session, version_id: int) -> Item | None:
    """The item whose shown version this is; an older version says nothing about the item's state."""
    return session.scalar(
        select(Item)
        .join(Version, Version.item_id == Item.id)
        .where(Version.id == version_id, Version.number == Item.current)
        .execution_options(**WITH_BIN)
    )


def _digest(task: Task, path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASHED_AT_ONCE):
            digest.update(block)
            task.check()
    return digest.hexdigest()
