"""Works out what a change of rules would do, from the rules and the people as they stand; writes nothing for it.

Where places inside have rules of their own the answer may differ there; those that the reader can see are looked at as
well. Administrators are not counted, they always see everything; disabled accounts neither.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_ as either
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, func, not_, or_, select
from sqlalchemy.orm import Session

from privmedia.access.models import Ace, AclChain
from privmedia.access.permissions import DENIED, Permission, closed
from privmedia.access.principals import EVERYONE, group, id_of, user
from privmedia.access.rules import Rule
from privmedia.access.service import Access
from privmedia.access.visible import folder_seen, item_seen
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Membership, User
from privmedia.db import WITH_BIN
from privmedia.installation import Installation
from privmedia.library.effect import Effect, Facts, Giving, Person, Shift, by_principal, rights_of, together
from privmedia.library.models import Folder, Item
from privmedia.library.pointers import Place, Pointers, with_it


class WantedRule(Protocol):
    """A rule as somebody wants it; `privmedia.library.rules.Wanted`."""

    @property
    def principal(self) -> str: ...

    @property
    def allow(self) -> Permission: ...

    @property
    def deny(self) -> bool: ...

    @property
    def until(self) -> datetime | None: ...


class Effects:
    """Works out effects. Reads rules and people, a handful of statements however many there are."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.now = installation.clock()

    def of(self, place: Place, wanted: Iterable[WantedRule], inherits: bool, *, reader: Identity) -> Effect:
        """The effect of having `wanted` as all the rules set at a place, with the switch as in `inherits`."""
        facts = self.facts(place, wanted, inherits)
        here = self._here(place, facts)
        owner_id, shown = _of_item(place)
        audience = self.access.audience(self.pointers.applying(place), owner_id=owner_id, shown=shown)
        managers = sum(1 for rights in audience.rights.values() if Permission.MANAGE in rights)
        return Effect(
            here=tuple(here),
            inside=tuple(self._inside(place, facts, here, reader)),
            viewers=(audience.viewers, audience.viewers + _more(here, Permission.VIEW)),
            managers=(managers, managers + _more(here, Permission.MANAGE)),
        )

    def of_move(self, place: Place, to: Folder, *, reader: Identity) -> Effect:
        """The effect of moving a place, with the rules set at it, under those of another folder: everybody is in it."""
        facts = self.facts_of_move(place, to)
        here = self._here(place, facts)
        viewers = tuple(sum(Permission.VIEW in getattr(one, when) for one in here) for when in ("before", "after"))
        managers = tuple(sum(Permission.MANAGE in getattr(one, when) for one in here) for when in ("before", "after"))
        return Effect(
            here=tuple(here),
            inside=tuple(self._inside(place, facts, here, reader)),
            viewers=(viewers[0], viewers[1]),
            managers=(managers[0], managers[1]),
        )

    def facts_of_move(self, place: Place, to: Folder) -> Facts:
        """The rules that count at a place where it lies, and would count in another folder."""
        own = self.pointers.own(place)
        set_here = [] if own is None else [rule for rule in self.access.rules(own) if rule.acl_id == own]
        takes_over = own is None or self.access.inherits(own)
        before = together(_counting(self.from_above(place), takes_over), _standing(set_here))
        after = together(_counting(self.access.rules(to.acl_id), takes_over), _standing(set_here))
        return Facts.of(before, after, before.keys() | after.keys())

    def facts(self, place: Place, wanted: Iterable[WantedRule], inherits: bool) -> Facts:
        """The rules that count at a place as they are, and with `wanted` as all the rules set there."""
        wanted = list(wanted)
        own = self.pointers.own(place)
        set_here = [] if own is None else [rule for rule in self.access.rules(own) if rule.acl_id == own]
        above = self.from_above(place)
        before = together(_counting(above, own is None or self.access.inherits(own)), _standing(set_here))
        after = together(_counting(above, inherits), self._wanted(wanted))
        was = {rule.principal: (rule.allow, rule.deny) for rule in set_here}
        becomes = {rule.principal: (closed(rule.allow), rule.deny) for rule in wanted if rule.allow or rule.deny}
        touched = {one for one in was.keys() | becomes.keys() if was.get(one) != becomes.get(one)}
        return Facts.of(before, after, touched)

    def between(self, place: Place, acl_ids: Collection[int]) -> dict[int, Between]:
        """What stands between a place and lists of rules inside it: for each that hangs below the place's."""
        acl_id = self.pointers.applying(place)
        chains = select(AclChain.acl_id, AclChain.above_cut).where(
            AclChain.ancestor_id == acl_id, AclChain.acl_id.in_(acl_ids)
        )
        cut: dict[int, bool] = {}
        for inside, above_cut in self.session.execute(chains):
            cut[inside] = above_cut
        rules: defaultdict[int, list[tuple[str, Permission, bool]]] = defaultdict(list)
        for inside, principal, allow, deny in self.session.execute(self._rules_between(acl_id, list(cut))):
            rules[inside].append((principal, Permission(allow), deny))
        return {inside: Between(by_principal(rules[inside]), above_cut) for inside, above_cut in cut.items()}

    def kept_out(self, place: Place, wanted: Iterable[WantedRule]) -> list[Shift]:
        """Who would gain something if a place with these rules took over those from above as well."""
        above, own = self.from_above(place), self._wanted(wanted)
        facts = Facts.of(together(_counting(above, False), own), together(_counting(above, True), own))
        return [shift for shift in self._here(place, facts) if shift.gained]

    def from_above(self, place: Place) -> list[Rule]:
        """The rules that stand above a place, whether it takes them over or not."""
        if isinstance(place, Item):
            return self.access.rules(place.folder.acl_id)
        if place.parent_id is None:
            return []
        above = self.session.get_one(Folder, place.parent_id, execution_options=WITH_BIN)
        return self.access.rules(above.acl_id)

    def folders_reached(self, place: Folder, reader: Identity) -> int:
        """How many folders inside go by what is allowed here; only those that the reader can see."""
        query = (
            select(func.count())
            .select_from(Folder)
            .join(AclChain, (AclChain.acl_id == Folder.acl_id) & (AclChain.ancestor_id == place.acl_id))
            .where(Folder.id.in_(_tree(place)), Folder.id != place.id, not_(AclChain.above_cut))
            .where(folder_seen(Folder.acl_id, reader, now=self.now))
        )
        return self.session.scalar(query) or 0

    def _here(self, place: Place, facts: Facts) -> list[Shift]:
        owner_id, shown = _of_item(place)
        return [
            facts.shift(person, own=person.id == owner_id, shown=shown) for person in self._people(facts.touched)
        ]

    def _wanted(self, wanted: Iterable[WantedRule]) -> Giving:
        return by_principal(
            (rule.principal, closed(rule.allow), rule.deny)
            for rule in wanted
            if (rule.allow or rule.deny) and (rule.until is None or rule.until > self.now)
        )

    def _people(self, touched: Collection[str]) -> list[Person]:
        """The active people, but administrators, whom these principals mean; by name."""
        user_ids = [id_of(one) for one in touched if one.startswith("user:")]
        group_ids = [id_of(one) for one in touched if one.startswith("group:")]
        meant: list[ColumnElement[bool]] = [User.id.in_(user_ids)]
        if group_ids:
            meant.append(User.id.in_(select(Membership.user_id).where(Membership.group_id.in_(group_ids))))
        if EVERYONE in touched:
            meant.append(not_(User.is_guest))
        active = select(User.id).where(User.disabled_at.is_(None), not_(User.is_admin), or_(*meant))
        groups: defaultdict[int, set[str]] = defaultdict(set)
        for user_id, group_id in self.session.execute(
            select(Membership.user_id, Membership.group_id).where(Membership.user_id.in_(active))
        ):
            groups[user_id].add(group(group_id))
        rows = self.session.execute(select(User.id, User.name, User.is_guest).where(User.id.in_(active)))
        people = [
            Person(id_, name, frozenset({user(id_), *groups[id_], *(() if is_guest else (EVERYONE,))}))
            for id_, name, is_guest in rows
        ]
        return sorted(people, key=lambda person: (person.name.casefold(), person.id))

    def _inside(self, place: Place, facts: Facts, here: Sequence[Shift], reader: Identity) -> Iterable[Shift]:
        """What changes for people in places inside only, put together over the places."""
        if isinstance(place, Item) or not facts.changed:
            return
        shifts = {shift.person.id: shift for shift in here}
        bits_here = {shift.person.id: facts.bits(shift.person) for shift in here}
        known = {shift.person.id: (int(shift.lost), int(shift.gained)) for shift in here}
        meant_by: defaultdict[str, list[int]] = defaultdict(list)
        for shift in here:
            for principal in shift.person.principals:
                meant_by[principal].append(shift.person.id)
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for inside in self._places_inside(place, reader):
            # Whom no rule inside speaks of has there what they have here, or nothing.
            own: defaultdict[int, int] = defaultdict(int)
            for principal, bits in inside.giving.items():
                for person_id in meant_by[principal]:
                    own[person_id] |= bits
            for person_id, bits in own.items():
                lost, gained = inside.shift(person_id, bits, *bits_here[person_id])
                lost_here, gained_here = known[person_id]
                if lost & ~lost_here or gained & ~gained_here:
                    found[person_id].append((lost & ~lost_here, gained & ~gained_here))
        for person_id, many in found.items():
            shift = shifts[person_id]
            all_lost, all_gained = (reduce(either, bits) for bits in zip(*many, strict=True))
            before, after = Permission(all_lost), Permission(all_gained & ~all_lost)
            yield Shift(shift.person, shift.cause, before, after, places=len(many))

    def _places_inside(self, folder: Folder, reader: Identity) -> list[_Inside]:
        """The places below with rules of their own that the reader can see; in the bin, those that went with it."""
        tree = _tree(folder)
        folders = select(Folder.acl_id).where(
            Folder.id.in_(tree),
            with_it(Folder, folder),
            Folder.acl_id != folder.acl_id,
            folder_seen(Folder.acl_id, reader, now=self.now),
        )
        items = select(Item.acl_id, Item.uploader_id, Item.shown).where(
            Item.folder_id.in_(tree),
            with_it(Item, folder),
            Item.acl_id.is_not(None),
            item_seen(Item.acl_id, Item.uploader_id, Item.shown, reader, now=self.now),
        )
        owners: dict[int, tuple[int | None, bool]]
        found = self.session.scalars(folders.distinct(), execution_options=WITH_BIN)
        owners = dict.fromkeys(found, (None, True))
        for acl_id, uploader_id, shown in self.session.execute(items, execution_options=WITH_BIN):
            if acl_id is not None:
                owners[acl_id] = (uploader_id, shown)
        if not owners:
            return []
        cut: dict[int, bool] = {}
        rules: defaultdict[int, list[tuple[str, Permission, bool]]] = defaultdict(list)
        chains = select(AclChain.acl_id, AclChain.above_cut).where(AclChain.ancestor_id == folder.acl_id)
        for acl_id, above_cut in self.session.execute(chains):
            cut[acl_id] = above_cut
        below = select(AclChain.acl_id).where(AclChain.ancestor_id == folder.acl_id)
        for acl_id, principal, allow, deny in self.session.execute(self._rules_between(folder.acl_id, below)):
            if acl_id in owners:
                rules[acl_id].append((principal, Permission(allow), deny))
        return [
            _Inside(by_principal(rules[acl_id]), cut[acl_id], *owner) for acl_id, owner in owners.items()
        ]

    def _rules_between(self, acl_id: int, inside: Any) -> Select[int, str, int, bool]:
        """The rules that count at lists inside and are set below `acl_id`."""
        above = select(AclChain.ancestor_id).where(AclChain.acl_id == acl_id)
        return (
            select(AclChain.acl_id, Ace.principal, Ace.allow, Ace.deny)
            .join(Ace, Ace.acl_id == AclChain.ancestor_id)
            .where(
                AclChain.acl_id.in_(inside),
                AclChain.ancestor_id.not_in(above),
                Ace.expires_at > self.now,
                or_(Ace.deny, not_(AclChain.above_cut)),
            )
        )


