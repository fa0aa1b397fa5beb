"""Random libraries for the tests of access, and an oracle that decides about them without SQL and without chains.

A world is plain data. `Oracle` walks up from a place through folders, as a person would who reads the rules aloud;
it shares nothing with the code it judges but the five numbers of the permissions.
"""
from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

VIEW, DOWNLOAD, UPLOAD, EDIT, MANAGE = 1, 2, 4, 8, 16
EVERYTHING = 31
IMPLIED = {VIEW: VIEW, DOWNLOAD: VIEW | DOWNLOAD, UPLOAD: UPLOAD, EDIT: VIEW | EDIT, MANAGE: EVERYTHING}
LASTS = ("for good", "until later", "until now", "ended before")


@dataclass(frozen=True)
class SomeUser:
    guest: bool
    admin: bool
    disabled: bool
    groups: frozenset[int]


@dataclass(frozen=True)
class SomeRule:
    """`whom` is ("user", n), ("group", n) or ("everyone", 0)."""

    whom: tuple[str, int]
    allow: int
    deny: bool
    lasts: str


@dataclass
class SomePlace:
    """The library (place 0, no parent), a folder or an item."""

    parent: int | None
    is_item: bool = False
    uploader: int | None = None
    shown: bool = True
    inherits: bool = True
    rules: dict[tuple[str, int], SomeRule] = field(default_factory=dict)


@dataclass
class World:
    users: list[SomeUser]
    groups: int
    places: list[SomePlace]
    moves: list[tuple[int, int]]
    """Place and new parent, made after the rules are set. Only moves that a library would allow."""
    cleared: list[tuple[int, tuple[str, int]]]
    order: list[int]
    """In which order the places get their rules."""

    def without(self, user: int, group: int) -> World:
        """The same world, had a user left a group."""
        users = list(self.users)
        users[user] = replace(users[user], groups=users[user].groups - {group})
        return replace(self, users=users)

    def is_below(self, place: int, above: int) -> bool:
        step: int | None = place
        while step is not None:
            if step == above:
                return True
            step = self.places[step].parent
        return False


class Oracle:
    """What anyone may do anywhere in a world, after its moves and clearings."""

    def __init__(self, world: World) -> None:
        self.world = world

    def rights(self, user: int, place: int, *, as_if_shown: bool = False) -> int:
        """The final answer as a number of permissions."""
        who, here = self.world.users[user], self.world.places[place]
        if who.disabled:
            return 0
        if who.admin:
            return EVERYTHING
        allow, cut = 0, False
        step: int | None = place
        while step is not None:
            for rule in self.world.places[step].rules.values():
                if rule.lasts in ("until now", "ended before") or not self._speaks_of(rule.whom, user):
                    continue
                if rule.deny:
                    return 0
                if not cut:
                    for permission, implied in IMPLIED.items():
                        allow |= implied if rule.allow & permission else 0
            cut = cut or not self.world.places[step].inherits
            step = self.world.places[step].parent
        own = here.is_item and here.uploader == user
        if own and allow & UPLOAD:
            allow |= VIEW | EDIT
        if here.is_item and not here.shown and not as_if_shown and not own and not allow & EDIT:
            return 0
        return allow

    def _speaks_of(self, whom: tuple[str, int], user: int) -> bool:
        kind, number = whom
        who = self.world.users[user]
        return {
            "everyone": not who.guest,
            "user": number == user,
            "group": number in who.groups,
        }[kind]


@st.composite
def worlds(draw: st.DrawFn, crowded: bool = False) -> World:
    """A library; a crowded one has so many people and places that few of them are many decisions."""
    groups = 3
    users = draw(
        st.lists(
            st.builds(
                SomeUser,
                guest=st.booleans(),
                admin=st.sampled_from([False] * 5 + [True]),
                disabled=st.sampled_from([False] * 5 + [True]),
                groups=st.frozensets(st.integers(0, groups - 1)),
            ),
            min_size=7 if crowded else 1,
            max_size=8 if crowded else 4,
        )
    )
    whom = st.one_of(
        st.tuples(st.just("user"), st.integers(0, len(users) - 1)),
        st.tuples(st.just("group"), st.integers(0, groups - 1)),
        st.just(("everyone", 0)),
    )
    rule = st.builds(
        SomeRule,
        whom=whom,
        allow=st.integers(1, EVERYTHING),
        deny=st.sampled_from([False] * 3 + [True]),
        lasts=st.sampled_from([LASTS[0], LASTS[0], *LASTS]),
    )
    rules = st.lists(rule, max_size=3).map(lambda some: {one.whom: one for one in some})
    inherits = st.sampled_from([True, True, False])
    places = [SomePlace(None, rules=draw(rules))]
    folders = [0]
    for number in range(1, draw(st.integers(5 if crowded else 1, 7)) + 1):
        places.append(SomePlace(draw(st.sampled_from(folders)), inherits=draw(inherits), rules=draw(rules)))
        folders.append(number)
    for _ in range(draw(st.integers(4 if crowded else 0, 5))):
        places.append(
            SomePlace(
                draw(st.sampled_from(folders[1:])),
                is_item=True,
                uploader=draw(st.one_of(st.none(), st.integers(0, len(users) - 1))),
                shown=draw(st.booleans()),
                inherits=draw(inherits),
                rules=draw(st.one_of(st.just({}), rules)),
            )
        )
    moves = draw(
        st.lists(st.tuples(st.integers(1, len(places) - 1), st.sampled_from(folders)), max_size=3)
    )
    cleared = draw(st.lists(st.tuples(st.integers(0, len(places) - 1), whom), max_size=3))
    order = draw(st.permutations(range(len(places))))
    return World(users, groups, places, moves, cleared, list(order))
