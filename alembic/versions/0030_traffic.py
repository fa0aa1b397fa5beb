"""What was sent of each item, from nginx's log.

Revision ID: 0030
Revises: 0029
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "traffic",
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("sort", sa.String(16), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("bytes_sent", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_traffic_item_id_items"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", "day", "sort", name=op.f("pk_traffic")),
    )
    op.create_table(
        "traffic_logs",
        sa.Column("first_line", sa.String(64), nullable=False),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("first_line", name=op.f("pk_traffic_logs")),
    )
    op.create_index(op.f("ix_traffic_logs_at"), "traffic_logs", ["at"])


def downgrade() -> None:
    op.drop_table("traffic_logs")
    op.drop_table("traffic")
