"""The job "pages": pictures of a document's pages, a few at a time, each there as soon as it is made."""
from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN, reading
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import PAGE, PAGES, POSTER, File, Item, Version
from privmedia.library.page_steps import in_steps
from privmedia.storage import ORIGINAL

log = logging.getLogger(__name__)

MOST_PAGES = 300
"""Longer documents are read from their file."""


def draw_pages(task: Task) -> None:
    """Draw what is missing of a version, the job's target, and what was drawn before it was last prepared: until then
    that is shown. Run again after any part of it, it goes on there.

    A page that cannot be drawn is left out; its number says so on the page of the item.
    """
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
    folder = task.installation.storage.version_folder(row.uid, row.number)
    prepared_at = _made_at(folder / POSTER)  # made each time; without one nothing of before is kept
    missing = [
        number
        for number in range(1, last + 1)
        if page_name(number) not in names or _made_at(folder / page_name(number)) < prepared_at
    ]

    def draw(numbers: Sequence[int]) -> None:
        task.give_way()  # of three hundred pages the poster of a new film waits for ten
        drawn = _draw(task, row.uid, row.number, numbers)
        if lost := [number for number in numbers if number not in drawn]:
            log.info("version %s: pages %s cannot be drawn", task.target_id, lost)
        task.report((numbers[-1] - 1) / last)

    in_steps(missing, media.DRAWN_AT_ONCE, draw)


def _draw(task: Task, uid: str, number: int, pages: Sequence[int]) -> Collection[int]:
    """Draw, place and enter some pages; which it were. Raises Damaged and TookTooLong."""
    storage = task.installation.storage
    original = storage.version_folder(uid, number) / ORIGINAL
    with storage.work_folder() as work:
        made = media.make_pages(original, numbers=pages, work=work, on_tick=task.check)
        sizes = {page: path.stat().st_size for page, path in made.items()}
        for page, path in made.items():
            storage.place_product(path, uid, number, page_name(page))
    with task.writing() as session:
        if session.get(Version, task.target_id) is not None:
            for page, size in sizes.items():
                name = page_name(page)
                file = File(
                    version_id=task.target_id, name=name, stored_as=name, media_type="image/webp", size=size
                )
                session.merge(file)
    return made.keys()


def _made_at(path: Path) -> int:
    """When a file was made, in nanoseconds since 1970; 0 if there is none."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def page_name(number: int) -> str:
    """What stands in the address of a page, counted from 1."""
    return f"{PAGE}{number}.webp"


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The first page stays as the poster; the document is read from its file."""
    log.warning("the pages of version %s were not drawn: %s", version_id, sentence)


HANDLERS = {PAGES: Handler(draw_pages, _gave_up)}
