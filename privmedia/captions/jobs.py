"""The job "spoken": an item is found by captions and chapters that nobody has just saved on a page.

These are the chapters a file brings with it, and all that was there before there was a search.
"""
from __future__ import annotations

import logging
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.captions import cues
from privmedia.captions.models import Captions
from privmedia.captions.service import CHAPTERS_PART, Captioning, file_name, part_of, spoken, titles
from privmedia.db import WITH_BIN, reading
from privmedia.errors import Invalid
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import SPOKEN, File, Item, Version
from privmedia.search.service import Passage

log = logging.getLogger(__name__)

Lines = tuple[File, str, list[Passage]]
"""A file of captions, what it is called for search, and what it says."""


def find_by_what_is_said(task: Task) -> None:
    """Put captions and chapters of a version, the job's target, in place of what was found of them before."""
    with reading(task.installation.sessions) as session:
        found = list(_captions(task, session))
    with task.writing() as session:
        service = Captioning(session, task.installation)
        version = session.get(Version, task.target_id)
        if version is None:
            return
        service.find_by(version, CHAPTERS_PART, titles(service.marks_of(version)))
    for file, part, passages in found:
        with task.writing() as session:
            version = session.get(Version, task.target_id)
            now = session.get(File, (file.version_id, file.name))
            # What somebody has saved meanwhile was put by the saving.
            if version is not None and now is not None and now.stored_as == file.stored_as:
                Captioning(session, task.installation).find_by(version, part, passages)


def _captions(task: Task, session: Session) -> Iterator[Lines]:
    row = session.execute(
        select(Item.uid, Version.number)
        .join(Version, Version.item_id == Item.id)
        .where(Version.id == task.target_id)
        .execution_options(**WITH_BIN)
    ).one_or_none()
    languages = session.scalars(select(Captions.language).where(Captions.version_id == task.target_id)).all()
    for language in languages if row is not None else ():
        file = session.get(File, (task.target_id, file_name(language)))
        if row is None or file is None:
            continue
        try:
            lines = cues.read(task.installation.storage.read_text(row.uid, row.number, file.stored_as))
        except Invalid:
            log.warning("version %s: %s cannot be read; nothing is found by it", task.target_id, file.name)
            continue
        task.check()
        yield file, part_of(language), spoken(lines)


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The item is found by its title and what else is said of it."""
    log.warning("what is said in version %s is not found: %s", version_id, sentence)


HANDLERS = {SPOKEN: Handler(find_by_what_is_said, _gave_up)}
