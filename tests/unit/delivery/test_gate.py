"""The gate's one statement: what it finds for whom, and that it refuses when in doubt."""
from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from privmedia.access.permissions import DENIED, Permission
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import SignIn
from privmedia.accounts.service import Accounts
from privmedia.db import milliseconds, reading, writing
from privmedia.delivery.gate import Answer, Gate
from privmedia.errors import Unavailable
from privmedia.installation import Installation
from tests.conftest import FakeClock
from tests.private_library import PrivateLibrary

pytestmark = pytest.mark.both_databases
CONTENT = b"the original"


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    return PrivateLibrary(installation)


@pytest.fixture
def gate(installation: Installation) -> Iterator[Gate]:
    gate = Gate(installation.settings.sqlalchemy_url)
    yield gate
    gate.close()


def ask(
    gate: Gate, library: PrivateLibrary, name: str, item: str, *, file: str = "play.mp4", version: int | None = None
) -> Answer | None:
    return gate.ask(
        token=token_hash(library.tokens.get(name, "nobody's")),
        now=milliseconds(library.installation.clock()),
        item=item,
        version=version,
        file=file,
    )


def test_it_brings_the_file_the_caller_and_his_rights(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    found = ask(gate, library, "viewer", item)
    assert found is not None
    assert Permission(found.rights) == Permission.VIEW
    assert (found.filename, found.stored_as, found.media_type) == ("T4 bench.mp4", "original", "video/mp4")
    assert (found.user_id, found.user_name) == (library.user_ids["viewer"], "viewer")
    assert not found.is_admin
    assert found.current == found.number == 1


def test_a_block_travels_beside_what_is_allowed(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("blocked", deny=True)
    found = ask(gate, library, "blocked", library.add_item(CONTENT))
    assert found is not None
    assert found.rights & DENIED


def test_who_has_no_rule_has_no_rights(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("stranger")
    found = ask(gate, library, "stranger", library.add_item(CONTENT))
    assert found is not None
    assert found.rights == 0


def test_rights_of_one_person_are_not_those_of_another(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("manager", allow=Permission.MANAGE)
    library.add_person("stranger")
    found = ask(gate, library, "stranger", library.add_item(CONTENT))
    assert found is not None
    assert found.rights == 0


@pytest.mark.parametrize("file", ["play.webm", "version.json", "POSTER.WEBP", "poster", ""])
def test_only_files_of_the_table_can_be_asked_for(file: str, gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("manager", allow=Permission.MANAGE)
    assert ask(gate, library, "manager", library.add_item(CONTENT), file=file) is None


def test_nobody_finds_anything_without_a_session(gate: Gate, library: PrivateLibrary) -> None:
    assert ask(gate, library, "nobody", library.add_item(CONTENT)) is None


def test_a_version_can_be_named_and_the_current_one_is_the_default(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("editor", allow=Permission.EDIT)
    item = library.add_item(CONTENT)
    library.add_version(item, b"newer")
    current, older = ask(gate, library, "editor", item), ask(gate, library, "editor", item, version=1)
    assert current is not None
    assert older is not None
    assert (current.number, older.number, older.current) == (2, 1, 2)
    assert ask(gate, library, "editor", item, version=3) is None


def test_a_session_that_was_idle_too_long_finds_nothing(gate: Gate, library: PrivateLibrary, clock: FakeClock) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    clock.forward(hours=library.installation.settings.session_idle_hours, seconds=1)
    assert ask(gate, library, "viewer", item) is None


def test_a_session_that_was_ended_finds_nothing_at_the_next_request(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    assert ask(gate, library, "viewer", item)
    with writing(library.installation.sessions) as session:
        session.delete(session.scalars(select(SignIn)).one())
    assert ask(gate, library, "viewer", item) is None


def test_a_disabled_person_finds_nothing_at_the_next_request(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    assert ask(gate, library, "viewer", item)
    with writing(library.installation.sessions) as session:
        Accounts(session, library.installation).disable(user=library.user(session, "viewer"))
    assert ask(gate, library, "viewer", item) is None


def test_a_right_that_was_taken_away_is_gone_at_the_next_request(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    for allow in (Permission.VIEW, Permission(0), Permission.VIEW | Permission.DOWNLOAD, Permission(0)):
        library.set_rule("viewer", allow)
        found = ask(gate, library, "viewer", item)
        assert found is not None
        assert Permission(found.rights) == allow


def test_a_connection_that_broke_is_replaced_without_anybody_noticing(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    assert ask(gate, library, "viewer", item)
    gate._mine().connection.close()
    assert ask(gate, library, "viewer", item)


def test_a_database_that_does_not_answer_refuses_everything(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    assert ask(gate, library, "viewer", item)
    with writing(library.installation.sessions) as session:
        session.execute(text("ALTER TABLE memberships RENAME TO gone"))
    with pytest.raises(Unavailable):
        ask(gate, library, "viewer", item)


def test_threads_and_a_forked_process_ask_on_connections_of_their_own(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    assert ask(gate, library, "viewer", item)
    ours = gate._mine().connection
    seen: list[object] = []
    def in_a_thread() -> None:
        seen.extend((ask(gate, library, "viewer", item), gate._mine().connection is ours))

    thread = threading.Thread(target=in_a_thread)
    thread.start()
    thread.join()
    assert seen[0] is not None
    assert seen[1] is False

    child = os.fork()
    if child == 0:
        good = ask(gate, library, "viewer", item) is not None and gate._mine().connection is not ours
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert ask(gate, library, "viewer", item), "what the child did must not disturb our connection"


@pytest.mark.parametrize("by_token", [False, True])
def test_every_step_of_the_question_is_a_search_by_an_index(
    by_token: bool, gate: Gate, library: PrivateLibrary, database: str
) -> None:
    if database != "sqlite":
        return  # PostgreSQL chooses by statistics, which an empty database has none of
    values = {"token": "t", "now": 0, "item": "i", "version": None, "file": "f"}
    with reading(library.installation.sessions) as session:
        cursor = session.connection().connection.cursor()
        text, constants = gate._questions[by_token]
        cursor.execute("EXPLAIN QUERY PLAN " + text, {**constants, **values})
        plan = [str(row[3]) for row in cursor.fetchall()]
    assert len(plan) >= 9
    assert not [step for step in plan if step.startswith("SCAN")], plan


def test_the_clock_it_is_asked_by_is_the_callers(gate: Gate, library: PrivateLibrary) -> None:
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(CONTENT)
    found = ask(gate, library, "viewer", item)
    assert found is not None
    assert datetime.fromtimestamp(found.last_used_at / 1000, UTC) == library.installation.clock()
