"""How much space people's uploads take."""
from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN
from privmedia.library.models import Item, Version


def size_of_uploads(session: Session, user_id: int) -> int:
    """Bytes of all originals that a person added, older versions and what lies in the bin included."""
    query = select(func.sum(Version.size)).join(Item, Item.id == Version.item_id).where(Item.uploader_id == user_id)
    return int(session.scalar(query, execution_options=WITH_BIN) or 0)
