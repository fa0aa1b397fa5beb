"""Zips of originals that people asked for.

Revision ID: 0017
Revises: 0016
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zips",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_zips_user_id_users"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zips")),
        sa.UniqueConstraint("uid", name=op.f("uq_zips_uid")),
    )
    op.create_index("ix_zips_user_id", "zips", ["user_id", "id"])
    op.create_index(op.f("ix_zips_expires_at"), "zips", ["expires_at"])
    op.create_table(
        "zip_members",
        sa.Column("zip_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=4000), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_zip_members_item_id_items"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["zip_id"], ["zips.id"], name=op.f("fk_zip_members_zip_id_zips"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("zip_id", "item_id", name=op.f("pk_zip_members")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_zip_members_item_id", "zip_members", ["item_id"])


def downgrade() -> None:
    op.drop_table("zip_members")
    op.drop_table("zips")
