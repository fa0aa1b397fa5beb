"""The jobs table: the truth about background work, and its queue."""
from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One piece of background work. `lease_token` fences it: a worker that lost its lease can write nothing."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state", "state", "priority", "id"),
        Index("ix_jobs_target", "kind", "target_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    target_id: Mapped[int] = mapped_column()
    """Primary key of what the work is about; the kind says in which table."""
    priority: Mapped[int] = mapped_column(default=50)
    """Smaller is sooner."""

    state: Mapped[JobState] = mapped_column(
        Enum(JobState, native_enum=False, length=16, values_callable=lambda states: [state.value for state in states]),
        default=JobState.QUEUED,
    )
    attempts: Mapped[int] = mapped_column(default=0)
    run_after: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_token: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    progress: Mapped[float | None] = mapped_column(Float)
    """Share done, 0 to 1; None when it cannot be told."""
    error: Mapped[str] = mapped_column(String(500), default="")

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
