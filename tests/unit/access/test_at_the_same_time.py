"""Rules and folders changed by two at the same time: none of them ends up under the wrong rules."""
from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted

pytestmark = pytest.mark.both_databases
Action = Callable[[Session, Installation], object]
LONGEST_WAIT = 60  # seconds


def make_a_folder(session: Session, installation: Installation) -> None:
    Paths(session, installation).make_folders("A/B/New")


def cut_the_folder_above_off(session: Session, installation: Installation) -> None:
    rules, folder = Rules(session, installation), Paths(session, installation).folder("A")
    rules.set(folder, Wanted("everyone", Permission.VIEW))
    rules.set_inherits(folder, False)


def give_the_folder_rules(session: Session, installation: Installation) -> None:
    folder = Paths(session, installation).folder("A/B")
    Rules(session, installation).set(folder, Wanted("everyone", Permission.DOWNLOAD))


def wait_until_it_stands_or_is_done(installation: Installation, other: Future[None]) -> None:
    """Until the other one waits for a lock or has gone through. SQLite does not tell who waits: go on at once."""
    deadline = time.monotonic() + LONGEST_WAIT
    while installation.engine.dialect.name == "postgresql" and not other.done():
        assert time.monotonic() < deadline
        with installation.engine.connect() as connection:
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if connection.execute(waiting).scalar_one():
                return


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (cut_the_folder_above_off, make_a_folder),
        (make_a_folder, cut_the_folder_above_off),
        (cut_the_folder_above_off, give_the_folder_rules),
        (give_the_folder_rules, cut_the_folder_above_off),
    ],
)
def test_whoever_comes_second_sees_what_the_first_did(
    installation: Installation, first: Action, second: Action
) -> None:
    def do_the_second() -> None:
        with writing(installation.sessions) as session:
            second(session, installation)

    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders("A/B")
    with ThreadPoolExecutor() as pool:
        with writing(installation.sessions) as session:
            first(session, installation)
            other = pool.submit(do_the_second)
            wait_until_it_stands_or_is_done(installation, other)
        other.result(LONGEST_WAIT)
    with reading(installation.sessions) as session:
        rules, paths = Rules(session, installation), Paths(session, installation)
        assert rules.pointers.differences() == []
        for row in paths.folders():
            assert any(Permission.VIEW in rule.allow for rule in rules.reaching(paths.folder(row.path)))
