"""People and access: tokens, two-factor, mail, asking for access, seeing as somebody else.

Revision ID: 0002
Revises: 0001
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("language", sa.String(length=16), nullable=False, server_default=""))
    op.add_column("users", sa.Column("theme", sa.String(length=8), nullable=False, server_default="auto"))
    op.add_column("users", sa.Column("shortcuts", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("users", sa.Column("password_changed_at", sa.BigInteger()))
    op.add_column("sessions", sa.Column("confirmed_at", sa.BigInteger()))
    op.execute("UPDATE sessions SET confirmed_at = created_at")
    op.add_column("events", sa.Column("through", sa.String(length=160), nullable=False, server_default=""))
    op.add_column("events", sa.Column("request_id", sa.String(length=32), nullable=False, server_default=""))
    # Nothing refers to this table, so SQLite may make it anew.
    with op.batch_alter_table("one_time_links") as links:
        links.add_column(sa.Column("user_id", sa.Integer()))
        links.add_column(sa.Column("email", sa.String(length=254), nullable=False, server_default=""))
        links.add_column(sa.Column("made_by", sa.String(length=120), nullable=False, server_default=""))
        links.create_foreign_key(
            op.f("fk_one_time_links_user_id_users"), "users", ["user_id"], ["id"], ondelete="CASCADE"
        )
    op.create_index("ix_one_time_links_user_id", "one_time_links", ["user_id", "purpose"])

    op.create_table(
        "viewpoints",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_viewpoints_session_id_sessions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_viewpoints_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_viewpoints")),
    )
    op.create_index("ix_viewpoints_user_id", "viewpoints", ["user_id"])

    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("scopes", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("last_address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        sa.UniqueConstraint("uid", name=op.f("uq_api_tokens_uid")),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])

    op.create_table(
        "two_factors",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_two_factors_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_two_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
        sa.UniqueConstraint("user_id", "code_hash", name=op.f("uq_recovery_codes_user_id")),
    )

    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )

    op.create_table(
        "access_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=24), nullable=False),
        sa.Column("folder_id", sa.Integer()),
        sa.Column("item_id", sa.Integer()),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("answered_by", sa.Integer()),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint("folder_id IS NULL OR item_id IS NULL", name=op.f("ck_access_requests_one_place")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_access_requests_user_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["folder_id"], ["folders.id"], name=op.f("fk_access_requests_folder_id_folders"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_access_requests_item_id_items"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["users.id"], name=op.f("fk_access_requests_answered_by_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_requests")),
        sa.UniqueConstraint("uid", name=op.f("uq_access_requests_uid")),
    )
    for column in ("folder_id", "item_id", "user_id"):
        op.create_index(f"ix_access_requests_{column}", "access_requests", [column])


def downgrade() -> None:
    for table in ("access_requests", "mails", "recovery_codes", "two_factors", "api_tokens", "viewpoints"):
        op.drop_table(table)
    op.drop_index("ix_one_time_links_user_id", table_name="one_time_links")
    with op.batch_alter_table("one_time_links") as links:
        links.drop_constraint(op.f("fk_one_time_links_user_id_users"), type_="foreignkey")
        links.drop_column("made_by")
        links.drop_column("email")
        links.drop_column("user_id")
    op.drop_column("events", "request_id")
    op.drop_column("events", "through")
    op.drop_column("sessions", "confirmed_at")
    for column in ("password_changed_at", "shortcuts", "theme", "language"):
        op.drop_column("users", column)
