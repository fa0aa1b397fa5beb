from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from privmedia.audit.models import Event
from privmedia.audit.service import COMMAND_LINE, Audit, NamedAuthor
from privmedia.db import reading, writing
from privmedia.installation import Installation

pytestmark = pytest.mark.both_databases

LEILA = NamedAuthor("Leila Haddad", "leila@example.test", 7, "192.0.2.9")


def test_a_line_says_who_when_where_what_and_how_it_ended(session: Session, installation: Installation) -> None:
    event = Audit(session, installation).record("user.disable", identity=LEILA, target="jonas@example.test")
    session.flush()
    session.refresh(event)
    assert (event.actor, event.actor_id, event.address) == ("Leila Haddad <leila@example.test>", 7, "192.0.2.9")
    assert (event.kind, event.target, event.outcome) == ("user.disable", "jonas@example.test", "done")
    assert event.at == installation.clock()


def test_what_is_done_on_the_command_line_says_so(session: Session, installation: Installation) -> None:
    assert Audit(session, installation).record("group.add", identity=COMMAND_LINE).actor == "command line"


def test_a_name_cannot_begin_a_line_of_its_own(session: Session, installation: Installation) -> None:
    event = Audit(session, installation).record("x", target="a\nb\x1b[31mc" + "d" * 400)
    assert event.target.startswith("a\\nb\\x1b[31mc")
    assert len(event.target) == 320


def test_an_outcome_that_is_none_is_refused(session: Session, installation: Installation) -> None:
    with pytest.raises(ValueError, match="no outcome"):
        Audit(session, installation).record("x", outcome="maybe")


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET actor = 'nobody'", "DELETE FROM events", "TRUNCATE events", "replace"],
)
def test_the_database_refuses_to_change_or_remove_a_line(
    statement: str, installation: Installation, database: str
) -> None:
    with writing(installation.sessions) as session:
        Audit(session, installation).record("user.disable", identity=LEILA)
    if statement == "TRUNCATE events" and database == "sqlite":
        statement = "DELETE FROM events WHERE 1"
    if statement == "replace":
        columns = "id, at, kind, outcome, actor, target, address, detail"
        conflict = {"sqlite": "", "postgresql": " ON CONFLICT (id) DO UPDATE SET actor = 'nobody'"}[database]
        verb = {"sqlite": "INSERT OR REPLACE", "postgresql": "INSERT"}[database]
        statement = f"{verb} INTO events ({columns}) VALUES (1, 0, 'x', 'done', 'nobody', '', '', '{{}}'){conflict}"
    with pytest.raises(DatabaseError, match="never changed"), writing(installation.sessions) as session:
        session.execute(text(statement))
    with reading(installation.sessions) as session:
        event = session.get_one(Event, 1)
        assert event.actor == "Leila Haddad <leila@example.test>"
