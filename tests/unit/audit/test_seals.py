"""Seals over the audit log: every line gets under one, and nothing under one changes unseen."""
from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from privmedia.audit.chain import Chain
from privmedia.audit.models import Event, Seal, Stretch
from privmedia.audit.seals import drop_old, seal_all, seal_lines
from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.db import reading, write_mode, writing
from privmedia.installation import Installation
from tests.conftest import FakeClock

pytestmark = pytest.mark.both_databases


def write(installation: Installation, *targets: str) -> None:
    with writing(installation.sessions) as session:
        for target in targets:
            Audit(session, installation).record(
                "group.add", identity=COMMAND_LINE, target=target, detail={"z": 1, "a": ["ß", 0.5]}
            )
            session.flush()


def problems(installation: Installation) -> list[str]:
    return Chain(installation).problems()


def seals(installation: Installation) -> list[Any]:
    with reading(installation.sessions) as session:
        return list(session.execute(select(Seal.number, Seal.lines, Seal.dropped_at).order_by(Seal.number)).all())


def tamper(installation: Installation, statement: str) -> None:
    """As somebody does who holds the database: the triggers away, the change, the triggers back or not."""
    with writing(installation.sessions) as session:
        if installation.engine.dialect.name == "sqlite":
            names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
            for name in names:
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("events", "audit_seals", "audit_stretches"):
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        session.execute(text(statement))


def test_lines_are_sealed_once_and_the_chain_holds(installation: Installation) -> None:
    write(installation, "a", "b", "c")
    assert seal_all(installation) == 3
    write(installation, "d")
    assert seal_all(installation) == 1
    assert seal_all(installation) == 0
    assert [(number, lines) for number, lines, _ in seals(installation)] == [(1, 3), (2, 1)]
    assert problems(installation) == []


def test_more_lines_than_a_seal_takes_get_several(installation: Installation) -> None:
    write(installation, *"abcdefg")
    while seal_lines(installation, most=3):
        pass
    assert [lines for _, lines, _ in seals(installation)] == [3, 3, 1]
    assert problems(installation) == []


def test_an_empty_log_is_whole(installation: Installation) -> None:
    assert seal_all(installation) == 0
    assert problems(installation) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE events SET actor = 'nobody' WHERE id = 2", "seal 1"),
        ("UPDATE events SET detail = '{}' WHERE id = 5", "seal 2"),
        ("DELETE FROM events WHERE id = 2", "seal 1"),
        ("DELETE FROM events WHERE id = 6", "seal 2"),
        ("UPDATE events SET at = at + 1 WHERE id = 4", "seal 2"),
        ("UPDATE events SET id = 100 WHERE id = 3", "seal 1"),
        ("UPDATE events SET target = CASE id WHEN 1 THEN 'b' ELSE 'a' END WHERE id IN (1, 2)", "seal 1"),
        ("UPDATE audit_seals SET lines_hash = hash WHERE number = 1", "seal 1"),
        ("UPDATE audit_seals SET at = at + 1 WHERE number = 2", "seal 2"),
        ("UPDATE audit_stretches SET last_id = 2 WHERE first_id = 1", "seal 1"),
        ("DELETE FROM audit_stretches WHERE first_id = 1", "seal 1"),
    ],
)
def test_whatever_is_changed_by_force_is_found_and_named(
    statement: str, said: str, installation: Installation
) -> None:
    write(installation, "a", "b", "c")
    seal_all(installation)
    write(installation, "d", "e", "f")
    seal_all(installation)
    tamper(installation, statement)
    found = problems(installation)
    assert found
    assert said in found[0].lower()


def test_the_first_line_that_is_missing_is_named(installation: Installation) -> None:
    write(installation, "a", "b", "c")
    seal_all(installation)
    tamper(installation, "DELETE FROM events WHERE id = 2")
    assert problems(installation) == ["Line 2 of the audit log is gone, which seal 1 covers."]


def test_a_seal_that_was_taken_out_is_found(installation: Installation) -> None:
    for target in "abc":
        write(installation, target)
        seal_all(installation)
    tamper(installation, "DELETE FROM audit_stretches WHERE seal_number = 2")
    with writing(installation.sessions) as session:
        session.execute(text("DELETE FROM audit_seals WHERE number = 2"))
    assert any("Seal 2 is missing" in problem for problem in problems(installation))


def test_lines_that_nobody_sealed_for_long_are_reported(installation: Installation, clock: FakeClock) -> None:
    write(installation, "a")
    assert problems(installation) == []
    clock.forward(minutes=11)
    assert problems(installation) == ["1 line of the audit log has no seal, the oldest for 11 minutes: no worker runs."]


