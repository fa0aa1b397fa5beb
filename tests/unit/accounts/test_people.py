from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.identity import identity_of
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns
from privmedia.audit.models import Event
from privmedia.audit.service import NamedAuthor
from privmedia.db import reading, writing
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation

pytestmark = pytest.mark.both_databases

LEILA = "leila@example.test"


@pytest.fixture
def accounts(session: Session, installation: Installation) -> Accounts:
    return Accounts(session, installation)


def kinds(session: Session) -> list[str]:
    session.flush()
    return list(session.scalars(select(Event.kind).order_by(Event.id)))


def author(user: User) -> NamedAuthor:
    return NamedAuthor(user.name, user.email, user.id)


def test_an_address_is_kept_in_small_letters_and_found_in_any(accounts: Accounts) -> None:
    user = accounts.add_user(email=" Leila.Haddad@Example.TEST ", name="Leila  Haddad")
    assert user.email == "leila.haddad@example.test"
    assert user.name == "Leila Haddad"
    assert accounts.user_by_email("LEILA.haddad@example.test") is user
    assert accounts.user(user.uid) is user


def test_without_a_name_the_address_serves(accounts: Accounts) -> None:
    assert accounts.add_user(email=LEILA).name == "leila"


@pytest.mark.parametrize(
    "email", ["", "leila", "leila@", "@example.test", "a b@example.test", "a@b@c", "a@[192.0.2.1]", "x" * 250 + "@b.c"]
)
def test_what_is_no_address_is_refused_at_its_field(email: str, accounts: Accounts) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.add_user(email=email)
    assert refused.value.field == "email"


@pytest.mark.parametrize("email", ["leila@media", "leila@server.local", "leila@bücher.example"])
def test_addresses_of_a_local_network_are_taken(email: str, accounts: Accounts) -> None:
    assert accounts.add_user(email=email).email == email


def test_an_address_has_one_account(accounts: Accounts) -> None:
    accounts.add_user(email=LEILA)
    with pytest.raises(Conflict, match="already has an account"):
        accounts.add_user(email=LEILA.upper())


def test_a_name_cannot_carry_line_breaks_or_turning_marks(accounts: Accounts) -> None:
    assert accounts.add_user(email=LEILA, name="Lei\u202ela\nHad\x1bdad").name == "Leila Haddad"
    with pytest.raises(Invalid):
        accounts.add_user(email="other@example.test", name="x" * 121)


def test_an_unknown_person_is_named_in_the_refusal(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"There is no account nobody@example\.test"):
        accounts.user_by_email("nobody@example.test")
    with pytest.raises(NotFound):
        accounts.user("0" * 16)


def test_people_are_listed_by_name_and_found_by_part_of_name_or_address(accounts: Accounts) -> None:
    for name in ("Tomasz", "anna", "Zoë", "100%"):
        accounts.add_user(email=f"{ord(name[0])}@example.test", name=name)
    assert [user.name for user in accounts.users()] == ["100%", "anna", "Tomasz", "Zoë"]
    assert [user.name for user in accounts.users(offset=1, limit=2)] == ["anna", "Tomasz"]
    assert [user.name for user in accounts.users(q="TOM example")] == ["Tomasz"]
    assert [user.name for user in accounts.users(q="%")] == ["100%"]
    assert accounts.count(q="a") == 4
    assert accounts.count(q="anna") == 1


def test_the_last_administrator_can_neither_be_disabled_nor_demoted(accounts: Accounts) -> None:
    leila = accounts.add_user(email=LEILA, admin=True)
    other = accounts.add_user(email="other@example.test", admin=True)
    accounts.disable(user=other)
    with pytest.raises(Conflict, match="last administrator"):
        accounts.disable(user=leila)
    with pytest.raises(Conflict, match="last administrator"):
        accounts.change_user(user=leila, name="Leila", admin=False, guest=False)
    accounts.enable(user=other)
    accounts.disable(user=leila)
    assert accounts.count_administrators() == 1


def test_a_disabled_administrator_can_be_demoted(accounts: Accounts) -> None:
    accounts.add_user(email=LEILA, admin=True)
    other = accounts.add_user(email="other@example.test", admin=True)
    accounts.disable(user=other)
    assert not accounts.change_user(user=other, name="Other", admin=False, guest=True).is_admin


def test_nobody_disables_or_demotes_themselves(accounts: Accounts) -> None:
    leila = accounts.add_user(email=LEILA, admin=True)
    accounts.add_user(email="other@example.test", admin=True)
    with pytest.raises(Conflict, match="your own account"):
        accounts.disable(user=leila, by=author(leila))
    with pytest.raises(Conflict, match="from yourself"):
        accounts.change_user(user=leila, name="Leila", admin=False, guest=False, by=author(leila))


def test_an_administrator_is_no_guest(accounts: Accounts) -> None:
    with pytest.raises(Invalid, match="cannot be a guest"):
        accounts.add_user(email=LEILA, admin=True, guest=True)


def test_two_administrators_who_disable_each_other_at_once_leave_one(installation: Installation) -> None:
    with writing(installation.sessions) as session:
        pair = [Accounts(session, installation).add_user(email=f"{n}@example.test", admin=True) for n in (1, 2)]

    def disable(target: User, by: User) -> str:
        try:
            with writing(installation.sessions) as session:
                accounts = Accounts(session, installation)
                accounts.disable(user=accounts.user(target.uid), by=author(by))
        except Conflict:
            return "refused"
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(disable, pair, reversed(pair)))
    assert outcomes == ["done", "refused"]
    with reading(installation.sessions) as session:
        assert Accounts(session, installation).count_administrators() == 1


def test_disabling_and_a_new_password_end_every_session(session: Session, installation: Installation) -> None:
    accounts, sign_ins = Accounts(session, installation), SignIns(session, installation)
    leila = accounts.add_user(email=LEILA)

    def signed_in(token: str) -> Any:
        return identity_of(session, token=token, now=installation.clock())

    one, two = (sign_ins.begin(user=leila, keep=keep) for keep in (True, False))
    session.flush()
    kept = signed_in(one.token)
    accounts.set_password(user=leila, password_hash="v1$new", keeps_session=kept.session_id, by=author(leila))
    assert signed_in(one.token) == kept
    assert signed_in(two.token) is None
    accounts.disable(user=leila)
    assert signed_in(one.token) is None
    accounts.enable(user=leila)
    assert signed_in(one.token) is None


def test_every_verb_writes_one_line(accounts: Accounts, session: Session) -> None:
    accounts.add_user(email="other@example.test", admin=True)
    leila = accounts.add_user(email=LEILA)
    accounts.change_user(user=leila, name="Leila", admin=True, guest=False)
    accounts.set_password(user=leila, password_hash="v1$x")
    accounts.disable(user=leila)
    accounts.enable(user=leila)
    assert kinds(session) == ["user.add", "user.add", "user.change", "user.password", "user.disable", "user.enable"]
    changed = session.scalars(select(Event).where(Event.kind == "user.change")).one()
    assert changed.detail == {"name": ["leila", "Leila"], "is_admin": [False, True]}
    assert "v1$x" not in str([event.detail for event in session.scalars(select(Event))])


def test_someone_is_last_seen_when_they_sign_in(session: Session, installation: Installation, clock: Any) -> None:
    leila = Accounts(session, installation).add_user(email=LEILA)
    clock.forward(days=3)
    SignIns(session, installation).begin(user=leila, keep=False)
    session.flush()
    session.refresh(leila)
    assert leila.last_seen_at == leila.created_at + timedelta(days=3)
