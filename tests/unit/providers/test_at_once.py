"""Two first sign-ins of one address at the same moment: one account, and no fault of the server."""
from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text

from privmedia.accounts.elsewhere import TurnedAway, first_or_again
from privmedia.accounts.models import User
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.provider_settings import Provider
from privmedia.providers.people import People, Vouched

CONTOSO = Provider(
    name="contoso", issuer="https://contoso.example", client_id="x", client_secret="y", text="Contoso",
    make_accounts=True,
)
LEILA = Vouched("leila-1", "leila@example.test", "Leila Haddad")


def arrive(installation: Installation, person: Vouched) -> int:
    return first_or_again(
        installation.sessions, lambda session: People(session, installation).arrive(CONTOSO, person)[1].id
    )


def wait_until_it_waits(installation: Installation, other: Future[Any]) -> None:
    """Until the other has come so far that it needs what this one holds; SQLite lets nobody begin meanwhile."""
    if installation.engine.dialect.name == "sqlite":
        return
    with installation.engine.connect() as connection:
        held = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND database IS NULL")
        while not other.done() and not connection.scalar(held):
            connection.rollback()


def both_at_once(installation: Installation, second: Vouched) -> Future[int]:
    with ThreadPoolExecutor(1) as aside:
        with writing(installation.sessions) as session:
            People(session, installation).arrive(CONTOSO, LEILA)
            other = aside.submit(arrive, installation, second)
            wait_until_it_waits(installation, other)
        return other


@pytest.mark.both_databases
def test_the_same_person_in_two_browsers_has_one_account(installation: Installation) -> None:
    other = both_at_once(installation, LEILA)
    with reading(installation.sessions) as session:
        assert session.scalars(select(User.id)).all() == [other.result()]


@pytest.mark.both_databases
def test_two_people_of_one_address_are_told_so(installation: Installation) -> None:
    other = both_at_once(installation, Vouched("another-2", "leila@example.test", "Leila Other"))
    with pytest.raises(TurnedAway, match="There is an account with your email address already"):
        other.result()
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count(User.id))) == 1
