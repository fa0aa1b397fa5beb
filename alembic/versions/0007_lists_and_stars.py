"""Lists in every order, and stars.

Revision ID: 0007
Revises: 0006
"""
from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("items", sa.Column("title_key", sa.String(length=900), nullable=False, server_default=""))
    _order_titles(op.get_bind())
    op.drop_index("ix_items_folder_id", table_name="items")
    op.create_index("ix_items_folder_id", "items", ["folder_id", "kind", "id"])
    op.create_index("ix_items_created_at", "items", ["created_at", "id"])
    op.create_index("ix_items_kind", "items", ["kind", "created_at", "id"])
    op.create_index("ix_items_title_key", "items", ["title_key", "id"])
    op.create_index("ix_versions_duration", "versions", ["duration", "item_id"])
    op.create_index("ix_versions_size", "versions", ["size", "item_id"])
    op.create_table(
        "stars",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_stars_item_id_items"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_stars_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "item_id", name=op.f("pk_stars")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_stars_item_id", "stars", ["item_id"])


def _order_titles(connection: sa.Connection) -> None:
    """What each title is ordered by, for the items there are."""
    items = sa.table("items", sa.column("id"), sa.column("title"), sa.column("title_key"))
    change = items.update().where(items.c.id == sa.bindparam("item")).values(title_key=sa.bindparam("key"))
    last = 0
    while True:
        statement = sa.select(items.c.id, items.c.title).where(items.c.id > last).order_by(items.c.id).limit(AT_ONCE)
        rows = connection.execute(statement).all()
        if not rows:
            return
        connection.execute(
            change, [{"item": row.id, "key": unicodedata.normalize("NFC", row.title.casefold())} for row in rows]
        )
        last = rows[-1].id


def downgrade() -> None:
    op.drop_table("stars")
    op.drop_index("ix_versions_size", table_name="versions")
    op.drop_index("ix_versions_duration", table_name="versions")
    op.drop_index("ix_items_title_key", table_name="items")
    op.drop_index("ix_items_kind", table_name="items")
    op.drop_index("ix_items_created_at", table_name="items")
    op.drop_index("ix_items_folder_id", table_name="items")
    op.create_index("ix_items_folder_id", "items", ["folder_id", "id"])
    op.drop_column("items", "title_key")
