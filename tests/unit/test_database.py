"""The database: models and migrations are one, and our transactions are what they say, on both databases."""
from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.exc import InternalError

from privmedia.accounts.models import SiteValue
from privmedia.db import make_engine, make_gate_engine, make_sessionmaker, reading, writing
from privmedia.errors import SettingsError
from privmedia.models import Base
from privmedia.operations.migrations import alembic_config, is_described

pytestmark = pytest.mark.both_databases


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


DURABLE = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}
"""What is asked of each database, and the answer that says a commit is on the disk before it is acknowledged."""


def test_an_acknowledged_commit_is_on_the_disk(engine: Engine) -> None:
    asked, expected = DURABLE[engine.dialect.name]
    with engine.connect() as connection:
        assert connection.execute(text(asked)).scalar_one() == expected


def test_models_and_migrations_describe_the_same_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_described})
        assert compare_metadata(context, Base.metadata) == []


def test_the_schema_goes_down_to_nothing_and_up_again(database_url: str, engine: Engine) -> None:
    config = alembic_config(database_url)
    command.downgrade(config, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    command.upgrade(config, "head")
    assert "items" in inspect(engine).get_table_names()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM folders")).scalar_one() == 1


def test_what_was_there_before_search_is_put_into_it_by_the_worker(database_url: str, engine: Engine) -> None:
    config = alembic_config(database_url)
    command.downgrade(config, "0011")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO items (id, uid, folder_id, kind, title, title_key, description, alt, current, state, "
                "reason, shown, created_at) VALUES (7, 'x', 1, 'video', 'T4', 't4', '', '', 1, 'ready', '', true, 0)"
            )
        )
        for number, pages, probe in ((1, 3, "null"), (2, None, '{"chapters": [{"start": 1.0, "title": "a"}]}'),
                                     (3, None, '{"chapters": []}')):
            connection.execute(
                text(
                    "INSERT INTO versions (id, item_id, number, filename, size, pages, probe, created_at) "
                    "VALUES (:n, 7, :n, 'x', 1, :pages, :probe, 0)"
                ),
                {"n": number, "pages": pages, "probe": probe},
            )
    command.upgrade(config, "head")
    with engine.connect() as connection:
        jobs = connection.execute(text("SELECT kind, target_id, state FROM jobs ORDER BY target_id")).all()
    assert [tuple(job) for job in jobs] == [("texts", 1, "queued"), ("spoken", 2, "queued")]


def test_what_was_known_of_an_item_is_known_of_its_only_version(database_url: str, engine: Engine) -> None:
    config = alembic_config(database_url)
    command.downgrade(config, "0013")
    with engine.begin() as connection:
        for number, state, reason in ((7, "ready", ""), (8, "failed", "The file is damaged.")):
            connection.execute(
                text(
                    "INSERT INTO items (id, uid, folder_id, kind, title, title_key, description, alt, current, state, "
                    "reason, shown, created_at) VALUES (:n, :uid, 1, 'video', 'T4', 't4', '', '', 1, :state, :reason, "
                    "true, 0)"
                ),
                {"n": number, "uid": str(number), "state": state, "reason": reason},
            )
            connection.execute(
                text(
                    "INSERT INTO versions (id, item_id, number, filename, size, created_at) "
                    "VALUES (:n, :n, 1, 'x', 1, 0)"
                ),
                {"n": number},
            )
    command.upgrade(config, "head")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT state, reason FROM versions ORDER BY id")).all()
    assert [tuple(row) for row in rows] == [("ready", ""), ("failed", "The file is damaged.")]


