"""Who asked for files is told that some were sent.

Revision ID: 0024
Revises: 0023
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice_choices", sa.Column("sent", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("notice_choices", sa.Column("sent_at", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("notice_choices", "sent_at")
    op.drop_column("notice_choices", "sent")
