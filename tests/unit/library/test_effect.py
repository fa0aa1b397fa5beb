"""What a change of rules is said to do is what it does: for random libraries, people and changes, on both databases."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.identity import Identity
from privmedia.audit.service import COMMAND_LINE
from privmedia.installation import Installation
from privmedia.library.effects import Effects
from privmedia.library.models import Folder, Item
from privmedia.library.rules import Change, Wanted, wanted_of
from tests.conftest import FakeClock
from tests.faults import FULL
from tests.unit.access.test_random_trees import NOW, Built, built
from tests.unit.access.worlds import World, worlds

pytestmark = pytest.mark.both_databases
SEES_EVERYTHING = Identity(
    user_id=0,
    session_id=None,
    name="",
    email="",
    is_admin=True,
    is_guest=False,
    group_ids=frozenset(),
    csrf_secret="",
    last_used_at=NOW,
)


@settings(
    max_examples=40 if FULL else 15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(world=worlds(), data=st.data())
def test_an_effect_is_what_happens_when_the_rules_are_saved(
    world: World, data: st.DataObject, installation: Installation, clock: FakeClock
) -> None:
    with built(world, installation, clock) as made:
        # Mostly a place with others below.
        number = data.draw(st.sampled_from([0, *_parents(made), *range(len(made.places))]))
        place = made.places[number]
        changes = [Change(wanted, _stamp(made, place, wanted)) for wanted in _new_rules(data, made)]
        is_root = isinstance(place, Folder) and place.parent_id is None
        inherits = True if is_root else data.draw(st.booleans())
        rules = made.rules
        wanted = rules.after(place, rules.pending(place, changes))
        effect = Effects(made.session, installation).of(place, wanted, inherits, reader=SEES_EVERYTHING)

        before = _rights_everywhere(made)
        rules.save(place, changes, inherits, made_from=rules.version(place), by=COMMAND_LINE, confirmed=True)
        made.session.expire_all()
        after = _rights_everywhere(made)

        told = {shift.person.id: (shift.before, shift.after) for shift in effect.here if shift.changes}
        assert told == _changes(before[number], after[number])
        assert effect.viewers == tuple(_with(Permission.VIEW, rights[number]) for rights in (before, after))
        assert effect.managers == tuple(_with(Permission.MANAGE, rights[number]) for rights in (before, after))

        inside = {shift.person.id: (shift.lost, shift.gained) for shift in effect.inside}
        assert inside == _inside(made, number, before, after)


def _new_rules(data: st.DataObject, made: Built) -> list[Wanted]:
    principals = ["everyone", *(f"user:{user.id}" for user in made.users)]
    principals += sorted({rule.principal for place in made.places for rule in made.rules.own(place)} - {*principals})
    rule = st.builds(
        lambda allow, deny, until: (Permission(0 if deny else allow), deny, until),
        st.integers(0, 31),
        st.sampled_from([False, False, True]),
        st.sampled_from([None, None, NOW + timedelta(days=2)]),
    )
    chosen = data.draw(st.dictionaries(st.sampled_from(principals), rule, max_size=4))
    return [
        Wanted(principal, allow, deny, until if allow or deny else None)
        for principal, (allow, deny, until) in chosen.items()
    ]


def _parents(made: Built) -> list[int]:
    return [number for number in range(len(made.places)) for place in made.world.places if place.parent == number]


def _stamp(made: Built, place: Any, wanted: Wanted) -> str:
    return next((wanted_of(rule).stamp for rule in made.rules.own(place) if rule.principal == wanted.principal), "")


def _rights_everywhere(made: Built) -> list[dict[int, Permission]]:
    return [made.rules.audience(place).rights for place in made.places]


def _changes(before: dict[int, Permission], after: dict[int, Permission]) -> dict[int, tuple[Permission, Permission]]:
    both = {one: (before.get(one, NOTHING), after.get(one, NOTHING)) for one in before.keys() | after.keys()}
    return {one: rights for one, rights in both.items() if rights[0] != rights[1]}


def _with(right: Permission, rights: dict[int, Permission]) -> int:
    return sum(1 for one in rights.values() if right in one)


def _inside(
    made: Built, number: int, before: list[dict[int, Permission]], after: list[dict[int, Permission]]
) -> dict[int, tuple[Permission, Permission]]:
    """Who loses or gains in places below with other rules than here what they do not lose or gain here."""
    found: dict[int, tuple[Permission, Permission]] = {}
    here = _changes(before[number], after[number])
    ruled_by = made.rules.pointers.applying(made.places[number])
    for below, place in enumerate(made.places):
        if below == number or not made.world.is_below(below, number):
            continue
        goes_by_its_folder = isinstance(place, Item) and place.acl_id is None
        if goes_by_its_folder or made.rules.pointers.applying(place) == ruled_by:
            continue
        for person, (was, becomes) in _changes(before[below], after[below]).items():
            had, has = here.get(person, (NOTHING, NOTHING))
            lost, gained = was & ~becomes & ~(had & ~has), becomes & ~was & ~(has & ~had)
            if lost or gained:
                known = found.get(person, (NOTHING, NOTHING))
                found[person] = known[0] | lost, known[1] | gained
    return {person: (lost, gained & ~lost) for person, (lost, gained) in found.items()}
