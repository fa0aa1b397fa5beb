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
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import (
    CAPTIONS,
    CHAPTERS,
    PAGES,
    PREPARE,
    SPOKEN,
    TAKE_OVER,
    TELL_FOLLOWERS,
    TELL_SENDER,
    TEXTS,
    File,
    Item,
    Kind,
    State,
    Version,
)
from privmedia.library.preparation import OWN_CHAPTERS, POSTER, Outcome, Preparation, Target
from privmedia.library.public_copies import bring_in_line_soon
from privmedia.storage import ORIGINAL
from privmedia.text import mark as _

log = logging.getLogger(__name__)

HASHED_AT_ONCE = 1 << 20  # bytes
BEFORE_ALL_ELSE = 10
"""The priority of what takes no time and is waited for."""
AFTER_FILES = 60
"""The priority of what search finds, after what can be watched."""
AFTER_ALL_ELSE = 80
"""The priority of what nobody waits for: the first page is there as the poster."""
OTHER_KIND = {
    Kind.VIDEO: _("This is no video. A file that takes the place of a video has to be one."),
    Kind.AUDIO: _("This is no recording of sound alone. A file that takes the place of one has to be one."),
    Kind.IMAGE: _("This is no picture. A file that takes the place of a picture has to be one."),
    Kind.DOCUMENT: _("This is no PDF. A file that takes the place of a document has to be one."),
}


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
    version, item = session.get(Version, version_id), _item(session, version_id)
    for one in (version, item):
        if one is not None and one.state != State.READY:
            one.state, one.reason = State.FAILED, sentence


def have_told(session: Session, installation: Installation, version_id: int) -> None:
    """Have people told what became of it, now that it is known."""
    for kind in (TELL_SENDER, TELL_FOLLOWERS):
        Jobs(session, installation).enqueue(kind, version_id)


HANDLERS = {PREPARE: Handler(prepare, gave_up, ended=have_told)}


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
        for one in (session.get(Version, task.target_id), _item(session, task.target_id)):
            if one is not None and one.state != State.READY:
                one.state = State.PREPARING
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
        version.state, version.reason = outcome.state, outcome.reason
        if item is not None:
            item.state, item.reason = outcome.state, outcome.reason
            item.shown = outcome.state == State.READY
            item.kind = outcome.kind or item.kind
        elif outcome.kind is not None:
            _fit_in(session, version, outcome.kind)
        jobs = Jobs(session, task.installation)
        if item is not None:
            bring_in_line_soon(session, task.installation, item)
        if version.state == State.READY and version.takes_over:
            jobs.enqueue(TAKE_OVER, version.id, priority=BEFORE_ALL_ELSE)
        if version.state == State.READY and version.pages:
            jobs.enqueue(TEXTS, version.id, priority=AFTER_FILES)
            jobs.enqueue(PAGES, version.id, priority=AFTER_ALL_ELSE)
        if outcome.probe is not None and outcome.probe.chapters:
            jobs.enqueue(SPOKEN, version.id, priority=AFTER_FILES)


def _fit_in(session: Session, version: Version, kind: Kind) -> None:
    """A version that is to follow another is of the same kind, once that is known; else it failed."""
    item = session.scalar(select(Item).where(Item.id == version.item_id), execution_options=WITH_BIN)
    if item is None or kind == item.kind:
        return
    if kind_is_known(item):
        version.state, version.reason = State.FAILED, OTHER_KIND[item.kind]
    else:
        item.kind = kind


def kind_is_known(item: Item) -> bool:
    """Whether what is shown of an item was looked into; until then its kind is a guess by the first bytes."""
    return item.state in (State.READY, State.UNPLAYABLE)


def _what_people_gave(session: Session, version: Version) -> set[str]:
    """Names of the files that no preparation makes."""
    of_version = select(File).where(File.version_id == version.id)
    return {file.name for file in session.scalars(of_version) if file.name == ORIGINAL or was_given(file)}


def was_given(file: File) -> bool:
    """Whether somebody gave it: captions, chapters that somebody wrote, a poster that was chosen or sent."""
    return (
        file.name.startswith(CAPTIONS)
        or (file.name == CHAPTERS and file.stored_as != OWN_CHAPTERS)
        or (file.name == POSTER and file.stored_as != POSTER)
    )


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