def test_of_two_workers_that_seal_at_once_one_wins(installation: Installation) -> None:
    write(installation, *"abcdef")
    start = threading.Barrier(4)
    made: list[Any] = []

    def seal() -> None:
        start.wait()
        made.append(seal_lines(installation))

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.sum(Seal.lines))) == 6
    assert problems(installation) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_seals SET hash = 'x'",
        "UPDATE audit_seals SET dropped_at = newest_at + 1000",
        "UPDATE audit_seals SET dropped_at = newest_at + 2678400000, lines = 0",
        "DELETE FROM audit_seals",
        "UPDATE audit_stretches SET last_id = 1",
        "DELETE FROM audit_stretches",
        "DELETE FROM events WHERE id = 1",
    ],
)
def test_the_database_refuses_to_change_a_seal_or_to_drop_what_is_young(
    statement: str, installation: Installation
) -> None:
    write(installation, "a", "b")
    seal_all(installation)
    with pytest.raises(DatabaseError, match="never changed"), writing(installation.sessions) as session:
        session.execute(text(statement))
    assert problems(installation) == []


def test_only_whole_old_stretches_are_dropped_and_their_seals_stay(
    installation: Installation, clock: FakeClock
) -> None:
    write(installation, "a", "b")
    seal_all(installation)
    clock.forward(days=300)
    write(installation, "c")
    seal_all(installation)
    clock.forward(days=101)
    assert drop_old(installation) == 2
    seal_all(installation)
    with reading(installation.sessions) as session:
        assert [event.target for event in session.scalars(select(Event).order_by(Event.id))] == ["c", ""]
        dropped = session.scalars(select(Event).where(Event.kind == "audit.drop")).one()
        assert (dropped.actor, dropped.detail) == ("privmedia", {"seals": [1, 1], "lines": 2, "days": 400})
    assert [dropped_at is not None for _, _, dropped_at in seals(installation)] == [True, False, False]
    assert drop_old(installation) == 0
    assert problems(installation) == []


def test_numbers_are_not_given_twice_when_everything_is_dropped(installation: Installation, clock: FakeClock) -> None:
    write(installation, "a", "b")
    seal_all(installation)
    clock.forward(days=500)
    drop_old(installation)
    write(installation, "c")
    with reading(installation.sessions) as session:
        assert session.scalars(select(Event.id).order_by(Event.id)).all() == [3, 4]
    seal_all(installation)
    assert problems(installation) == []


def test_the_seals_of_dropped_lines_are_still_proven(installation: Installation, clock: FakeClock) -> None:
    write(installation, "a")
    seal_all(installation)
    write(installation, "b")
    clock.forward(days=500)
    seal_all(installation)
    drop_old(installation)
    tamper(installation, "UPDATE audit_seals SET lines_hash = hash WHERE number = 1")
    assert "seal 1" in problems(installation)[0].lower()


def test_lines_that_are_said_to_be_dropped_but_are_there_or_too_young_are_reported(
    installation: Installation, clock: FakeClock
) -> None:
    write(installation, "a", "b")
    seal_all(installation)
    tamper(installation, "UPDATE audit_seals SET dropped_at = newest_at + 1000")
    assert problems(installation) == ["The lines of seal 1 of the audit log were dropped before they were 30 days old."]
    with writing(installation.sessions) as session:
        session.execute(text("UPDATE audit_seals SET dropped_at = newest_at + 2678400000"))
        session.execute(text("UPDATE events SET actor = 'nobody'"))
    assert problems(installation) == ["Lines of seal 1 of the audit log are there, although it says they were dropped."]


def test_a_line_whose_transaction_ends_late_is_not_passed_over(installation: Installation, database: str) -> None:
    """Two transactions at once are PostgreSQL's matter; SQLite has one writer."""
    if database == "sqlite":
        write(installation, "early")
        seal_all(installation)
        write(installation, "late")
        seal_all(installation)
        assert problems(installation) == []
        return
    with installation.sessions() as slow, slow.begin():
        write_mode(slow)
        for target in ("slow 1", "slow 2"):
            Audit(slow, installation).record("group.add", identity=COMMAND_LINE, target=target)
            slow.flush()
            write(installation, f"after {target}")
        assert seal_all(installation) == 2
        write(installation, "third")
        assert seal_all(installation) == 1
    assert seal_all(installation) == 2
    with reading(installation.sessions) as session:
        covered = session.execute(select(Stretch.first_id, Stretch.seal_number).order_by(Stretch.first_id)).all()
        count = session.scalar(select(func.count(Event.id)))
    assert [tuple(row) for row in covered] == [(1, 3), (2, 1), (3, 3), (4, 1), (5, 2)]
    assert count == 5
    assert problems(installation) == []


def test_a_number_that_was_never_used_is_no_gap(installation: Installation) -> None:
    write(installation, "a")
    with installation.sessions() as session:
        Audit(write_mode(session), installation).record("group.add", identity=COMMAND_LINE, target="rolled back")
        session.flush()
        session.rollback()
    write(installation, "b")
    assert seal_all(installation) == 2
    assert problems(installation) == []


def test_a_late_line_is_looked_for_for_a_day_and_then_reported(
    installation: Installation, clock: FakeClock, database: str
) -> None:
    write(installation, "a", "b", "c")
    tamper(installation, "UPDATE events SET id = 50 WHERE id = 3")
    seal_all(installation)
    clock.forward(hours=30)
    write(installation, "d")
    tamper(installation, "UPDATE events SET id = 10 WHERE target = 'd'")
    assert seal_all(installation) == 0
    clock.now += timedelta(minutes=11)
    assert "1 line of the audit log has no seal" in problems(installation)[0]
