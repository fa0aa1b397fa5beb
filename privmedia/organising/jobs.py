"""What leaves the bin: rows first, in short transactions, then their files. Killed at any point, it goes on from there.

An item's rows go in one transaction with a note of its files (`leftovers`); after the commit nothing leads to the
files, and they are removed, and the note after them. A folder goes when nothing is left in it: what is in the bin by
itself keeps its folder until it goes as well, and the chore comes back to it.
"""
from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, aliased

from privmedia.audit.service import THE_PROGRAM, Audit
from privmedia.db import WITH_BIN, reading, writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import OF_VERSIONS, Deletion, Folder, Item, Leftover, Version
from privmedia.library.pointers import Pointers
from privmedia.organising.bin import KEPT, PURGE

log = logging.getLogger(__name__)

AT_ONCE = 100
"""How many items or folders go in one transaction: the database has one writer."""


def purge(task: Task) -> None:
    """Take apart what one deletion took, the job's target, and all else whose time it is."""
    while True:
        task.check()
        with task.writing() as session:
            more = take_apart(session, task.installation, task.target_id)
        remove_leftovers(task.installation)
        if not more:
            return


def take_apart(session: Session, installation: Installation, deletion_id: int) -> bool:
    """Remove some rows of a deletion that leaves the bin; whether there may be more. Idempotent."""
    deletion = session.get(Deletion, deletion_id)
    if deletion is None or not deletion.leaving:
        return False
    # Locked: what is brought back at this very moment is waited for, and is none of these afterwards.
    of_it = select(Item).where(Item.deletion_id == deletion_id).order_by(Item.id).limit(AT_ONCE)
    query = of_it.with_for_update(of=Item)
    items = session.scalars(query, execution_options=WITH_BIN).all()
    if items:
        _remove_items(session, installation, deletion_id, items)
        return True
    folders = _empty_folders(session, deletion_id)
    for folder in folders:
        Pointers(session, installation.clock).take_own_away(folder)
        session.delete(folder)
    session.flush()
    if folders:
        return True
    left = select(Folder.id).where(Folder.deletion_id == deletion_id).limit(1)
    if session.scalar(left, execution_options=WITH_BIN) is None:
        session.delete(deletion)
    return False


def remove_leftovers(installation: Installation) -> None:
    """Remove the files of items whose rows are gone. A file that cannot be removed is tried again another time."""
    with reading(installation.sessions) as session:
        uids = session.scalars(select(Leftover.uid).limit(AT_ONCE)).all()
    gone = [uid for uid in uids if installation.storage.remove_item(uid)]
    if gone:
        with writing(installation.sessions) as session:
            session.execute(delete(Leftover).where(Leftover.uid.in_(gone)))


def empty_in_time(installation: Installation) -> None:
    """Chore: what has been in the bin for its 30 days leaves it, and what was cut off on its way goes on."""
    with writing(installation.sessions) as session:
        over = installation.clock() - KEPT
        due = select(Deletion.id).where(Deletion.deleted_at <= over, Deletion.leaving.is_(False))
        numbers = session.scalars(due).all()
        if numbers:
            session.execute(update(Deletion).where(Deletion.id.in_(numbers)).values(leaving=True))
            Audit(session, installation).record("bin.over", identity=THE_PROGRAM, detail={"count": len(numbers)})
        for number in session.scalars(select(Deletion.id).where(Deletion.leaving)).all():
            _enqueue_once(session, installation, number)
    remove_leftovers(installation)


def gave_up(session: Session, deletion_id: int, sentence: str) -> None:
    """Nobody sees it any more in any case; the chore tries again."""
    log.error("deletion %s could not be taken apart: %s", deletion_id, sentence)


HANDLERS = {PURGE: Handler(purge, gave_up)}


def _remove_items(session: Session, installation: Installation, deletion_id: int, items: Sequence[Item]) -> None:
    pointers = Pointers(session, installation.clock)
    ids = [item.id for item in items]
    versions = select(Version.id).where(Version.item_id.in_(ids))
    of_them = delete(Job).where(
        Job.kind.in_(OF_VERSIONS), Job.target_id.in_(versions), Job.state != JobState.RUNNING
    )
    session.execute(of_them, execution_options={"synchronize_session": False})
    for item in items:
        if item.acl_id is not None:
            pointers.take_own_away(item)
    session.add_all(Leftover(uid=item.uid) for item in items)
    session.flush()
    gone = delete(Item).where(Item.id.in_(ids), Item.deletion_id == deletion_id)
    session.execute(gone, execution_options={"synchronize_session": False})


def _empty_folders(session: Session, deletion_id: int) -> Sequence[Folder]:
    """Folders of a deletion in which nothing lies any more, whatever took it."""
    inner = aliased(Folder)
    has_items = select(Item.id).where(Item.folder_id == Folder.id).correlate(Folder).exists()
    has_folders = select(inner.id).where(inner.parent_id == Folder.id).correlate(Folder).exists()
    query = select(Folder).where(Folder.deletion_id == deletion_id, ~has_items, ~has_folders).limit(AT_ONCE)
    return session.scalars(query, execution_options=WITH_BIN).all()


def _enqueue_once(session: Session, installation: Installation, deletion_id: int) -> None:
    running = select(Job.id).where(
        Job.kind == PURGE, Job.target_id == deletion_id, Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    )
    if session.scalar(running.limit(1)) is None:
        Jobs(session, installation).enqueue(PURGE, deletion_id)
