"""Zips that people asked for, and what is to be in them."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime

ZIP = "zip"
"""The kind of the job that makes one."""


class Zip(Base):
    """One zip, for the one person who asked for it. It gives no rights: each member is decided again when it leaves."""

    __tablename__ = "zips"
    __table_args__ = (Index("ix_zips_user_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(200))
    """As it is saved, without `.zip`."""

    members: Mapped[int] = mapped_column()
    """How many there are. Fewer rows than that: something of it is gone for good."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all members together."""
    left_out: Mapped[int] = mapped_column(default=0)
    """How many could not be downloaded any more when it was made."""
    ready: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(500), default="")
    """Why it could not be made."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ZipMember(Base):
    """One original in a zip, of the version that was the item's current one."""

    __tablename__ = "zip_members"
    __table_args__ = (Index("ix_zip_members_item_id", "item_id"), {"sqlite_with_rowid": False})

    zip_id: Mapped[int] = mapped_column(ForeignKey("zips.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column()
    path: Mapped[str] = mapped_column(String(4000))
    """Its name in the zip, with folders."""
