"""The job "prepare": from an original as it came to something a browser plays, with a poster.

It reads what it needs and closes the transaction, works on files in a folder of its own, gives the products their
names, and writes what came of it in one short transaction. Run again after any part of it, it does the same again. What
lies in the bin is prepared as well: it may come back.
"""
from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN, reading
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Task
from privmedia.library.cards import small_of
from privmedia.library.models import (
    CAPTIONS,
    CHAPTERS,
    CONVERT,
    CONVERT_ANEW,
    MADE_LATER,
    PAGE,
    PAGES,
    PLAY,
    POSTER,
    PREPARE,
    SMALL_POSTER,
    SPOKEN,
    SUBTITLES,
    TEXTS,
    File,
    Item,
    Kind,
    State,
    Version,
)
from privmedia.library.preparation import OWN_CHAPTERS, Outcome, Preparation, Target
from privmedia.library.results import BEFORE_ALL_ELSE, again, begin, gave_up, have_told, write_result
from privmedia.library.urgency import urgency
from privmedia.storage import ORIGINAL
from privmedia.text import mark as _

log = logging.getLogger(__name__)

HASHED_AT_ONCE = 1 << 20  # bytes
AFTER_FILES = 60
"""The priority of what search finds, after what can be watched."""
AFTER_ALL_ELSE = 80
"""The priority of what nobody waits for: the first page is there as the poster."""
BEFORE_IT_IS_SHOWN = BEFORE_ALL_ELSE - 1
"""The priority of what a new version brings along: what it has is not taken over from the one shown until then."""
OTHER_KIND = {
    Kind.VIDEO: _("This is no video. A file that takes the place of a video has to be one."),
    Kind.AUDIO: _("This is no recording of sound alone. A file that takes the place of one has to be one."),
    Kind.IMAGE: _("This is no picture. A file that takes the place of a picture has to be one."),
    Kind.DOCUMENT: _("This is no PDF. A file that takes the place of a document has to be one."),
}


def prepare(task: Task) -> None:
    """Prepare one version, the job's target. What passes by itself is raised; a file that is no good is a result."""
    target = begin_on(task)
    if target is None:
        log.info("version %s is gone; there is nothing to prepare", task.target_id)
        return
    with task.installation.storage.work_folder() as work:
        outcome = Preparation(task, target, work).run()
        _write_down(task, target, outcome)
        if outcome.state == State.FAILED:
            task.fail(outcome.reason)
    digest = _digest(task, target.original)
    with task.writing() as session:
        version = session.get(Version, task.target_id)
        if version is not None:
            version.sha256 = digest


HANDLERS = {PREPARE: Handler(prepare, gave_up, ended=have_told, again=again)}


def begin_on(task: Task) -> Target | None:
    """The version that is a job's target, at which somebody is from now on; None if it is gone."""
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.uid, Version.number, Version.filename)
            .join(Version, Version.item_id == Item.id)
            .where(Version.id == task.target_id)
            .execution_options(**WITH_BIN)
        ).one_or_none()
        poster = session.get(File, (task.target_id, POSTER))
    if row is None:
        return None
    with task.writing() as session:
        begin(session, task.target_id)
    task.report(0.0)
    folder = task.installation.storage.version_folder(row.uid, row.number)
    chosen = poster.stored_as if poster is not None and was_given(poster) else None
    return Target(row.uid, row.number, row.filename, folder / ORIGINAL, chosen)


def _write_down(task: Task, target: Target, outcome: Outcome) -> None:
    with task.writing() as session:
        version = session.get(Version, task.target_id)
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
        plays_on = outcome.state == State.PREPARING and version.state == State.READY
        unnamed = _exchange(session, version, outcome, plays_on=plays_on)
        misfit = _fit_in(session, version, outcome.kind)
        if misfit is not None:
            write_result(session, task.installation, version, state=State.FAILED, reason=misfit)
        elif not plays_on:
            write_result(session, task.installation, version, state=outcome.state, reason=outcome.reason)
        if misfit is None:
            _have_made(session, task.installation, version, outcome)
    for stored_as in unnamed:
        task.installation.storage.remove_product(target.uid, target.number, stored_as)


