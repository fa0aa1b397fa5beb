"""The audit log: one line for each thing worth knowing afterwards. Rows are only added; triggers refuse the rest."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Event(Base):
    """Who did what to what, from where, and how it ended. Names are copied: the line outlives what it speaks of."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_kind", "kind", "id"), Index("ix_events_actor_id", "actor_id", "id"))

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
