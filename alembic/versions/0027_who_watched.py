"""Who has seen what of which version, and the sums of it, which name nobody.

Revision ID: 0027
Revises: 0026
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

PEOPLE = sa.text("user_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "attention",
        sa.Column("version_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("tenths", sa.BigInteger(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("embeds", sa.Integer(), nullable=False),
        sa.Column("watchers", sa.JSON(), nullable=False),
        sa.Column("viewings", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_attention_version_id_versions"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", name=op.f("pk_attention")),
    )
    op.create_table(
        "watchings",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(48), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("way", sa.String(8), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("sitting", sa.Text(), nullable=False),
        sa.Column("tenths", sa.Integer(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["versions.id"], name=op.f("fk_watchings_version_id_versions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_watchings_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("version_id", "who", name=op.f("pk_watchings")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_watchings_user_id", "watchings", ["user_id", "last_at"])
    op.create_index("ix_watchings_last_at", "watchings", ["last_at"])
    columns = ["version_id", "last_at", "tenths", "user_id"]
    op.create_index("ix_watchings_people", "watchings", columns, sqlite_where=PEOPLE, postgresql_where=PEOPLE)


def downgrade() -> None:
    op.drop_table("watchings")
    op.drop_table("attention")
