"""Keys with which sites vouch for their people, and what such people have watched.

Revision ID: 0033
Revises: 0032
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "site_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sites", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=43), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_keys")),
        sa.UniqueConstraint("uid", name=op.f("uq_site_keys_uid")),
    )
    op.create_table(
        "spent_nonces",
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"], ["site_keys.id"], name=op.f("fk_spent_nonces_key_id_site_keys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key_id", "nonce", name=op.f("pk_spent_nonces")),
    )
    op.create_index("ix_spent_nonces_expires_at", "spent_nonces", ["expires_at"])
    op.create_table(
        "embed_site_keys",
        sa.Column("embed_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["embed_id"], ["embeds.id"], name=op.f("fk_embed_site_keys_embed_id_embeds"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["site_keys.id"], name=op.f("fk_embed_site_keys_key_id_site_keys"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("embed_id", name=op.f("pk_embed_site_keys")),
    )
    op.create_index("ix_embed_site_keys_key_id", "embed_site_keys", ["key_id"])
    # Nothing refers to this table, so SQLite may make it anew.
    with op.batch_alter_table("embed_tokens") as tokens:
        tokens.add_column(sa.Column("key_id", sa.Integer()))
        tokens.add_column(sa.Column("label", sa.String(length=130), server_default="", nullable=False))
        tokens.create_foreign_key(
            op.f("fk_embed_tokens_key_id_site_keys"), "site_keys", ["key_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index("ix_embed_tokens_key_id", "embed_tokens", ["key_id"])
    op.add_column("watchings", sa.Column("label", sa.String(length=130), server_default="", nullable=False))
    op.add_column("watchings", sa.Column("site", sa.String(length=120), server_default="", nullable=False))


def downgrade() -> None:
    for column in ("site", "label"):
        op.drop_column("watchings", column)
    op.drop_index("ix_embed_tokens_key_id", "embed_tokens")
    with op.batch_alter_table("embed_tokens") as tokens:
        tokens.drop_constraint(op.f("fk_embed_tokens_key_id_site_keys"), type_="foreignkey")
        tokens.drop_column("label")
        tokens.drop_column("key_id")
    for table in ("embed_site_keys", "spent_nonces", "site_keys"):
        op.drop_table(table)
