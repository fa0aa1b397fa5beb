from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from privmedia.accounts import sign_ins as room
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity, identity_of, initials, touch
from privmedia.accounts.models import SignIn, Throttle, User
from privmedia.accounts.passwords import hash_password, place
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignedIn, SignIns, WrongPassword, sign_in
from privmedia.accounts.throttle import ACCOUNT, ADDRESS, network
from privmedia.db import reading, writing
from privmedia.errors import NotFound, Throttled, Unavailable
from privmedia.installation import Installation

pytestmark = pytest.mark.both_databases

HOME, ATTACKER = "192.0.2.7", "198.51.100.66"


@pytest.fixture
def leila(make_person: Callable[..., Any]) -> Any:
    return make_person("leila@example.test", name="Leila Haddad", admin=True)


@pytest.fixture
def attempt(installation: Installation, leila: Any) -> Callable[..., SignedIn]:
    def attempt(password: str = "", email: str = "", address: str = HOME, **more: Any) -> SignedIn:
        return sign_in(
            installation,
            email=email or leila.email,
            password=password or leila.password,
            address=address,
            **more,
        )

    return attempt


@pytest.fixture
def who(installation: Installation) -> Callable[[str], Identity | None]:
    def who(token: str) -> Identity | None:
        with reading(installation.sessions) as session:
            return identity_of(session, token=token, now=installation.clock(), address=HOME)

    return who


def test_the_token_says_who_it_is_with_groups_and_principals(
    attempt: Any, who: Any, leila: Any, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        made = [groups.add_group(name=name) for name in ("Board", "Trainers", "Empty")]
        for group in made[:2]:
            groups.join(group=group, users=[session.get_one(User, leila.id)])
    identity = who(attempt().token)
    assert (identity.user_id, identity.email) == (leila.id, leila.email)
    assert (identity.is_admin, identity.is_guest) == (True, False)
    assert identity.group_ids == {made[0].id, made[1].id}
    assert identity.principals == {f"user:{leila.id}", f"group:{made[0].id}", f"group:{made[1].id}", "everyone"}
    assert identity.address == HOME
    assert (identity.initials, identity.colour) == ("LH", leila.id % 10)


def test_a_guest_is_not_among_everyone(make_person: Any, attempt: Any, who: Any) -> None:
    guest = make_person("guest@example.test", guest=True)
    assert who(attempt(email=guest.email).token).principals == {f"user:{guest.id}"}


def test_only_a_hash_of_the_token_is_kept(attempt: Any, installation: Installation) -> None:
    token = attempt().token
    with reading(installation.sessions) as session:
        kept = session.scalars(select(SignIn)).one()
    assert token not in str(vars(kept))
    assert len(token) == 43


@pytest.mark.parametrize("token", ["", "x", "x" * 43, "x" * 4000, "ä" * 43, "\0" * 43])
def test_a_made_up_token_is_nobody(token: str, who: Any, leila: Any) -> None:
    assert who(token) is None


def test_unknown_wrong_disabled_and_passwordless_look_the_same(
    attempt: Any, make_person: Any, installation: Installation
) -> None:
    gone = make_person("gone@example.test")
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        accounts.disable(user=accounts.user_by_email(gone.email))
        accounts.add_user(email="invited@example.test")
    for email, password in (
        ("leila@example.test", "wrong"),
        ("nobody@example.test", "wrong"),
        ("gone@example.test", gone.password),
        ("invited@example.test", "wrong"),
    ):
        with pytest.raises(WrongPassword) as refused:
            attempt(password, email)
        assert (refused.value.sentence, refused.value.tries_left) == ("That email and password do not match.", 4)


def test_after_five_wrong_tries_even_the_right_password_waits_here_but_not_elsewhere(attempt: Any, clock: Any) -> None:
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongPassword) as refused:
            attempt("wrong", address=ATTACKER)
        assert refused.value.tries_left == left
    for _ in range(15):
        with pytest.raises(Throttled) as slowed:
            attempt("wrong", address=ATTACKER)
        assert 0 < slowed.value.retry_after <= 301
    with pytest.raises(Throttled):
        attempt(address=ATTACKER)
    assert attempt(address=HOME)
    clock.forward(minutes=5, seconds=1)
    assert attempt(address=ATTACKER)


