from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from privmedia.accounts.first_start import FirstStart, organisation
from privmedia.accounts.models import OneTimeLink, User
from privmedia.accounts.service import Accounts
from privmedia.db import reading, writing
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation

pytestmark = pytest.mark.both_databases

ANSWERS = {
    "organisation": "Skarvik Marine",
    "name": "Maren Aasen",
    "email": "maren@example.test",
    "password_hash": "v1$x",
}


def make_link(installation: Installation) -> str:
    with writing(installation.sessions) as session:
        return FirstStart(session, installation).make_link().rsplit("/", 1)[1]


def is_open(installation: Installation, token: str) -> bool:
    with reading(installation.sessions) as session:
        return FirstStart(session, installation).is_open(token)


def finish(installation: Installation, token: str, **more: str) -> User:
    with writing(installation.sessions) as session:
        return FirstStart(session, installation).finish(token=token, **{**ANSWERS, **more})


def test_the_link_makes_the_first_administrator_and_the_organisation(installation: Installation) -> None:
    token = make_link(installation)
    assert is_open(installation, token)
    user = finish(installation, token)
    assert (user.is_admin, user.email) == (True, "maren@example.test")
    with reading(installation.sessions) as session:
        assert organisation(session) == "Skarvik Marine"


def test_the_link_stands_under_the_base_url_and_its_token_is_not_kept(installation: Installation) -> None:
    with writing(installation.sessions) as session:
        link = FirstStart(session, installation).make_link()
        assert link.startswith("http://media.example.test/setup/")
        assert link.rsplit("/", 1)[1] not in str(vars(session.scalars(select(OneTimeLink)).one()))


def test_the_link_works_once(installation: Installation) -> None:
    token = make_link(installation)
    finish(installation, token)
    assert not is_open(installation, token)
    with pytest.raises(NotFound):
        finish(installation, token, email="second@example.test")


def test_the_link_works_for_a_day(installation: Installation, clock: Any) -> None:
    token = make_link(installation)
    clock.forward(hours=23, minutes=59)
    assert is_open(installation, token)
    clock.forward(minutes=1)
    assert not is_open(installation, token)
    with pytest.raises(NotFound):
        finish(installation, token)


def test_only_the_newest_link_works(installation: Installation) -> None:
    old, new = make_link(installation), make_link(installation)
    assert not is_open(installation, old)
    assert is_open(installation, new)


def test_every_link_is_dead_once_there_is_an_administrator(installation: Installation) -> None:
    token = make_link(installation)
    with writing(installation.sessions) as session:
        Accounts(session, installation).add_user(email="admin@example.test", admin=True)
    assert not is_open(installation, token)
    with pytest.raises(NotFound):
        finish(installation, token)
    with pytest.raises(Conflict, match="an administrator already"):
        make_link(installation)


def test_people_who_are_no_administrators_do_not_end_it(installation: Installation) -> None:
    with writing(installation.sessions) as session:
        Accounts(session, installation).add_user(email="member@example.test")
    assert is_open(installation, make_link(installation))


def test_a_wrong_answer_does_not_use_the_link_up(installation: Installation) -> None:
    token = make_link(installation)
    for wrong in ({"organisation": " "}, {"name": "x" * 121}, {"email": "nonsense"}):
        with pytest.raises(Invalid):
            finish(installation, token, **wrong)
    assert is_open(installation, token)


def test_two_who_use_the_link_at_once_make_one_administrator(installation: Installation) -> None:
    token = make_link(installation)

    def attempt(number: int) -> str:
        try:
            finish(installation, token, email=f"{number}@example.test")
        except NotFound:
            return "late"
        return "made"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))
    assert outcomes == ["late", "late", "late", "made"]
    with reading(installation.sessions) as session:
        assert len(session.scalars(select(User)).all()) == 1


@pytest.mark.parametrize("token", ["", "x" * 43, "../../etc", "ä"])
def test_a_made_up_token_opens_nothing(token: str, installation: Installation) -> None:
    make_link(installation)
    assert not is_open(installation, token)
