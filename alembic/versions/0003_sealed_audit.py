"""The audit log is sealed: seals, what they cover, and what may be dropped. Viewings are one line each.

Revision ID: 0003
Revises: 0002
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXED = ("kind", "actor_id", "target", "outcome")
REFUSED = "'lines of the audit log are never changed or removed'"
SEALS_REFUSED = "'seals of the audit log are never changed or removed'"
# Nobody's log is kept shorter than this, so nothing younger can be dropped, whatever the settings say: 30 days.
LEAST_KEPT = 30 * 86_400_000
COVERED = (
    "SELECT 1 FROM audit_stretches s JOIN audit_seals z ON z.number = s.seal_number "
    "WHERE s.first_id = (SELECT max(first_id) FROM audit_stretches WHERE first_id <= OLD.id) "
    "AND s.last_id >= OLD.id AND z.dropped_at IS NOT NULL"
)
SEAL = ("number", "at", "lines", "newest_at", "lines_hash", "hash")


def upgrade() -> None:
    for column in ("kind", "actor_id"):
        op.drop_index(f"ix_events_{column}", table_name="events")
    for column in INDEXED:
        op.create_index(f"ix_events_{column}", "events", [column, "at", "id"])
    op.create_index("ix_events_at", "events", ["at", "id"])
    op.create_table(
        "audit_seals",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("newest_at", sa.BigInteger(), nullable=False),
        sa.Column("lines_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("dropped_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_seals_hash")),
    )
    op.create_table(
        "audit_stretches",
        sa.Column("first_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("last_id", sa.Integer(), nullable=False),
        sa.Column("seal_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seal_number"], ["audit_seals.number"], name=op.f("fk_audit_stretches_seal_number_audit_seals")
        ),
        sa.PrimaryKeyConstraint("first_id", name=op.f("pk_audit_stretches")),
    )
    op.create_index("ix_audit_stretches_seal_number", "audit_stretches", ["seal_number"])
    op.create_table(
        "viewings",
        sa.Column("caller", sa.String(length=48), nullable=False),
        sa.Column("item", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "item", "version", "kind", name=op.f("pk_viewings")),
    )
    op.create_index("ix_viewings_last_at", "viewings", ["last_at"])
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def guard_sqlite() -> None:
    op.execute("DROP TRIGGER events_no_delete")
    op.execute(
        f"CREATE TRIGGER events_no_delete BEFORE DELETE ON events WHEN NOT EXISTS ({COVERED}) "
        f"BEGIN SELECT RAISE(ABORT, {REFUSED}); END"
    )
    same = " AND ".join(f"NEW.{column} = OLD.{column}" for column in SEAL)
    op.execute(
        "CREATE TRIGGER audit_seals_no_update BEFORE UPDATE ON audit_seals "
        f"WHEN NOT coalesce({same} AND OLD.dropped_at IS NULL AND NEW.dropped_at >= OLD.newest_at + {LEAST_KEPT}, 0) "
        f"BEGIN SELECT RAISE(ABORT, {SEALS_REFUSED}); END"
    )
    op.execute(
        f"CREATE TRIGGER audit_stretches_no_update BEFORE UPDATE ON audit_stretches "
        f"BEGIN SELECT RAISE(ABORT, {SEALS_REFUSED}); END"
    )
    for table, key in (("audit_seals", "number"), ("audit_stretches", "first_id")):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, {SEALS_REFUSED}); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) "
            f"BEGIN SELECT RAISE(ABORT, {SEALS_REFUSED}); END"
        )


def guard_postgresql() -> None:
    op.execute("DROP TRIGGER events_append_only ON events")
    op.execute(
        "CREATE TRIGGER events_no_update BEFORE UPDATE ON events "
        "FOR EACH ROW EXECUTE FUNCTION events_are_append_only()"
    )
    op.execute(
        "CREATE FUNCTION events_are_dropped_with_their_seal() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NOT EXISTS ({COVERED}) THEN RAISE EXCEPTION {REFUSED}; END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER events_no_delete BEFORE DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION events_are_dropped_with_their_seal()"
    )
    op.execute(
        "CREATE FUNCTION seals_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION {SEALS_REFUSED}; END $$"
    )
    row, old = (", ".join(f"{which}.{column}" for column in SEAL) for which in ("NEW", "OLD"))
    op.execute(
        "CREATE FUNCTION seals_are_dropped_once() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF ({row}) IS DISTINCT FROM ({old}) OR OLD.dropped_at IS NOT NULL "
        f"OR NEW.dropped_at IS NULL OR NEW.dropped_at < OLD.newest_at + {LEAST_KEPT} "
        f"THEN RAISE EXCEPTION {SEALS_REFUSED}; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_seals_no_update BEFORE UPDATE ON audit_seals "
        "FOR EACH ROW EXECUTE FUNCTION seals_are_dropped_once()"
    )
    op.execute(
        "CREATE TRIGGER audit_stretches_no_update BEFORE UPDATE ON audit_stretches "
        "FOR EACH ROW EXECUTE FUNCTION seals_stay()"
    )
    for table in ("audit_seals", "audit_stretches"):
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION seals_stay()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION seals_stay()"
        )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    op.execute("DROP TRIGGER events_no_delete" + (" ON events" if postgresql else ""))
    if postgresql:
        op.execute("DROP TRIGGER events_no_update ON events")
        op.execute("DROP FUNCTION events_are_dropped_with_their_seal()")
        op.execute(
            "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
            "FOR EACH ROW EXECUTE FUNCTION events_are_append_only()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, {REFUSED}); END"
        )
    for table in ("viewings", "audit_stretches", "audit_seals"):
        op.drop_table(table)
    if postgresql:
        op.execute("DROP FUNCTION seals_are_dropped_once()")
        op.execute("DROP FUNCTION seals_stay()")
    op.drop_index("ix_events_at", table_name="events")
    for column in INDEXED:
        op.drop_index(f"ix_events_{column}", table_name="events")
    for column in ("kind", "actor_id"):
        op.create_index(f"ix_events_{column}", "events", [column, "id"])
