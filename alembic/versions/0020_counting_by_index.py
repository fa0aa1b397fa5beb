"""Items are counted by the index of their folders alone.

Revision ID: 0020
Revises: 0019
"""
from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

BEFORE = ["folder_id", "kind", "id", "deletion_id"]


def upgrade() -> None:
    op.drop_index("ix_items_folder_id", table_name="items")
    op.create_index("ix_items_folder_id", "items", [*BEFORE, "acl_id", "shown", "uploader_id"])


def downgrade() -> None:
    op.drop_index("ix_items_folder_id", table_name="items")
    op.create_index("ix_items_folder_id", "items", BEFORE)
