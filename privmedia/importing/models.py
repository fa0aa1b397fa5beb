"""What was imported from where, so that an import that was cut off goes on, and brings nothing twice."""
from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base


class Imported(Base):
    """A file elsewhere on the disk that is an item now. Written in the one transaction that makes the item."""

    __tablename__ = "imported_files"

    source: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of its path, which need not be text."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    modified: Mapped[int] = mapped_column(BigInteger)
    """Nanoseconds since 1970."""
    beside: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The sidecars that were taken with it: size and time of change by their names."""
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), index=True)
