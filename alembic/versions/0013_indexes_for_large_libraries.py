"""Indexes that large libraries need: items with rules of their own are few, and counting looks into the index alone.

Revision ID: 0013
Revises: 0012
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    few = sa.text("acl_id IS NOT NULL")
    op.drop_index("ix_items_acl_id", table_name="items")
    op.create_index("ix_items_acl_id", "items", ["acl_id", "id"], sqlite_where=few, postgresql_where=few)
    op.drop_index("ix_items_folder_id", table_name="items")
    op.create_index("ix_items_folder_id", "items", ["folder_id", "kind", "id", "deletion_id"])


def downgrade() -> None:
    op.drop_index("ix_items_folder_id", table_name="items")
    op.create_index("ix_items_folder_id", "items", ["folder_id", "kind", "id"])
    op.drop_index("ix_items_acl_id", table_name="items")
    op.create_index("ix_items_acl_id", "items", ["acl_id", "id"])
