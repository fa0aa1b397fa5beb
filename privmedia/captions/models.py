"""Captions and chapters of a version. The words are in files, which the gate sends; here is what pages say of them."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Captions(Base):
    """The captions of a version in one language; its file is `captions-<language>.vtt`."""

    __tablename__ = "captions"
    __table_args__ = ({"sqlite_with_rowid": False},)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    language: Mapped[str] = mapped_column(String(35), primary_key=True)
    """A BCP 47 tag in small letters."""

    label: Mapped[str] = mapped_column(String(100))
    """What the player calls it."""
    count: Mapped[int] = mapped_column()
    """How many captions there are."""

    updated_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Chapter(Base):
    """A chapter of a version, from `start` (milliseconds) to the next one."""

    __tablename__ = "chapters"
    __table_args__ = ({"sqlite_with_rowid": False},)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String(200))
