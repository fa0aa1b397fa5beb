"""The job "storyboard": the small pictures the player shows over its bar, of a film that can be watched already."""
from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN, reading
from privmedia.jobs.worker import Handler, Pace, Task
from privmedia.library.models import SHEET, STORYBOARD, File, Item, Version
from privmedia.library.preparation import Product
from privmedia.media import Damaged
from privmedia.renditions.convert_jobs import stored_anew
from privmedia.storage import ORIGINAL

log = logging.getLogger(__name__)

TIMES = "storyboard.vtt"


def make_storyboard(task: Task) -> None:
    """Make that of one version, the job's target, in place of the one before. A film without one is no fault."""
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.uid, Version.number, Version.filename, Version.duration)
            .join(Version, Version.item_id == Item.id)
            .where(Version.id == task.target_id)
            .execution_options(**WITH_BIN)
        ).one_or_none()
    if row is None or not row.duration:
        return
    storage = task.installation.storage
    original = storage.version_folder(row.uid, row.number) / ORIGINAL
    with storage.work_folder() as work:
        inside, sheet, times = work / "inside", work / SHEET, work / TIMES
        inside.mkdir()
        try:
            made = media.make_storyboard(
                original, media.sniff(original, row.filename), length=row.duration, out=sheet, work=inside,
                on_tick=task.check,
            )
        except Damaged:
            log.info("no storyboard for version %s", task.target_id, exc_info=True)
            return
        if made is None:
            return
        times.write_text(media.storyboard_as_text(made, length=row.duration, picture=SHEET), encoding="utf-8")
        products = [
            Product(name=path.name, stored_as=stored_anew(path.name), media_type=media_type, size=path.stat().st_size)
            for path, media_type in ((sheet, "image/webp"), (times, "text/vtt"))
        ]
        with task.writing():
            pass  # the job is still ours
        for product in products:
            storage.place_product(work / product.name, row.uid, row.number, product.stored_as)
    for stored_as in _write_down(task, products):
        storage.remove_product(row.uid, row.number, stored_as)


def _write_down(task: Task, products: list[Product]) -> list[str]:
    """Enter what was made; what is stored that nothing names any more."""
    with task.writing() as session:
        if session.get(Version, task.target_id) is None:
            return [product.stored_as for product in products]
        unnamed = []
        for product in products:
            file = session.get(File, (task.target_id, product.name))
            if file is not None:
                unnamed.append(file.stored_as)
            session.merge(File(version_id=task.target_id, **vars(product)))
        return unnamed


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The player shows the time alone."""
    log.warning("there is no storyboard of version %s: %s", version_id, sentence)


HANDLERS = {STORYBOARD: Handler(make_storyboard, _gave_up, pace=Pace.LONG)}
