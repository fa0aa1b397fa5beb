"""Playbacks: how far each person has watched each item."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Playback(Base):
    """Where one person stopped in one item. It goes with the person and with the item."""

    __tablename__ = "playbacks"
    __table_args__ = (
        Index("ix_playbacks_item_id", "item_id"),
        Index("ix_playbacks_user_id", "user_id", "updated_at"),
        {"sqlite_with_rowid": False},
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)

    version: Mapped[int] = mapped_column()
    """Number of the version that was played."""
    position: Mapped[float] = mapped_column()
    """Seconds from the beginning."""
    duration: Mapped[float] = mapped_column()
    """Seconds, as the player measured it."""
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
