"""Players in pages of other sites: what they may, what they play by, where they were seen.

Revision ID: 0031
Revises: 0030
"""
from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def to(table: str, column: str, of: str, gone: str = "CASCADE") -> Any:
    name = op.f(f"fk_{table}_{column}_{of}")
    return sa.ForeignKeyConstraint([column], [f"{of}.id"], name=name, ondelete=gone)


def moment(name: str, *, nullable: bool = False) -> Any:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "embeds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("maker_id", sa.Integer()),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("appears", sa.String(length=12), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("names_title", sa.Boolean(), nullable=False),
        sa.Column("names_pages", sa.Boolean(), nullable=False),
        sa.Column("start", sa.Float(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("autoplay", sa.Boolean(), nullable=False),
        sa.Column("loop", sa.Boolean(), nullable=False),
        sa.Column("captions", sa.Boolean(), nullable=False),
        moment("created_at"),
        moment("changed_at"),
        moment("last_used_at", nullable=True),
        moment("removed_at", nullable=True),
        sa.Column("removed_by", sa.String(length=120), nullable=False),
        to("embeds", "item_id", "items"),
        to("embeds", "maker_id", "users", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embeds")),
        sa.UniqueConstraint("uid", name=op.f("uq_embeds_uid")),
    )
    op.create_table(
        "embed_pages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("embed_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
        sa.Column("plays", sa.Integer(), nullable=False),
        sa.Column("loads", sa.Integer(), nullable=False),
        moment("first_at"),
        moment("last_at"),
        to("embed_pages", "embed_id", "embeds"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_pages")),
        sa.UniqueConstraint("embed_id", "origin", "path", "refused", name=op.f("uq_embed_pages_embed_id")),
    )
    op.create_table(
        "embed_flows",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("embed_id", sa.Integer(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("ancestors", sa.Text(), nullable=False),
        sa.Column("page_id", sa.Integer()),
        sa.Column("code_hash", sa.String(length=64)),
        moment("code_until", nullable=True),
        sa.Column("user_id", sa.Integer()),
        sa.Column("session_id", sa.Integer()),
        moment("expires_at"),
        moment("used_at", nullable=True),
        to("embed_flows", "embed_id", "embeds"),
        to("embed_flows", "page_id", "embed_pages", "SET NULL"),
        to("embed_flows", "user_id", "users"),
        to("embed_flows", "session_id", "sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_flows")),
        sa.UniqueConstraint("uid", name=op.f("uq_embed_flows_uid")),
    )
    op.create_table(
        "embed_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        moment("expires_at"),
        to("embed_keys", "session_id", "sessions"),
        to("embed_keys", "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_keys")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_embed_keys_token_hash")),
    )
    op.create_table(
        "embed_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("renew_hash", sa.String(length=64), nullable=False),
        sa.Column("embed_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("session_id", sa.Integer()),
        sa.Column("page_id", sa.Integer()),
        sa.Column("played", sa.Float(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        moment("created_at"),
        moment("last_used_at"),
        moment("expires_at"),
        moment("ends_at"),
        to("embed_tokens", "embed_id", "embeds"),
        to("embed_tokens", "user_id", "users"),
        to("embed_tokens", "session_id", "sessions"),
        to("embed_tokens", "page_id", "embed_pages", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embed_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_embed_tokens_token_hash")),
        sa.UniqueConstraint("renew_hash", name=op.f("uq_embed_tokens_renew_hash")),
    )
    for table, columns in {
        "embeds": ("item_id", "maker_id"),
        "embed_flows": ("embed_id", "expires_at", "page_id", "session_id", "user_id"),
        "embed_keys": ("expires_at", "session_id", "user_id"),
        "embed_tokens": ("embed_id", "expires_at", "page_id", "session_id", "user_id"),
    }.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    for table in ("embed_tokens", "embed_keys", "embed_flows", "embed_pages", "embeds"):
        op.drop_table(table)
