"""The audit log: one line for each thing worth knowing afterwards. Rows are only added; triggers refuse the rest."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Event(Base):
    """Who did what to what, from where, and how it ended. Names are copied: the line outlives what it speaks of."""

    __tablename__ = "events"
    # Lists are newest first, so each index ends with the order of the list.
    __table_args__ = (
        Index("ix_events_at", "at", "id"),
        Index("ix_events_kind", "kind", "at", "id"),
        Index("ix_events_actor_id", "actor_id", "at", "id"),
        Index("ix_events_target", "target", "at", "id"),
        Index("ix_events_outcome", "outcome", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(16), default="done")

    actor_id: Mapped[int | None] = mapped_column(Integer)
    actor: Mapped[str] = mapped_column(String(320), default="")
    target: Mapped[str] = mapped_column(String(320), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    through: Mapped[str] = mapped_column(String(160), default="")
    """What stood between the actor and the thing: a link, an API token, the view of somebody else."""
    request_id: Mapped[str] = mapped_column(String(32), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Seal(Base):
    """A number of lines that nobody can change any more without its showing: a hash over them and the seal before.

    The numbers have no gaps. A seal stays when its lines are dropped, and with it the chain.
    """

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    lines: Mapped[int] = mapped_column()
    newest_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the newest of its lines was written."""
    lines_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    dropped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When its lines were dropped because they were too old. The one thing about a seal that changes, once."""


class Stretch(Base):
    """The lines of a seal, by their ids: from the first to the last, without a gap. A seal has one or several.

    Several, because on PostgreSQL a line becomes visible when its transaction ends, be its id greater or smaller than
    those that were seen before: it gets into a later seal than its neighbours, and none is passed over.
    """

    __tablename__ = "audit_stretches"

    first_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int] = mapped_column()
    seal_number: Mapped[int] = mapped_column(ForeignKey("audit_seals.number"), index=True)


class Viewing(Base):
    """What somebody is watching or fetching, so that its hundreds of requests are one line of the log."""

    __tablename__ = "viewings"

    caller: Mapped[str] = mapped_column(String(48), primary_key=True)
    """The session or token that asks, and as whom."""
    item: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)

    since: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
