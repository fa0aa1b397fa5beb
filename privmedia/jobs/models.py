"""The jobs table: the truth about background work, and its queue; and who works."""
from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    """Somebody said that it need not be done, or, once it had failed, that this need not be seen any more."""


class Job(Base):
    """One piece of background work. `lease_token` fences it: a worker that lost its lease can write nothing."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_state", "state", "priority", "id"),
        Index("ix_jobs_target", "kind", "target_id"),
        # What ended last, for the jobs page.
        Index("ix_jobs_finished", "state", "finished_at", "id"),
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
    worker: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """Who has it, or had it last: machine and process."""
    log: Mapped[str] = mapped_column(Text, default="", server_default="", deferred=True)
    """The last part of what a program said about it, in its own words."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was claimed last; None while it waits."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Queue(Base):
    """The one row about the queue as a whole. Who claims under a limit holds it, so that no two count at once."""

    __tablename__ = "job_queue"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since when nothing new is begun; None while it goes on."""
    paused_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class Worker(Base):
    """A worker process that lives: it says so every few seconds."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    encoders: Mapped[int] = mapped_column()
    """How many conversions it does at once, at most."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
