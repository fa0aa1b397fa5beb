"""Names are shown of those alone who watched after they were told that names are noted.

Revision ID: 0029
Revises: 0028
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

PEOPLE = sa.text("user_id IS NOT NULL")
NAMED = sa.text("named_at IS NOT NULL")
COLUMNS = ["version_id", "last_at", "tenths", "user_id"]


def upgrade() -> None:
    op.drop_index("ix_watchings_people", "watchings")
    op.add_column("watchings", sa.Column("named_at", sa.BigInteger()))
    op.create_index("ix_watchings_named", "watchings", COLUMNS, sqlite_where=NAMED, postgresql_where=NAMED)


def downgrade() -> None:
    op.drop_index("ix_watchings_named", "watchings")
    op.drop_column("watchings", "named_at")
    op.create_index("ix_watchings_people", "watchings", COLUMNS, sqlite_where=PEOPLE, postgresql_where=PEOPLE)
