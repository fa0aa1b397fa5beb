"""The table of files that were sent by links."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class SentFile(Base):
    """A file that came by a link, and became an item of the link's maker."""

    __tablename__ = "sent_files"
    __table_args__ = (Index("ix_sent_files_link_id", "link_id"), Index("ix_sent_files_visitor", "visitor"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), unique=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("links.id", ondelete="CASCADE"))
    visitor: Mapped[str] = mapped_column(String(100))
    """The browser it came from: see `known_as`."""
    sender: Mapped[str] = mapped_column(String(120))
    """Who sent it, in their own words; "" if they did not say."""
    message: Mapped[str] = mapped_column(String(500))
    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Taken as it arrived; None where the worker takes it afterwards, and keeps it with the version."""
    own_sha256: Mapped[str | None] = mapped_column(String(64))
    """What the sender's browser says it is."""
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)


def known_as(link_uid: str, token_hash: str) -> str:
    """What tells the files sent by one browser through one link from all others."""
    return by_link(link_uid) + token_hash


def by_link(link_uid: str) -> str:
    """How that begins for every browser that sends through one link."""
    return f"link:{link_uid}:"
