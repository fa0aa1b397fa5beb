"""Clearing away what uploads left that were cut off: by a kill, a power cut, a lost connection."""
from __future__ import annotations

import logging
import time
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN, reading, writing
from privmedia.installation import Installation
from privmedia.library.models import Item, Version
from privmedia.storage.parts import Busy
from privmedia.uploads.models import Upload

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
KEPT_IN_PARTS = timedelta(days=7)
"""How long an upload that comes in parts is kept to which nothing is added."""


def is_committed(session: Session, uid: str, number: int) -> bool:
    """Whether there is a row for a version's files, in the bin or not."""
    version = select(Version.id).join(Item, Item.id == Version.item_id)
    found = version.where(Item.uid == uid, Version.number == number)
    return session.scalar(found, execution_options=WITH_BIN) is not None


def clear_away(installation: Installation, *, older_than: timedelta = KEPT) -> None:
    """Chore: remove half uploads, forgotten work, and placed files whose row was never committed.

    Time is the file system's here: it is compared with when files were last written.
    """
    storage = installation.storage
    moment = time.time() - older_than.total_seconds()
    removed = storage.reap_incoming(moment) + _forget_abandoned(installation)
    for uid, number in list(storage.unsettled(moment)):
        with reading(installation.sessions) as session:
            committed = is_committed(session, uid, number)
            awaited = not committed and _is_awaited(session, uid)
        if committed:
            storage.settle(uid, number)
        elif not awaited:
            storage.remove_version(uid, number)
            removed += 1
    if removed:
        log.info("cleared away %s left by uploads and work that were cut off", removed)


def _is_awaited(session: Session, item_uid: str) -> bool:
    """Whether the sender of an upload, which is whole, may still ask for the answer that got lost."""
    return session.scalar(select(Upload.id).where(Upload.item_uid == item_uid)) is not None


def _forget_abandoned(installation: Installation) -> int:
    """Remove uploads that come in parts, and to which nothing was added for long; how many."""
    parts = installation.storage.parts
    moment = time.time() - KEPT_IN_PARTS.total_seconds()
    abandoned = list(parts.abandoned(moment))
    for uid in abandoned:
        with suppress(Busy):  # the next round will do
            parts.remove(uid)
    # Rows without bytes: whole ones nobody asks for any more, and those whose bytes are gone.
    announced = installation.clock() - KEPT_IN_PARTS
    with writing(installation.sessions) as session:
        old = session.execute(select(Upload.uid).where(Upload.created_at < announced)).scalars().all()
        gone = [uid for uid in old if parts.last_written(uid) is None]
        session.execute(delete(Upload).where(Upload.uid.in_(gone)))
    return len(abandoned)
