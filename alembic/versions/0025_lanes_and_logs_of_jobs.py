"""Jobs say who has them, since when, and what a program said; the queue can be paused; workers say that they live.

Revision ID: 0025
Revises: 0024
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("worker", sa.String(100), server_default="", nullable=False))
    op.add_column("jobs", sa.Column("log", sa.Text(), server_default="", nullable=False))
    op.add_column("jobs", sa.Column("started_at", sa.BigInteger()))
    op.create_index("ix_jobs_finished", "jobs", ["state", "finished_at", "id"])
    queue = op.create_table(
        "job_queue",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("paused_at", sa.BigInteger()),
        sa.Column("paused_by", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["paused_by"], ["users.id"], name=op.f("fk_job_queue_paused_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_queue")),
    )
    op.bulk_insert(queue, [{"id": 1}])
    op.create_table(
        "workers",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("encoders", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )


def downgrade() -> None:
    op.drop_table("workers")
    op.drop_table("job_queue")
    op.drop_index("ix_jobs_finished", "jobs")
    op.drop_column("jobs", "started_at")
    op.drop_column("jobs", "log")
    op.drop_column("jobs", "worker")
    # Of what was cancelled nothing is left to do.
    op.execute("DELETE FROM jobs WHERE state = 'cancelled'")