@dataclass(frozen=True)
class Between:
    """What stands between a changed place and a list of rules inside it."""

    giving: Giving
    """What the rules set between the two give."""
    cut: bool
    """Whether a switch between the two lets only Blocks through."""

    def bits(self, person: Person, above: int) -> int:
        """What rules give one person inside, whom those at the place give `above`."""
        bits = above & DENIED if self.cut else above
        for principal in person.principals:
            bits |= self.giving.get(principal, 0)
        return bits


@dataclass(frozen=True)
class _Inside:
    """One place inside with rules of its own, or below one that has."""

    giving: Giving
    """What the rules between the changed place and this one give."""
    cut: bool
    """Whether a switch between the two lets only Blocks through."""
    uploader_id: int | None
    shown: bool

    def shift(self, person_id: int, own: int, before: int, after: int) -> tuple[int, int]:
        """What one person loses and gains here, whom the rules inside give `own`, and those above before and after."""
        if self.cut:
            before, after = before & DENIED, after & DENIED
        if before == after:
            return 0, 0
        is_own = person_id == self.uploader_id
        had, has = (rights_of(bits | own, is_own, self.shown) for bits in (before, after))
        return had & ~has, has & ~had


def _standing(rules: Iterable[Rule]) -> Giving:
    return by_principal((rule.principal, rule.allow, rule.deny) for rule in rules if not rule.ended)


def _counting(above: Iterable[Rule], inherits: bool) -> Giving:
    """What rules from above give where the switch is on, or off."""
    return _standing(rule for rule in above if rule.deny or (inherits and not rule.above_cut))


def _of_item(place: Place) -> tuple[int | None, bool]:
    """Whose upload it is, and whether it has something to view yet."""
    return (place.uploader_id, place.shown) if isinstance(place, Item) else (None, True)


def _more(shifts: Iterable[Shift], right: Permission) -> int:
    """How many more people have a right afterwards."""
    return sum((right in shift.gained) - (right in shift.lost) for shift in shifts)


def _tree(folder: Folder) -> Select[int]:
    """The ids of a folder and of all folders below it."""
    tree = select(Folder.id).where(Folder.id == folder.id).cte("tree", recursive=True)
    tree = tree.union(select(Folder.id).join(tree, Folder.parent_id == tree.c.id))
    return select(tree.c.id)