def _exchange(session: Session, version: Version, outcome: Outcome, *, plays_on: bool) -> set[str]:
    """Enter the files there are now in place of those before; what some of these are stored as, which nothing names.

    `plays_on`: until it is converted anew, what was made before is played.
    """
    before = list(session.scalars(select(File).where(File.version_id == version.id)))
    kept = {file.name for file in before if file.name == ORIGINAL or was_given(file)}
    placed = {one.stored_as for one in outcome.products}
    if plays_on or outcome.state == State.READY:
        kept |= {file.name for file in before if file.name.startswith(MADE_LATER)}
    if POSTER not in placed:
        # By it the job that draws pages tells those of before from its own.
        kept -= {name for name in kept if name.startswith(PAGE)}
    if plays_on:
        kept |= {file.name for file in before if file.name.startswith(PLAY)}
    poster = next((file.stored_as for file in before if file.name == POSTER and file.name in kept), POSTER)
    made = [one for one in outcome.products if one.name != SMALL_POSTER or one.stored_as == small_of(poster)]
    if poster != POSTER and SMALL_POSTER not in {one.name for one in made}:
        kept |= {file.name for file in before if file.stored_as == small_of(poster)}
    sizes = {one.stored_as: one.size for one in made}
    for file in before:
        if file.name in kept:
            file.size = sizes.get(file.stored_as, file.size)  # a still that is the poster is made anew as well
        else:
            session.delete(file)
    session.flush()
    entered = [one for one in made if one.name not in kept]
    session.add_all(File(version_id=version.id, **vars(one)) for one in entered)
    # What was picked by itself stays beside what was chosen: people may go back to it.
    named = {file.stored_as for file in before if file.name in kept} | {one.stored_as for one in entered}
    named |= placed & {POSTER, SMALL_POSTER}
    return ({file.stored_as for file in before} | placed) - named - {ORIGINAL}


def _have_made(session: Session, installation: Installation, version: Version, outcome: Outcome) -> None:
    """Have made of it what takes longer."""
    jobs = Jobs(session, installation)
    if outcome.state == State.PREPARING:
        kind = CONVERT_ANEW if version.state == State.READY else CONVERT
        jobs.enqueue(kind, version.id, priority=urgency(kind, version.duration))
    if version.state == State.READY and version.pages:
        jobs.enqueue(TEXTS, version.id, priority=AFTER_FILES)
        jobs.enqueue(PAGES, version.id, priority=AFTER_ALL_ELSE)
    if outcome.probe is not None and outcome.probe.chapters:
        jobs.enqueue(SPOKEN, version.id, priority=AFTER_FILES)
    if outcome.probe is not None and any(media.is_text(stream) for stream in outcome.probe.subtitles):
        jobs.enqueue(SUBTITLES, version.id, priority=BEFORE_IT_IS_SHOWN if version.takes_over else AFTER_FILES)


def _fit_in(session: Session, version: Version, kind: Kind | None) -> str | None:
    """Give the item its kind, now that it is known; why a version that is to follow another is none of its kind."""
    item = session.scalar(select(Item).where(Item.id == version.item_id), execution_options=WITH_BIN)
    if item is None or kind is None or kind == item.kind:
        return None
    if version.number != item.current and kind_is_known(item):
        return OTHER_KIND[item.kind]
    item.kind = kind
    return None


def kind_is_known(item: Item) -> bool:
    """Whether what is shown of an item was looked into; until then its kind is a guess by the first bytes."""
    return item.state in (State.READY, State.UNPLAYABLE)


def was_given(file: File) -> bool:
    """Whether somebody gave it: captions, chapters that somebody wrote, a poster that was chosen or sent."""
    return (
        file.name.startswith(CAPTIONS)
        or (file.name == CHAPTERS and file.stored_as != OWN_CHAPTERS)
        or (file.name == POSTER and file.stored_as != POSTER)
    )


def _digest(task: Task, path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(HASHED_AT_ONCE):
            digest.update(block)
            task.check()
    return digest.hexdigest()