def test_what_could_not_be_played_is_looked_into_again_and_is_as_before_where_it_was_not(
    database_url: str, engine: Engine
) -> None:
    config = alembic_config(database_url)
    command.downgrade(config, "0025")
    states = {1: ("unplayable", "No browser plays that."), 2: ("ready", "This file is interlaced."), 3: ("ready", "")}
    with engine.begin() as connection:
        for number, (state, reason) in states.items():
            values = {"n": number, "uid": str(number), "state": state, "reason": reason}
            connection.execute(
                text(
                    "INSERT INTO items (id, uid, folder_id, kind, title, title_key, description, alt, current, state, "
                    "reason, shown, created_at) VALUES (:n, :uid, 1, 'video', 'T4', 't4', '', '', 1, :state, :reason, "
                    "true, 0)"
                ),
                values,
            )
            connection.execute(
                text(
                    "INSERT INTO versions (id, item_id, number, filename, size, width, state, reason, created_at) "
                    "VALUES (:n, :n, 1, 'x', 1, 320, :state, :reason, 0)"
                ),
                values,
            )
    command.upgrade(config, "head")
    with engine.begin() as connection:
        jobs = connection.execute(text("SELECT kind, target_id, state FROM jobs ORDER BY target_id")).all()
        connection.execute(text("DELETE FROM jobs"))
        for table in ("items", "versions"):
            connection.execute(text(f"UPDATE {table} SET state = 'preparing', reason = '' WHERE id = 1"))
    assert [tuple(job) for job in jobs] == [("prepare", 1, "queued"), ("prepare", 2, "queued")]
    command.downgrade(config, "0025")
    with engine.connect() as connection:
        for table in ("items", "versions"):
            found = connection.scalars(text(f"SELECT state FROM {table} ORDER BY id")).all()
            assert found == ["unplayable", "ready", "ready"]
    command.upgrade(config, "head")


def test_a_read_then_written_counter_loses_nothing_among_many_writers(engine: Engine) -> None:
    sessions = make_sessionmaker(engine)
    with writing(sessions) as session:
        session.add(SiteValue(name="counter", value="0"))

    def count_up() -> None:
        for _ in range(20):
            with writing(sessions) as session:
                row = session.scalars(select(SiteValue).where(SiteValue.name == "counter").with_for_update()).one()
                row.value = str(int(row.value) + 1)

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(sessions) as session:
        assert session.get_one(SiteValue, "counter").value == "120"


def test_a_failed_write_leaves_nothing(engine: Engine) -> None:
    sessions = make_sessionmaker(engine)

    def fail() -> None:
        with writing(sessions) as session:
            session.add(SiteValue(name="half", value="done"))
            session.flush()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        fail()
    with reading(sessions) as session:
        assert session.get(SiteValue, "half") is None


def test_what_is_done_in_a_reading_session_is_never_kept(engine: Engine) -> None:
    sessions = make_sessionmaker(engine)
    with suppress(InternalError), reading(sessions) as session:  # PostgreSQL refuses it there and then
        session.add(SiteValue(name="stray", value="1"))
        session.flush()
    with reading(sessions) as session:
        assert session.get(SiteValue, "stray") is None


@pytest.mark.postgresql
def test_postgresql_keeps_what_it_prepared_over_transactions_that_only_read(
    postgresql_socket: Path, migrated_postgresql: str
) -> None:
    """Planned anew each time, the statements of a page would take it half as long again."""
    engine = make_engine(f"postgresql://tester@/{migrated_postgresql}?host={postgresql_socket}")
    sessions = make_sessionmaker(engine)
    for _time in range(8):  # psycopg prepares what it is asked for the sixth time
        with reading(sessions) as session:
            session.get(SiteValue, "any")
    with reading(sessions) as session:
        prepared = session.scalars(text("SELECT statement FROM pg_prepared_statements")).all()
    engine.dispose()  # the database is a template, which nobody may hold
    assert any("site_values" in statement for statement in prepared)


def test_an_open_gate_connection_sees_each_commit_at_once(database_url: str, engine: Engine) -> None:
    gate = make_gate_engine(database_url)
    sessions = make_sessionmaker(engine)
    with gate.connect() as connection:
        query = text("SELECT count(*) FROM site_values")
        assert connection.execute(query).scalar_one() == 0
        with writing(sessions) as session:
            session.add(SiteValue(name="new", value="1"))
        assert connection.execute(query).scalar_one() == 1
    gate.dispose()


@pytest.mark.parametrize("url", ["mysql://host/name", "oracle://host/name"])
def test_other_databases_are_refused_in_words(url: str, database: str) -> None:
    with pytest.raises(SettingsError, match="use sqlite or postgresql"):
        make_engine(url)