def test_a_throttled_try_hashes_nothing(attempt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            attempt("wrong", address=ATTACKER)
    monkeypatch.setattr(room, "verify", lambda *a, **k: pytest.fail("a password was looked at"))
    with pytest.raises(Throttled):
        attempt("wrong", address=ATTACKER)


def test_one_address_cannot_go_through_many_accounts(attempt: Any) -> None:
    for number in range(ADDRESS.tries):
        with pytest.raises(WrongPassword):
            attempt("wrong", f"nobody{number}@example.test", ATTACKER)
    with pytest.raises(Throttled):
        attempt("wrong", "nobody@example.test", ATTACKER)
    assert attempt(address=HOME)


def test_an_office_that_signs_in_rightly_is_never_slowed(attempt: Any) -> None:
    for _ in range(ADDRESS.tries * 2):
        attempt(address=HOME)


def test_many_addresses_against_one_account_are_slowed_but_not_where_the_person_is_used_to_sign_in(
    attempt: Any,
) -> None:
    attempt(address=HOME)
    for number in range(ACCOUNT.tries):
        with pytest.raises(WrongPassword):
            attempt("wrong", address=f"198.51.100.{number}")
    with pytest.raises(Throttled):
        attempt("wrong", address="203.0.113.1")
    assert attempt(address=HOME)


def test_a_right_password_forgets_the_wrong_ones_before(attempt: Any, installation: Installation) -> None:
    for _ in range(4):
        with pytest.raises(WrongPassword):
            attempt("wrong")
    attempt()
    with pytest.raises(WrongPassword) as refused:
        attempt("wrong")
    assert refused.value.tries_left == 4


def test_a_neighbour_in_the_same_ipv6_network_is_the_same_guesser() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1")
    assert network("2001:db8::1") != network("2001:db8:0:1::1")
    assert network("::ffff:192.0.2.7") == network("192.0.2.7")
    assert network("unix:") == "unix:"


def test_old_counts_are_forgotten(attempt: Any, installation: Installation, clock: Any) -> None:
    with pytest.raises(WrongPassword):
        attempt("wrong", "nobody@example.test", ATTACKER)
    clock.forward(hours=3)
    attempt()
    with reading(installation.sessions) as session:
        assert not [each.key for each in session.scalars(select(Throttle)) if ATTACKER in each.key]


def test_a_try_for_which_there_is_no_place_is_not_counted(attempt: Any) -> None:
    with ExitStack() as taken:
        with suppress(Unavailable):
            while True:
                taken.enter_context(place())
        for _ in range(10):
            with pytest.raises(Unavailable):
                attempt("wrong")
    with pytest.raises(WrongPassword) as refused:
        attempt("wrong")
    assert refused.value.tries_left == 4


def test_the_hash_is_made_again_when_the_cost_has_risen(
    attempt: Any, installation: Installation, leila: Any
) -> None:
    with writing(installation.sessions) as session:
        session.get_one(User, leila.id).password_hash = hash_password(leila.password, rounds=4)
    object.__setattr__(installation.settings, "bcrypt_rounds", 5)
    attempt()
    with reading(installation.sessions) as session:
        assert "$05$" in str(session.get_one(User, leila.id).password_hash)
    assert attempt()


def test_a_session_ends_after_idle_hours_and_lives_on_while_used(
    attempt: Any, who: Any, clock: Any, installation: Installation
) -> None:
    token = attempt().token
    for _ in range(3):
        clock.forward(hours=11)
        touch(installation, who(token))
    assert who(token) is not None
    clock.forward(hours=12)
    assert who(token) is None
    with reading(installation.sessions) as session:
        assert SignIns(session, installation).ran_out(token)


def test_no_session_outlives_its_absolute_end_however_busy(
    attempt: Any, who: Any, clock: Any, installation: Installation
) -> None:
    for keep, days in ((False, 7), (True, 30)):
        token, hours = attempt(keep=keep).token, 0
        while (identity := who(token)) is not None:
            touch(installation, identity)
            clock.forward(hours=10)
            hours += 10
        assert days * 24 <= hours < days * 24 + 10


def test_a_kept_session_survives_idle_weeks(attempt: Any, who: Any, clock: Any, installation: Installation) -> None:
    signed_in = attempt(keep=True)
    assert signed_in.max_age == 30 * 86400
    clock.forward(hours=1)
    touch(installation, who(signed_in.token))
    clock.forward(days=28)
    assert who(signed_in.token) is not None
    clock.forward(days=2)
    assert who(signed_in.token) is None


def test_being_active_is_noted_at_most_every_ten_minutes(
    attempt: Any, who: Any, clock: Any, installation: Installation, leila: Any
) -> None:
    token = attempt().token
    began = clock.now
    clock.forward(minutes=9)
    touch(installation, who(token))
    assert who(token).last_used_at == began
    clock.forward(minutes=1)
    touch(installation, who(token))
    assert who(token).last_used_at == began + timedelta(minutes=10)
    with reading(installation.sessions) as session:
        assert session.get_one(User, leila.id).last_seen_at == began + timedelta(minutes=10)


def test_a_late_touch_does_not_wake_an_ended_session(
    attempt: Any, who: Any, clock: Any, installation: Installation
) -> None:
    token = attempt().token
    clock.forward(minutes=30)
    identity = who(token)
    with writing(installation.sessions) as session:
        SignIns(session, installation).sign_out(session_id=identity.session_id, by=identity)
    touch(installation, identity)
    assert who(token) is None


def test_signing_in_again_ends_the_session_the_browser_had(attempt: Any, who: Any) -> None:
    before = attempt().token
    after = attempt(replaces=before).token
    assert who(before) is None
    assert who(after) is not None


def test_somebody_sees_and_ends_their_own_sessions_only(
    attempt: Any, who: Any, installation: Installation, leila: Any, make_person: Any
) -> None:
    jonas = make_person("jonas@example.test")
    tokens = [attempt(browser="Firefox").token, attempt().token, attempt().token]
    theirs = attempt(email=jonas.email).token
    me = who(tokens[0])
    with writing(installation.sessions) as session:
        sign_ins = SignIns(session, installation)
        live = {each.id: each for each in sign_ins.live(user_id=leila.id)}
        assert len(live) == 3
        assert live[me.session_id].browser == "Firefox"
        sign_ins.end(uid=live[who(tokens[1]).session_id].uid, user_id=leila.id, by=me)
        with pytest.raises(NotFound):
            sign_ins.end(uid=sign_ins.live(user_id=jonas.id)[0].uid, user_id=leila.id, by=me)
        with pytest.raises(NotFound):
            sign_ins.end(uid="no such", user_id=leila.id, by=me)
    assert who(tokens[1]) is None
    with writing(installation.sessions) as session:
        assert SignIns(session, installation).end_all(user_id=leila.id, but=me.session_id, by=me) == 1
    assert [who(token) is None for token in (*tokens, theirs)] == [False, True, True, False]


def test_a_renewed_session_has_a_new_token_and_the_old_one_is_dead(
    attempt: Any, who: Any, installation: Installation
) -> None:
    before = attempt(keep=True).token
    with writing(installation.sessions) as session:
        after = SignIns(session, installation).renew(session_id=who(before).session_id)
    assert who(before) is None
    assert who(after.token) is not None
    assert after.max_age == 30 * 86400


def test_ended_sessions_are_removed_after_a_season(attempt: Any, installation: Installation, clock: Any) -> None:
    attempt()
    clock.forward(days=100)
    attempt()
    with reading(installation.sessions) as session:
        assert len(session.scalars(select(SignIn)).all()) == 1


def test_a_password_changed_while_it_was_being_checked_does_not_sign_in(
    attempt: Any, installation: Installation, leila: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = room.verify

    def meanwhile(*args: Any, **kw: Any) -> bool:
        matches = verify(*args, **kw)
        with writing(installation.sessions) as session:
            accounts = Accounts(session, installation)
            accounts.set_password(user=accounts.user_by_email(leila.email), password_hash="v1$other")
        return matches

    monkeypatch.setattr(room, "verify", meanwhile)
    with pytest.raises(WrongPassword):
        attempt()


def test_initials() -> None:
    names = ["Maren Aasen", "Milo", "ål", "A. B. Carl-Berg", "…"]
    assert [initials(name) for name in names] == ["MA", "MI", "ÅL", "AB", ""]


def test_an_ended_session_stays_ended_when_the_clock_is_set_back(
    attempt: Any, who: Any, clock: Any, installation: Installation, leila: Any
) -> None:
    token = attempt(keep=True).token
    clock.forward(days=1)
    with writing(installation.sessions) as session:
        SignIns(session, installation).end_all(user_id=leila.id)
    clock.forward(hours=-20)
    assert who(token) is None
