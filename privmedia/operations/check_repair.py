"""Mending what can be: worked out again, prepared again, or put into quarantine. Nothing is deleted at once.

What is not here is for a person: an original that is lost comes from a backup, a changed line of the log from nowhere.
"""
from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import delete, select

from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.db import WITH_BIN, writing
from privmedia.errors import Unavailable
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import CONVERT, PREPARE
from privmedia.library.pointers import Pointers
from privmedia.operations.check import public, search
from privmedia.operations.check_files import ON_ITS_WAY, strays, wrong_files
from privmedia.operations.check_work import cut_off, forgotten, without_bytes, without_row
from privmedia.public.jobs import reconcile
from privmedia.public.jobs import strays as strays_in_public
from privmedia.search.upkeep import reindex
from privmedia.storage.quarantine import Stray
from privmedia.uploads.jobs import clear_away
from privmedia.uploads.models import Upload

QUARANTINED = timedelta(days=30)
SUSPICIOUS = 10
"""So many folders of files without an item, and most of all there are: rather the database is the wrong one."""
WRONG_DATABASE = (
    "{strays} of {all} folders of files belong to no item. That looks like another database than the one these files "
    "are of, or an older one: nothing of it was moved."
)


def repair(installation: Installation, *, on_its_way: timedelta = ON_ITS_WAY) -> list[str]:
    """Mend what can be; a sentence for each thing that was done. None: there was nothing to mend.

    What got its name no longer than `on_its_way` ago may still wait for its row.
    """
    return [
        *_rules(installation),
        *_search(installation),
        *_prepared(installation),
        *_uploads(installation),
        *_strays(installation, on_its_way),
        *_public(installation),
        *_quarantine(installation),
    ]


def _rules(installation: Installation) -> Iterator[str]:
    """From the tree of folders, which is the truth."""
    with writing(installation.sessions) as session:
        hung, chains = Pointers(session, installation.clock).mend()
        if hung or chains:
            Audit(session, installation).record("rules.repair", identity=COMMAND_LINE, detail={"chains": hung + chains})
    if hung:
        yield f"Lists of rules that hung below the wrong one, and hang right now: {hung}."
    if chains:
        yield f"Chains of rules that were wrong and are worked out again: {chains}."


def _search(installation: Installation) -> Iterator[str]:
    """From items, folders and their texts."""
    if not search(installation).problems:
        return
    count = reindex(installation.sessions)
    with writing(installation.sessions) as session:
        Audit(session, installation).record("search.repair", identity=COMMAND_LINE, detail={"documents": count})
    yield f"The index of search is made anew: {count} items and folders."


def _prepared(installation: Installation) -> Iterator[str]:
    """Let the worker make from the original what is missing, and prepare what it was never told to."""
    found = list(wrong_files(installation))
    # Without its original, preparing would only take away what can still be watched.
    lost = {one.version_id for one in found if one.was_made} - {one.version_id for one in found if one.is_original}
    with writing(installation.sessions) as session:
        waiting = set(session.scalars(select(forgotten().subquery().c.id), execution_options=WITH_BIN))
        again = sorted(lost | waiting)
        jobs = Jobs(session, installation)
        again = [number for number in again if not jobs.is_waiting([PREPARE, CONVERT], number)]
        jobs.enqueue_all(PREPARE, again)
        if again:
            Audit(session, installation).record("files.repair", identity=COMMAND_LINE, detail={"count": len(again)})
    if again:
        yield f"Versions that the worker prepares again: {len(again)}. Look again when it has done so."


def _uploads(installation: Installation) -> Iterator[str]:
    lost = without_bytes(installation)
    if lost:
        with writing(installation.sessions) as session:
            session.execute(delete(Upload).where(Upload.uid.in_(lost), Upload.finished_at.is_(None)))
        yield f"Uploads that had lost their bytes and are ended; their senders begin again: {len(lost)}."
    if cut_off(installation):
        clear_away(installation)
        yield "What uploads and work had left in incoming/ is cleared away."


def _public(installation: Installation) -> Iterator[str]:
    if public(installation).problems:
        reconcile(installation)
        yield "Public files and their rows are brought in line: what was not both is public no more."


def _strays(installation: Installation, on_its_way: timedelta) -> Iterator[str]:
    found = list(strays(installation, on_its_way=on_its_way))
    folders = sum(1 for _uid in installation.storage.items_on_disk())
    without_item = [stray for stray in found if stray.path.parent.parent.parent == installation.storage.private]
    if len(without_item) >= SUSPICIOUS and 2 * len(without_item) > folders:
        yield WRONG_DATABASE.format(strays=len(without_item), all=folders)
        found = [stray for stray in found if stray not in without_item]
    moved = _put_away(installation, [*found, *without_row(installation), *strays_in_public(installation)])
    if moved:
        yield (
            f"Files and folders that nothing names, moved into quarantine: {moved}. A repair deletes them after "
            f"{QUARANTINED.days} days; until then manifest.jsonl says where each was."
        )


def _put_away(installation: Installation, found: list[Stray]) -> int:
    moved = installation.storage.quarantine.put(found, installation.clock())
    if moved:
        with writing(installation.sessions) as session:
            Audit(session, installation).record("files.quarantine", identity=COMMAND_LINE, detail={"count": moved})
    return moved


def _quarantine(installation: Installation) -> Iterator[str]:
    quarantine = installation.storage.quarantine
    for folder in list(quarantine.older_than(installation.clock() - QUARANTINED)):
        try:
            quarantine.remove(folder)
        except Unavailable:
            yield f"The quarantine {folder.name} could not be deleted; it is tried again another time."
            continue
        with writing(installation.sessions) as session:
            Audit(session, installation).record(
                "files.quarantine-over", identity=COMMAND_LINE, detail={"folder": folder.name}
            )
        yield f"The quarantine {folder.name}, older than {QUARANTINED.days} days, is deleted."
