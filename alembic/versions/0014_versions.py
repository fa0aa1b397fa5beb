"""How far each version is prepared, whether it takes over, and the highest number given.

Revision ID: 0014
Revises: 0013
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATES = sa.Enum(
    "waiting", "preparing", "ready", "unplayable", "failed", native_enum=False, length=16, create_constraint=False
)


def upgrade() -> None:
    op.add_column("items", sa.Column("newest", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("versions", sa.Column("state", STATES, nullable=False, server_default="waiting"))
    op.add_column("versions", sa.Column("reason", sa.String(length=500), nullable=False, server_default=""))
    op.add_column("versions", sa.Column("takes_over", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Until now an item had one version, and what was known of that stood with the item.
    for column in ("state", "reason"):
        op.execute(
            f"UPDATE versions SET {column} = (SELECT items.{column} FROM items WHERE items.id = versions.item_id)"
        )


def downgrade() -> None:
    for column in ("takes_over", "reason", "state"):
        op.drop_column("versions", column)
    op.drop_column("items", "newest")
