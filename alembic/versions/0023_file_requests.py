"""Links by which people without an account send files.

Revision ID: 0023
Revises: 0022
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("text", sa.Text(), server_default="", nullable=False))
    op.add_column("links", sa.Column("most_bytes", sa.BigInteger()))
    op.add_column("links", sa.Column("most_files", sa.Integer()))
    op.add_column("links", sa.Column("taken_bytes", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("links", sa.Column("taken_files", sa.Integer(), server_default="0", nullable=False))
    op.add_column("link_visits", sa.Column("sender", sa.String(length=120), server_default="", nullable=False))
    op.add_column("link_visits", sa.Column("message", sa.String(length=500), server_default="", nullable=False))
    op.add_column("uploads", sa.Column("sender", sa.String(length=100), server_default="", nullable=False))
    op.create_table(
        "sent_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("visitor", sa.String(length=100), nullable=False),
        sa.Column("sender", sa.String(length=120), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64)),
        sa.Column("own_sha256", sa.String(length=64)),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_sent_files_item_id_items"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_sent_files_link_id_links"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_files")),
        sa.UniqueConstraint("item_id", name=op.f("uq_sent_files_item_id")),
    )
    op.create_index("ix_sent_files_link_id", "sent_files", ["link_id"])
    op.create_index("ix_sent_files_visitor", "sent_files", ["visitor"])


def downgrade() -> None:
    op.drop_table("sent_files")
    op.drop_column("uploads", "sender")
    op.drop_column("link_visits", "message")
    op.drop_column("link_visits", "sender")
    for column in ("taken_files", "taken_bytes", "most_files", "most_bytes", "text"):
        op.drop_column("links", column)
