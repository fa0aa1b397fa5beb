"""Clearing away what uploads left that were cut off: by a kill, a power cut, a lost connection."""
from __future__ import annotations

import logging
import time
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN, reading
from privmedia.installation import Installation
from privmedia.library.models import Item, Version

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)


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
    removed = storage.reap_incoming(moment)
    for uid, number in list(storage.unsettled(moment)):
        with reading(installation.sessions) as session:
            committed = is_committed(session, uid, number)
        if committed:
            storage.settle(uid, number)
        else:
            storage.remove_version(uid, number)
            removed += 1
    if removed:
        log.info("cleared away %s left by uploads and work that were cut off", removed)
