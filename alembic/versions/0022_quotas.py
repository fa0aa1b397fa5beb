"""Quotas of people and groups, and an index that adds up what somebody has added.

Revision ID: 0022
Revises: 0021
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("quota", sa.BigInteger(), nullable=True))
    op.add_column("groups", sa.Column("quota", sa.BigInteger(), nullable=True))
    op.create_index("ix_versions_created_by", "versions", ["created_by", "size"])


def downgrade() -> None:
    op.drop_index("ix_versions_created_by", "versions")
    op.drop_column("groups", "quota")
    op.drop_column("users", "quota")
