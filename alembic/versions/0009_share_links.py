"""Share links, and the browsers that came by one.

Revision ID: 0009
Revises: 0008
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("maker_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer()),
        sa.Column("folder_id", sa.Integer()),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("allow", sa.Integer(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=200)),
        sa.Column("most_viewings", sa.Integer()),
        sa.Column("viewings", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("revoked_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("(item_id IS NULL) <> (folder_id IS NULL)", name=op.f("ck_links_one_place")),
        sa.ForeignKeyConstraint(["maker_id"], ["users.id"], name=op.f("fk_links_maker_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_links_item_id_items"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name=op.f("fk_links_folder_id_folders"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
        sa.UniqueConstraint("uid", name=op.f("uq_links_uid")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_links_token_hash")),
    )
    for column in ("maker_id", "item_id", "folder_id"):
        op.create_index(f"ix_links_{column}", "links", [column])
    op.create_table(
        "link_visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("link_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["links.id"], name=op.f("fk_link_visits_link_id_links"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_visits")),
        sa.UniqueConstraint("token_hash", "link_id", name=op.f("uq_link_visits_token_hash")),
    )
    op.create_index("ix_link_visits_link_id", "link_visits", ["link_id"])
    op.create_index("ix_link_visits_expires_at", "link_visits", ["expires_at"])


def downgrade() -> None:
    op.drop_table("link_visits")
    op.drop_table("links")
