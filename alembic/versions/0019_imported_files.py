"""Files that were imported from elsewhere on the disk.

Revision ID: 0019
Revises: 0018
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_files",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=False),
        sa.Column("beside", sa.JSON(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_imported_files_item_id_items"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_imported_files")),
    )
    op.create_index(op.f("ix_imported_files_item_id"), "imported_files", ["item_id"])


def downgrade() -> None:
    op.drop_table("imported_files")
