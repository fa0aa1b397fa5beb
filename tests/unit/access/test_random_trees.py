"""Every way of asking who may do what gives the same answer as an oracle, on random libraries and both databases."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pyramid.authorization import ACLHelper
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.access.decision import Decision
from privmedia.access.permissions import ALL, NOTHING, Permission
from privmedia.access.resources import RIGHTS, acl_of
from privmedia.access.visible import allowed, bits_for, folder_seen, item_seen
from privmedia.accounts.identity import Identity, identity_of, token_hash
from privmedia.accounts.models import Group, Membership, SignIn, User, Viewpoint
from privmedia.db import write_mode
from privmedia.errors import Conflict
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item, Kind
from privmedia.library.reach import Reaches
from privmedia.library.rules import Rules, Wanted
from privmedia.library.why import Why
from privmedia.scopes import Scope
from privmedia.web.security import SecurityPolicy
from tests.conftest import FakeClock
from tests.faults import FULL
from tests.unit.access.worlds import EDIT, EVERYTHING, LASTS, MANAGE, UPLOAD, VIEW, Oracle, World, worlds

START = datetime.fromisoformat("2026-11-23T12:00:00+00:00")
NOW = START + timedelta(hours=2)
ENDS = dict(zip(LASTS, (None, NOW + timedelta(hours=1), NOW, START + timedelta(hours=1)), strict=True))
RULED_BY = func.coalesce(Item.acl_id, Folder.acl_id)

pytestmark = pytest.mark.both_databases
many = settings(
    max_examples=25 if FULL else 10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@dataclass
class Built:
    """A world as rows: the same numbers, as objects of the database."""

    session: Session
    rules: Rules
    why: Why
    world: World
    users: list[User]
    places: list[Any]

    def callers(self) -> Iterator[tuple[int, Identity]]:
        """Everybody who can sign in at all, as the statement for sessions finds them."""
        for number, user in enumerate(self.users):
            identity = self.caller(user)
            assert (identity is None) == (user.disabled_at is not None)
            if identity is not None:
                yield number, identity

    def caller(self, user: User) -> Identity | None:
        return identity_of(self.session, token=token_of(user), now=NOW)

    def seen_as(self, user: User) -> Identity | None:
        """The caller when the first administrator who can sign in sees the library as this person; None for nobody."""
        administrator = next((one for one in self.users if one.is_admin and one.disabled_at is None), None)
        if administrator is None:
            return None
        signed_in = self.session.scalars(select(SignIn).where(SignIn.user_id == administrator.id)).one()
        viewpoint = Viewpoint(session_id=signed_in.id, user_id=user.id, since=NOW)
        self.session.add(viewpoint)
        self.session.flush()
        identity = self.caller(administrator)
        self.session.delete(viewpoint)
        self.session.flush()
        return identity

    def numbers(self, *, items: bool) -> dict[int, int]:
        """Database id to number of the place, of items or of folders."""
        return {
            place.id: number for number, place in enumerate(self.places) if isinstance(place, Item) == items
        }


def token_of(user: User) -> str:
    """The token of the one session of a person."""
    return f"{user.id:043}"


@contextmanager
def built(world: World, installation: Installation, clock: FakeClock) -> Iterator[Built]:
    """The world in the database: made by the services, moved and cleared, two hours later; gone afterwards."""
    clock.now = START
    world = deepcopy(world)  # moves and clearings change it; a failing example is to be printed as it was
    with installation.sessions() as session:
        write_mode(session)
        rules = Rules(session, installation)
        users = [
            User(
                uid=new_uid(),
                email=f"user{number}@example.test",
                name=f"User {number}",
                is_admin=some.admin,
                is_guest=some.guest,
                created_at=START,
                disabled_at=START if some.disabled else None,
            )
            for number, some in enumerate(world.users)
        ]
        groups = [
            Group(uid=new_uid(), name=f"Group {number}", name_key=f"group {number}", created_at=START)
            for number in range(world.groups)
        ]
        session.add_all([*users, *groups])
        session.flush()
        for some, user in zip(world.users, users, strict=True):
            session.add_all(
                Membership(user_id=user.id, group_id=groups[number].id, since=START) for number in some.groups
            )
            session.add(
                SignIn(
                    uid=new_uid(),
                    token_hash=token_hash(token_of(user)),
                    user_id=user.id,
                    created_at=START,
                    last_used_at=START,
                    idle_until=NOW + timedelta(days=1),
                    expires_at=NOW + timedelta(days=1),
                )
            )
        places: list[Any] = [session.get_one(Folder, ROOT_ID)]
        for number, some_place in enumerate(world.places[1:], start=1):
            above = places[some_place.parent or 0]
            if some_place.is_item:
                uploader = None if some_place.uploader is None else users[some_place.uploader].id
                place: Any = Item(
                    uid=new_uid(),
                    folder_id=above.id,
                    kind=Kind.VIDEO,
                    title=f"Item {number}",
                    shown=some_place.shown,
                    uploader_id=uploader,
                    created_at=START,
                )
            else:
                place = Folder(
                    uid=new_uid(),
                    parent_id=above.id,
                    name=f"Folder {number}",
                    name_key=f"folder {number}",
                    acl_id=rules.pointers.hold_place(above),
                    created_at=START,
                )
            session.add(place)
            session.flush()
            places.append(place)

        def named(whom: tuple[str, int]) -> str:
            kind, number = whom
            if kind == "everyone":
                return kind
            return f"{kind}:{(users if kind == 'user' else groups)[number].id}"

        for number in world.order:
            for rule in world.places[number].rules.values():
                wanted = Wanted(named(rule.whom), Permission(rule.allow), rule.deny, ENDS[rule.lasts])
                rules.set(places[number], wanted)
            if not world.places[number].inherits:
                rules.set_inherits(places[number], False)
        for number, target in world.moves:
            move(world, rules, places, number, target)
        for number, whom in world.cleared:
            assert rules.clear(places[number], named(whom)) == (whom in world.places[number].rules)
            world.places[number].rules.pop(whom, None)
        clock.now = NOW
        yield Built(session, rules, Why(session, installation), world, users, places)
        session.rollback()


def move(world: World, rules: Rules, places: list[Any], number: int, target: int) -> None:
    """Move a place if a library would; a folder into itself is refused and nothing changes."""
    if world.places[number].is_item:
        if target == 0:
            return
        rules.pointers.put_item(places[number], places[target])
    elif world.is_below(target, number):
        with pytest.raises(Conflict):
            rules.pointers.put_folder(places[number], places[target])
        return
    else:
        rules.pointers.put_folder(places[number], places[target])
    world.places[number].parent = target


@many
@given(world=worlds())
def test_a_decision_and_the_policy_over_its_acl_agree_with_the_oracle(
    world: World, installation: Installation, clock: FakeClock
) -> None:
    with built(world, installation, clock) as made:
        oracle = Oracle(made.world)
        for user, identity in made.callers():
            for number, place in enumerate(made.places):
                decision = made.rules.decision(identity, place)
                expected = oracle.rights(user, number)
                assert decision.rights == expected
                seen = expected | (VIEW if expected & UPLOAD else 0)
                assert decision.folder_rights == seen
                context = type("Context", (), {"__acl__": acl_of(decision.rights, identity)})
                for permission, right in RIGHTS.items():
                    answer = ACLHelper().permits(context, identity.principals, right)
                    assert bool(answer) == bool(expected & permission)


@many
@given(world=worlds())
def test_the_compiled_lists_agree_with_the_oracle(world: World, installation: Installation, clock: FakeClock) -> None:
    with built(world, installation, clock) as made:
        oracle = Oracle(made.world)
        items, folders = made.numbers(items=True), made.numbers(items=False)
        for user, identity in made.callers():
            for permission in Permission:
                may = allowed(RULED_BY, Item.uploader_id, identity, permission, now=NOW)
                listed = made.session.scalars(select(Item.id).join(Folder).where(may)).all()
                expected = {n for n in items.values() if oracle.rights(user, n, as_if_shown=True) & permission}
                assert sorted(items[one] for one in listed) == sorted(expected)
                may = allowed(Folder.acl_id, None, identity, permission, now=NOW)
                listed = made.session.scalars(select(Folder.id).where(may)).all()
                expected = {n for n in folders.values() if oracle.rights(user, n) & permission}
                assert sorted(folders[one] for one in listed) == sorted(expected)
            seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=NOW)
            listed = made.session.scalars(select(Item.id).join(Folder).where(seen)).all()
            assert {items[one] for one in listed} == {n for n in items.values() if oracle.rights(user, n) & VIEW}
            listed = made.session.scalars(select(Folder.id).where(folder_seen(Folder.acl_id, identity, now=NOW))).all()
            expected = {n for n in folders.values() if oracle.rights(user, n) & (VIEW | UPLOAD)}
            assert {folders[one] for one in listed} == expected


@many
@given(world=worlds())
def test_the_gates_number_agrees_with_the_oracle(world: World, installation: Installation, clock: FakeClock) -> None:
    with built(world, installation, clock) as made:
        oracle = Oracle(made.world)
        items = made.numbers(items=True)
        for user, identity in made.callers():
            number = bits_for(RULED_BY, SignIn.user_id, User.is_guest, NOW)
            rows = made.session.execute(
                select(Item.id, Item.uploader_id, Item.shown, User.is_admin, number)
                .select_from(SignIn)
                .join(User, User.id == SignIn.user_id)
                .join(Item, Item.id > 0)
                .join(Folder, Folder.id == Item.folder_id)
                .where(SignIn.user_id == identity.user_id)
            ).all()
            assert len(rows) == len(items)
            for item_id, uploader_id, shown, is_admin, bits in rows:
                own = uploader_id == identity.user_id
                decision = Decision.of_bits(bits, admin=is_admin, own=own, shown=shown)
                assert decision.rights == oracle.rights(user, items[item_id])


@many
@given(world=worlds())
def test_explanations_and_audiences_agree_with_the_oracle(
    world: World, installation: Installation, clock: FakeClock
) -> None:
    with built(world, installation, clock) as made:
        oracle = Oracle(made.world)
        for number, place in enumerate(made.places):
            seeing = {}
            for user, person in enumerate(made.users):
                expected = oracle.rights(user, number)
                explanation = made.why.explain(person, place)
                assert explanation.rights == expected
                assert sum(answer.permission for answer in explanation.answers if answer.given) == expected
                assert all(answer.because for answer in explanation.answers)
                assert "$" not in " ".join(explanation.lines())
                if expected & (VIEW | UPLOAD) and not person.is_admin:
                    seeing[person.id] = expected
            audience = made.rules.audience(place)
            assert audience.rights == seeing
            assert audience.viewers == sum(1 for rights in seeing.values() if rights & VIEW)


# What a token or a view as somebody else leaves of what the person may do, for a request that only reads.
READS_WITH = {
    Scope.READ: Permission.VIEW | Permission.DOWNLOAD,
    Scope.UPLOAD: Permission.UPLOAD,
    Scope.EDIT: Permission.EDIT,
    Scope.MANAGE: Permission.MANAGE,
}
CHANGES_WITH = READS_WITH | {Scope.READ: NOTHING}
LOOKS_WITH = ALL & ~Permission.DOWNLOAD


def permitted(identity: Identity | None, decision: Decision, method: str = "GET") -> Permission:
    """What the security policy grants over a context with this decision."""
    request: Any = SimpleNamespace(method=method, caller=identity)
    context = SimpleNamespace(__acl__=acl_of(decision.rights, identity))
    given = NOTHING
    for permission, right in RIGHTS.items():
        if SecurityPolicy().permits(request, context, right):
            given |= permission
    return given


def listed(made: Built, identity: Identity | None, permission: Permission) -> set[int]:
    """The numbers of the places that the compiled conditions list; items that are not shown yet are listed as such."""
    items, folders = made.numbers(items=True), made.numbers(items=False)
    may = allowed(RULED_BY, Item.uploader_id, identity, permission, now=NOW)
    found = {items[item_id] for item_id in made.session.scalars(select(Item.id).join(Folder).where(may))}
    may = allowed(Folder.acl_id, None, identity, permission, now=NOW)
    return found | {folders[folder_id] for folder_id in made.session.scalars(select(Folder.id).where(may))}


def agree(made: Built) -> int:
    """Ask for each person, place and permission in every way there is; answers how many decisions that were."""
    oracle, decisions = Oracle(made.world), 0
    items = made.numbers(items=True)
    for user, person in enumerate(made.users):
        identity, seen_as = made.caller(person), made.seen_as(person)
        for permission in Permission:
            expected = {n for n in range(len(made.places)) if oracle.rights(user, n, as_if_shown=True) & permission}
            assert listed(made, identity, permission) == expected
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=NOW)
        visible = {items[item_id] for item_id in made.session.scalars(select(Item.id).join(Folder).where(seen))}
        for number, place in enumerate(made.places):
            expected = oracle.rights(user, number)
            decision = made.rules.decision(identity, place)
            assert decision.rights == expected
            assert permitted(identity, decision) == expected
            assert made.why.explain(person, place).rights == expected
            if isinstance(place, Item):
                assert (number in visible) == bool(expected & VIEW)
            if identity is not None:
                for scope in Scope:
                    by_token = identity._replace(scopes=frozenset({scope}), session_id=None)
                    assert permitted(by_token, decision) == expected & READS_WITH[scope]
                    assert permitted(by_token, decision, "POST") == expected & CHANGES_WITH[scope]
            if seen_as is not None and identity is not None and not person.is_admin:
                assert seen_as.user_id == person.id
                decision = made.rules.decision(seen_as, place)
                assert decision.rights == expected
                assert permitted(seen_as, decision) == expected & LOOKS_WITH
                assert permitted(seen_as, decision, "POST") == NOTHING
            decisions += len(Permission)
    return decisions


def test_thousands_of_decisions_are_the_same_however_they_are_asked(
    installation: Installation, clock: FakeClock
) -> None:
    decisions = 0

    # The same worlds in every run: these are the cases that are promised. The other tests here look for new ones.
    @settings(many, max_examples=28 if FULL else 8, derandomize=True, database=None, phases=[Phase.generate])
    @given(world=worlds(crowded=True))
    def each(world: World) -> None:
        nonlocal decisions
        with built(world, installation, clock) as made:
            decisions += agree(made)

    each()
    assert decisions >= (10_000 if FULL else 2_000)


@many
@given(world=worlds())
def test_what_a_person_can_reach_agrees_with_the_oracle(
    world: World, installation: Installation, clock: FakeClock
) -> None:
    with built(world, installation, clock) as made:
        oracle = Oracle(made.world)
        uids = {place.uid: number for number, place in enumerate(made.places)}
        for user, person in enumerate(made.users):
            if person.disabled_at is not None:
                continue
            reach = Reaches(made.session, installation).of(person, every=True)
            rows = {uids[row.uid]: row for row in reach.rows}
            folders = [number for number in made.numbers(items=False).values() if number != 0]
            assert all(rows[number].place.rights == oracle.rights(user, number) for number in folders)
            seen = [number for number in made.numbers(items=True).values() if oracle.rights(user, number) & VIEW]
            assert reach.items == len(seen)
            assert reach.folders == sum(bool(oracle.rights(user, number) & (VIEW | UPLOAD)) for number in folders)
            for group in reach.groups:
                loss = Reaches(made.session, installation).of(person, without=group).loss
                without = Oracle(made.world.without(user, int(group.name.removeprefix("Group "))))
                left = [number for number in made.numbers(items=True).values() if without.rights(user, number) & VIEW]
                assert loss is not None
                assert loss.items == len(seen) - len(left)


@many
@given(world=worlds())
def test_pointers_and_chains_fit_whatever_was_set_moved_and_cleared(
    world: World, installation: Installation, clock: FakeClock
) -> None:
    with built(world, installation, clock) as made:
        assert made.rules.pointers.differences() == []
        own = {id(place) for place, _path in made.rules.everywhere()}
        for place, some in zip(made.places[1:], made.world.places[1:], strict=True):
            assert (id(place) in own) == bool(some.rules or not some.inherits)


def test_the_numbers_of_the_oracle_are_those_of_the_permissions() -> None:
    assert [int(permission) for permission in Permission] == [VIEW, 2, UPLOAD, EDIT, MANAGE]
    assert sum(Permission) == EVERYTHING
