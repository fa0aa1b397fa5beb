"""The bin: what was deleted, by whom, under which rules, and whose files are still to be removed.

Revision ID: 0008
Revises: 0007
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BINNABLE = ("folders", "items")
FEW = sa.text("deletion_id IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "deletions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("is_item", sa.Boolean(), nullable=False),
        sa.Column("top_uid", sa.String(length=16), nullable=False),
        sa.Column("deleted_by", sa.Integer()),
        sa.Column("deleted_at", sa.BigInteger(), nullable=False),
        sa.Column("leaving", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["users.id"], name=op.f("fk_deletions_deleted_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deletions")),
        sa.UniqueConstraint("uid", name=op.f("uq_deletions_uid")),
    )
    op.create_index(op.f("ix_deletions_deleted_at"), "deletions", ["deleted_at"])
    op.create_table(
        "deletion_rules",
        sa.Column("deletion_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("principal", sa.Integer(), nullable=False),
        sa.Column("allow", sa.Integer(), nullable=False),
        sa.Column("deny", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deletion_id"],
            ["deletions.id"],
            name=op.f("fk_deletion_rules_deletion_id_deletions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deletion_id", "source_id", "principal", name=op.f("pk_deletion_rules")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_deletion_rules_principal", "deletion_rules", ["principal", "deletion_id"])
    op.create_table(
        "leftovers",
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_leftovers")),
    )
    for table in BINNABLE:
        # In one statement: SQLite adds no constraint to a table that is there, and others refer to these.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN deletion_id INTEGER "
            f"CONSTRAINT fk_{table}_deletion_id_deletions REFERENCES deletions (id)"
        )
        op.create_index(
            f"ix_{table}_deletion_id", table, ["deletion_id"], sqlite_where=FEW, postgresql_where=FEW
        )


def downgrade() -> None:
    for table in BINNABLE:
        op.drop_index(f"ix_{table}_deletion_id", table_name=table)
        op.execute(f"ALTER TABLE {table} DROP COLUMN deletion_id")
    op.drop_table("leftovers")
    op.drop_table("deletion_rules")
    op.drop_table("deletions")
