"""Making zips, and taking away those that are over.

Nothing is compressed: what people keep here is compressed already. Whatever is killed leaves a work folder, which is
cleared away, and the job begins again.
"""
from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.errors import NoSpace
from privmedia.installation import Installation
from privmedia.jobs.worker import Handler, Hopeless, Task
from privmedia.storage import ORIGINAL, ZIPPED
from privmedia.text import mark as _
from privmedia.zips.models import ZIP, Zip, ZipMember
from privmedia.zips.service import KEPT_FREE, NOTHING, Zips

log = logging.getLogger(__name__)

AT_ONCE = 1 << 20
"""Bytes."""
ATTEMPTS = 3
MODE = 0o644 << 16
UNIX = 3
FIRST_YEAR = 1980
"""Before which a zip cannot say that a file is from."""
MISSING = _("A file of it is missing on the server. Tell your administrator.")
NO_ROOM_NOW = _("The server had no room for it. Try again later, or download the files one by one.")

Members = Sequence[tuple[ZipMember, str, datetime]]


def make(task: Task) -> None:
    """Write the zip, the job's target, with what the person may download now."""
    with task.writing() as session:
        found = Zips(session, task.installation).to_make(task.target_id)
    if found is None:
        return
    made, members = found
    if not members:
        raise Hopeless(NOTHING)
    storage = task.installation.storage
    if made.size + KEPT_FREE > storage.free_space():
        raise NoSpace(NO_ROOM_NOW)
    with storage.work_folder() as work:
        out = work / ZIPPED
        _write(task, out, members, made.size)
        task.check()
        storage.place_zip(out, made.uid)
    with task.writing() as session:
        fresh = session.get(Zip, task.target_id)
        if fresh is not None:
            fresh.ready = True


def _write(task: Task, out: Path, members: Members, size: int) -> None:
    done = 0
    with zipfile.ZipFile(out, "x", zipfile.ZIP_STORED) as target:
        for member, uid, day in members:
            try:
                handle, facts = task.installation.storage.open_file(uid, member.version, ORIGINAL)
            except FileNotFoundError as error:
                log.exception("zip %s: the original of item %s is missing", task.target_id, uid)
                raise Hopeless(MISSING) from error
            entry = zipfile.ZipInfo(member.path, max(day.timetuple()[:6], (FIRST_YEAR, 1, 1, 0, 0, 0)))
            entry.create_system, entry.external_attr, entry.file_size = UNIX, MODE, facts.st_size
            with os.fdopen(handle, "rb") as source, target.open(entry, "w") as inside:
                while block := source.read(AT_ONCE):
                    inside.write(block)
                    done += len(block)
                    task.report(done / size if size else None)


def gave_up(session: Session, zip_id: int, sentence: str) -> None:
    """Its page says why."""
    made = session.get(Zip, zip_id)
    if made is not None and not made.ready:
        made.reason = sentence[:500]


HANDLERS = {ZIP: Handler(make, gave_up, attempts=ATTEMPTS)}


def remove_over(installation: Installation) -> None:
    """Chore: zips that are over go, their files first. A file that cannot be removed is tried again another time."""
    with reading(installation.sessions) as session:
        over = session.execute(select(Zip.id, Zip.uid).where(Zip.expires_at <= installation.clock())).all()
    gone = [number for number, uid in over if installation.storage.remove_item(uid)]
    if gone:
        with writing(installation.sessions) as session:
            session.execute(delete(Zip).where(Zip.id.in_(gone)))
        log.info("removed %s zips that were over", len(gone))
