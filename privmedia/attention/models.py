"""Who has seen what of which version, and the sums, which name nobody."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime

_NAMED = text("named_at IS NOT NULL")


class Watching(Base):
    """What one person, or one visitor, has seen of one version. It goes with the person, and after its time."""

    __tablename__ = "watchings"
    __table_args__ = (
        Index("ix_watchings_user_id", "user_id", "last_at"),
        # With what is counted in it, so that counting the people of a version reads no row.
        Index(
            "ix_watchings_named", "version_id", "last_at", "tenths", "user_id",
            sqlite_where=_NAMED, postgresql_where=_NAMED,
        ),
        Index("ix_watchings_last_at", "last_at"),
        {"sqlite_with_rowid": False},
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    who: Mapped[str] = mapped_column(String(48), primary_key=True)
    """What tells watchers apart: a person's number, or that of a visit, which is over after some hours."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """None for whoever has no account."""
    way: Mapped[str] = mapped_column(String(8))
    """Where it was watched last: `library`, `link` or `embed`."""
    label: Mapped[str] = mapped_column(String(130), default="", server_default="")
    """Whom a site vouches for, `user Jonas Bakke` or `group Night shift`, if it was watched while names were shown."""
    site: Mapped[str] = mapped_column(String(120), default="", server_default="")
    """And how that site is called here."""

    seen: Mapped[str] = mapped_column(Text)
    """All that was seen, as `ranges.written`."""
    sitting: Mapped[str] = mapped_column(Text)
    """The same of the viewing that goes on, or was the last."""
    tenths: Mapped[int] = mapped_column()
    """How long all that was seen is, in tenths of a second."""
    times: Mapped[int] = mapped_column()
    """Viewings."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    named_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When somebody with a name first watched it while names were shown, and every page said so; None before, and for
    others."""


class Attention(Base):
    """The sums of one version: they stay when those they were counted from go."""

    __tablename__ = "attention"

    version_id: Mapped[int] = mapped_column(
        ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    length: Mapped[int] = mapped_column()
    """Tenths of a second."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    people: Mapped[int] = mapped_column(default=0)
    ended: Mapped[int] = mapped_column(default=0)
    tenths: Mapped[int] = mapped_column(BigInteger, default=0)
    """What all people have seen, added up."""
    links: Mapped[int] = mapped_column(default=0)
    embeds: Mapped[int] = mapped_column(default=0)
    watchers: Mapped[list[int]] = mapped_column(JSON)
    """For each step of the curve: how many have seen it."""
    viewings: Mapped[list[int]] = mapped_column(JSON)
    """For each step: in how many viewings it was seen."""
