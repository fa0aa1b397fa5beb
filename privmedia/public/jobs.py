"""Keeping what is public in line: with the item's current version, and rows and files with each other."""
from __future__ import annotations

import logging
import time
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.audit.service import THE_PROGRAM, Audit
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import PUBLIC, Item, PublicCopy, State, Version
from privmedia.library.page_jobs import MOST_PAGES
from privmedia.logs import printable
from privmedia.public.service import LEAFLET, PublicCopies, Rendition, new_token, public_name
from privmedia.storage import ORIGINAL
from privmedia.storage.quarantine import Stray

log = logging.getLogger(__name__)

ON_ITS_WAY = 600.0
"""Seconds for which a file that no row names may still be waiting for its commit."""
HOPELESS = (State.FAILED, State.UNPLAYABLE)


def bring_in_line(task: Task) -> None:
    """Give the public copy of an item, the job's target, the rendition of its current version.

    If there is none and will be none, nothing of the item stays public.
    """
    with reading(task.installation.sessions) as session:
        copies = PublicCopies(session, task.installation)
        copy, item = copies.of(task.target_id), session.scalar(select(Item).where(Item.id == task.target_id))
        if copy is None or item is None or (copy.token is not None and copy.version == item.current):
            return
        if item.state != State.READY:
            if item.state in HOPELESS:
                with task.writing() as writing_session:
                    PublicCopies(writing_session, task.installation).withdraw([item.id], THE_PROGRAM, lost=True)
            return
        rendition = copies.rendition(item)
        pages = session.scalars(
            select(Version.pages).where(Version.item_id == item.id, Version.number == item.current)
        ).one()
    source = rendition.source or _leaflet(task, item, pages or 0)
    _put(task, rendition, source)


def _leaflet(task: Task, item: Item, pages: int) -> Path:
    """The document's pages as pictures in one PDF, in its place beside the original."""
    storage = task.installation.storage
    folder = storage.version_folder(item.uid, item.current)
    if not (folder / LEAFLET).is_file():
        with storage.work_folder() as work:
            made, inner = work / LEAFLET, work / "drawing"
            inner.mkdir()
            last = min(pages, MOST_PAGES)
            media.make_leaflet(folder / ORIGINAL, last=last, out=made, work=inner, on_tick=task.check)
            storage.place_product(made, item.uid, item.current, LEAFLET)
    return folder / LEAFLET


def _put(task: Task, rendition: Rendition, source: Path) -> None:
    """Link the file under the row's token, unless it was taken back or replaced meanwhile."""
    public, number = task.installation.storage.public, task.target_id
    with task.writing() as session:
        copy = session.scalar(select(PublicCopy).where(PublicCopy.item_id == number).with_for_update())
        item = session.scalar(select(Item).where(Item.id == number))
        if copy is None or item is None or item.current != rendition.version:
            return
        follows = copy.token is not None
        token = copy.token or new_token()
        name = copy.name
        if not name.endswith(f".{rendition.extension}"):
            name = public_name(item, rendition.extension)
        public.link(token, name, source)
        public.keep_only(token, name)
        copy.token, copy.name, copy.version = token, name, rendition.version
        if follows:
            Audit(session, task.installation).record(
                "public.follow", identity=THE_PROGRAM, target=f"item:{item.uid}", detail={"name": item.title}
            )


def gave_up(session: Session, item_id: int, sentence: str) -> None:
    """The chore sees to it that nothing old stays public."""
    log.error("the public copy of item %s could not be made: %s", item_id, sentence)


HANDLERS = {PUBLIC: Handler(bring_in_line, gave_up)}


def reconcile(installation: Installation) -> None:
    """Chore: no token is public that no row names, no row says so whose file is gone, each is of its item's version.

    What is missing is not put back by itself: it may have been taken back by somebody whose word was cut off.
    """
    public = installation.storage.public
    for token in [stray.path.name for stray in strays(installation) if public.is_token(stray.path)]:
        log.warning("removed what was public as %s: no item has it", token)
        public.remove(token)
    with writing(installation.sessions) as session:
        copies = PublicCopies(session, installation)
        copies.withdraw([copy.item_id for copy in _without_file(session, installation)], THE_PROGRAM, lost=True)
        stale = select(PublicCopy.item_id).join(Item, Item.id == PublicCopy.item_id).where(
            or_(PublicCopy.token.is_(None), PublicCopy.version != Item.current)
        )
        for item_id in session.scalars(stale).all():
            _enqueue_or_end(session, installation, item_id)


def strays(installation: Installation) -> list[Stray]:
    """What everybody gets and no row names, and is older than any transaction."""
    over, public = time.time() - ON_ITS_WAY, installation.storage.public
    on_disk = [path for path, since in public.paths() if since < over]
    with reading(installation.sessions) as session:
        copies = session.execute(select(PublicCopy.token, PublicCopy.name))
        named = {public.root / token: public.root / token / name for token, name in copies if token}
    known = {*named, *named.values()}
    return [
        Stray(path, f"What is public as {printable(str(path.relative_to(public.root)))} belongs to no item.")
        for path in on_disk
        if path not in known and (path.parent == public.root or path.parent in named)
    ]


def lost(installation: Installation) -> list[str]:
    """Public ids of items that count as public and whose file is gone."""
    with reading(installation.sessions) as session:
        return [copy.item.uid for copy in _without_file(session, installation)]


def _without_file(session: Session, installation: Installation) -> list[PublicCopy]:
    public = installation.storage.public
    query = select(PublicCopy).join(Item, Item.id == PublicCopy.item_id).where(PublicCopy.token.is_not(None))
    return [copy for copy in session.scalars(query) if not public.has(copy.token or "", copy.name)]


def _enqueue_or_end(session: Session, installation: Installation, item_id: int) -> None:
    """Have the copy brought in line; where that failed for good already, end it."""
    of_it = select(Job.state).where(Job.kind == PUBLIC, Job.target_id == item_id).order_by(Job.id.desc()).limit(1)
    last = session.scalar(of_it)
    if last == JobState.FAILED:
        PublicCopies(session, installation).withdraw([item_id], THE_PROGRAM, lost=True)
    elif last not in (JobState.QUEUED, JobState.RUNNING):
        Jobs(session, installation).enqueue(PUBLIC, item_id)
