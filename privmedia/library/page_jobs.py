"""The job "pages": pictures of a document's pages, a few at a time, each there as soon as it is made."""
from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN, reading
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import PAGES, File, Item, Version
from privmedia.media import Damaged, TookTooLong
from privmedia.storage import ORIGINAL

log = logging.getLogger(__name__)

MOST_PAGES = 300
"""Longer documents are read from their file."""


def draw_pages(task: Task) -> None:
    """Draw what is missing of a version, the job's target. Run again after any part of it, it goes on there."""
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.uid, Version.number, Version.pages)
            .join(Version, Version.item_id == Item.id)
            .where(Version.id == task.target_id)
            .execution_options(**WITH_BIN)
        ).one_or_none()
        names = set(session.scalars(select(File.name).where(File.version_id == task.target_id)))
    if row is None or not row.pages:
        return
    last = min(row.pages, MOST_PAGES)
    first = next((number for number in range(1, last + 1) if page_name(number) not in names), last + 1)
    while first <= last:
        until = min(first + media.PAGES_AT_ONCE - 1, last)
        drawn = _draw(task, row.uid, row.number, first, until)
        if drawn < until - first + 1:
            log.info("version %s: page %s cannot be drawn; the rest is left out", task.target_id, first + drawn)
            return
        first = until + 1
        task.report((first - 1) / last)


def _draw(task: Task, uid: str, number: int, first: int, last: int) -> int:
    """Draw, place and enter some pages; how many it were."""
    storage = task.installation.storage
    original = storage.version_folder(uid, number) / ORIGINAL
    with storage.work_folder() as work:
        try:
            made = media.make_pages(original, first=first, last=last, work=work, on_tick=task.check)
        except (Damaged, TookTooLong):
            log.info("pages %s to %s of version %s were not drawn", first, last, task.target_id, exc_info=True)
            return 0
        sizes = {path.name: path.stat().st_size for path in made}
        for path in made:
            storage.place_product(path, uid, number, path.name)
    with task.writing() as session:
        if session.get(Version, task.target_id) is not None:
            for name, size in sizes.items():
                file = File(
                    version_id=task.target_id, name=name, stored_as=name, media_type="image/webp", size=size
                )
                session.merge(file)
    return len(made)


def page_name(number: int) -> str:
    """What stands in the address of a page, counted from 1."""
    return f"page-{number}.webp"


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The first page stays as the poster; the document is read from its file."""
    log.warning("the pages of version %s were not drawn: %s", version_id, sentence)


HANDLERS = {PAGES: Handler(draw_pages, _gave_up)}
