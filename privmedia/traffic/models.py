"""What was sent of each item on each day, and how far each log has been read."""
from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Sort(StrEnum):
    """What the bytes were for."""

    DOWNLOADED = "downloaded"
    OTHER = "other"
    """Posters, captions, storyboards."""
    WATCHED = "watched"


class Traffic(Base):
    """The sums of one item and day. They go with the item."""

    __tablename__ = "traffic"

    item_id: Mapped[int] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    """As it stands in the log, in the time of that machine: `2026-11-30`."""
    sort: Mapped[str] = mapped_column(String(16), primary_key=True)

    requests: Mapped[int] = mapped_column(BigInteger)
    bytes_sent: Mapped[int] = mapped_column(BigInteger)


class ReadLog(Base):
    """A log that was read, whatever it is called meanwhile: each of its lines is counted once."""

    __tablename__ = "traffic_logs"

    first_line: Mapped[str] = mapped_column(String(64), primary_key=True)
    """Its hash (SHA-256): the id of a request stands in it, so no two logs begin alike."""
    read_to: Mapped[int] = mapped_column(BigInteger)
    """Bytes of the log, unpacked."""
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
