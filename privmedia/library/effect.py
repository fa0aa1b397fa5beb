"""What a change of rules would do to people, before it is made: worked out from what rules give, without a database.

For each person whom a changed rule speaks of: what they may do at a place now, and what they could do afterwards.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from privmedia.access.decision import Decision
from privmedia.access.permissions import DENIED, Permission
from privmedia.access.principals import EVERYONE

Giving = dict[str, int]
"""What rules that count give, by principal: the bits of the permissions, and DENIED for a Block."""


@dataclass(frozen=True)
class Person:
    """Somebody whom a changed rule speaks of."""

    id: int
    name: str
    principals: frozenset[str]


@dataclass(frozen=True)
class Shift:
    """What a change does to one person: at the place, or in places inside that have rules of their own."""

    person: Person
    cause: str
    """The principal with a changed rule through which it happens."""
    before: Permission
    after: Permission
    via: str = ""
    """Where nothing changes: the principal whose rule gives the same, or keeps it out."""
    places: int = 0
    """In how many places inside, where it is not at the place itself."""

    @property
    def lost(self) -> Permission:
        return self.before & ~self.after

    @property
    def gained(self) -> Permission:
        return self.after & ~self.before

    @property
    def changes(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class Effect:
    """All that a change of the rules of a place would do. Another kind of consequence is another field and line."""

    here: tuple[Shift, ...]
    """Everyone whom a changed rule speaks of, also those for whom nothing changes."""
    inside: tuple[Shift, ...]
    """Who gains or loses in places inside what they do not gain or lose at the place itself."""
    viewers: tuple[int, int]
    """How many people see the place, before and after."""
    managers: tuple[int, int]
    """How many people may manage it, before and after."""

    @property
    def losers(self) -> list[Shift]:
        """At the place and inside; a person may be in it twice."""
        return [shift for shift in (*self.here, *self.inside) if shift.lost]

    @property
    def gainers(self) -> list[Shift]:
        return [shift for shift in (*self.here, *self.inside) if shift.gained]

    @property
    def sees_gained(self) -> int:
        """How many people gain sight of the place."""
        return sum(1 for shift in self.here if Permission.VIEW in shift.gained)

    @property
    def sees_lost(self) -> int:
        return sum(1 for shift in self.here if Permission.VIEW in shift.lost)

    @property
    def leaves_no_manager(self) -> bool:
        """Whether somebody manages the place now, and only administrators would."""
        return self.managers[0] > 0 and self.managers[1] == 0

    def takes(self, right: Permission, person_id: int) -> bool:
        """Whether a person would lose a right at the place."""
        return any(right in shift.lost for shift in self.here if shift.person.id == person_id)

    @property
    def digest(self) -> str:
        """A short name for this very effect, by which a form says that it was shown."""
        facts = [
            f"{shift.person.id}:{int(shift.before)}:{int(shift.after)}:{shift.places}"
            for shift in (*self.here, *self.inside)
            if shift.changes
        ]
        return hashlib.sha256(" ".join([*sorted(facts), str(self.managers)]).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Facts:
    """The rules that count at a place, as they are and as they would be."""

    before: Giving
    after: Giving
    changed: frozenset[str]
    """Whose rules give something else afterwards."""
    touched: frozenset[str]
    """Those, and whose rule at the place is set otherwise without that."""

    @classmethod
    def of(cls, before: Giving, after: Giving, touched: Iterable[str] = ()) -> Facts:
        """With what changes found out; `touched` are those whose rule at the place itself is set otherwise."""
        changed = frozenset(one for one in before.keys() | after.keys() if before.get(one) != after.get(one))
        return cls(before, after, changed, changed | frozenset(touched))

    def bits(self, person: Person) -> tuple[int, int]:
        """What the rules give one person, before and after."""
        before = after = 0
        for principal in person.principals:
            before |= self.before.get(principal, 0)
            after |= self.after.get(principal, 0)
        return before, after

    def shift(self, person: Person, *, own: bool = False, shown: bool = True) -> Shift:
        """What one person gains and loses."""
        before, after = (Permission(rights_of(bits, own, shown)) for bits in self.bits(person))
        cause = max(person.principals & self.touched, key=self._weight)
        via = self._same_through(cause, person.principals) if before == after else ""
        return Shift(person, cause, before, after, via)

    def _weight(self, principal: str) -> tuple[bool, bool, bool, str]:
        """The likeliest cause: what changes, then a rule for the person, then a group's."""
        return principal in self.changed, principal.startswith("user:"), principal != EVERYONE, principal

    def _same_through(self, cause: str, mine: Iterable[str]) -> str:
        """Who else gives, or blocks, what the cause would have changed; "" for nobody."""
        at_stake = (self.before.get(cause, 0) ^ self.after.get(cause, 0)) & ~DENIED
        others = sorted(one for one in mine if one != cause and one in self.after)
        blocking = [one for one in others if self.after[one] & DENIED]
        giving = [one for one in others if at_stake and not at_stake & ~self.after[one]]
        return next(iter(blocking or giving), "")


@cache
def rights_of(bits: int, own: bool, shown: bool) -> int:
    """What somebody may do whom rules give these bits. A number: flags are slow, and many people are asked about."""
    return int(Decision.of_bits(bits, own=own, shown=shown).rights)


def by_principal(rules: Iterable[tuple[str, Permission, bool]]) -> Giving:
    """What rules give: whom each speaks of, what it allows, and whether it is a Block."""
    found: Giving = {}
    for principal, allow, deny in rules:
        found[principal] = found.get(principal, 0) | (DENIED if deny else int(allow))
    return found


def together(*givings: Giving) -> Giving:
    found: Giving = {}
    for giving in givings:
        for principal, bits in giving.items():
            found[principal] = found.get(principal, 0) | bits
    return found
