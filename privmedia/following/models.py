"""Whom news is for: who follows which folder, what was told to whom, and what each wants to get by mail."""
from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, Index, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Follow(Base):
    """Somebody wants to know what is new in a folder and below it. It says nothing about what they may see."""

    __tablename__ = "follows"
    __table_args__ = (Index("ix_follows_folder_id", "folder_id"), {"sqlite_with_rowid": False})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Happening(StrEnum):
    """What a notice tells."""

    NEW = "new"
    """Something is ready in a folder that the person follows."""
    FAILED = "failed"
    """Nothing that can be played came of the person's own upload."""
    READY = "ready"
    """The person's own upload, which took long, is ready."""
    SENT = "sent"
    """Somebody sent it through a link by which the person asks for files."""


class Notice(Base):
    """One thing told to one person, once. Whether they may see the item is asked whenever it is shown or sent."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("user_id", "item_id", "happening", "version"),
        Index("ix_notices_unread", "user_id", "read_at", "id"),
        Index("ix_notices_item_id", "item_id"),
        Index("ix_notices_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    happening: Mapped[Happening] = mapped_column(
        Enum(Happening, native_enum=False, length=16, values_callable=lambda members: [one.value for one in members])
    )
    version: Mapped[int] = mapped_column(default=1)
    """Number of the version it tells of; what is new is told once, whatever its version."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The moment of the letter that it was put into; None before, and for who wants none."""


class NoticeChoice(Base):
    """What somebody wants to get by mail, and when the last letter of each kind was written. No row: everything."""

    __tablename__ = "notice_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    new: Mapped[bool] = mapped_column(default=True)
    failed: Mapped[bool] = mapped_column(default=True)
    ready: Mapped[bool] = mapped_column(default=True)
    sent: Mapped[bool] = mapped_column(default=True, server_default=true())
    news_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The last letter about what is new in the folders."""
    uploads_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The last letter about their own uploads."""
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The last letter about what was sent to them."""
