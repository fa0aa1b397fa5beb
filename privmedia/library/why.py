"""Why somebody may do what with a folder or an item, and everybody who may: the list with its reasons, and the box
"Can someone see this? Type a name".

Whoever asks has Manage at the place. Places above it that he may not see are never named to him.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.audience import Audience, Entry
from privmedia.access.directory import Directory, folded
from privmedia.access.explanation import Explanation, explain, given_words
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import EVERYONE
from privmedia.access.rules import Rule
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Membership, User
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.library.pointers import Place, PlaceName, Pointers
from privmedia.text import Words

ON_A_PAGE = 50
MEMBERS_SHOWN = 8
"""How many names of a group stand on the page before "all of them" is a list of its own."""


class Which(StrEnum):
    """Which part of the list: as its chips say it."""

    SEE = "see"
    ADD = "add"
    """Who may only add: a drop box for them."""
    BLOCKED = "blocked"
    ADMINISTRATORS = "administrators"


@dataclass(frozen=True)
class Checked:
    """What the box was asked, and what it answers: one person with the reasons, or several to choose from."""

    typed: str
    people: Sequence[User]
    explanation: Explanation | None
    places: Mapping[int, PlaceName]
    """The places that the steps name, of those the asker may see, by the list of rules."""


@dataclass(frozen=True)
class Source:
    """One group, person or everyone that rules speak of here, with some of its people."""

    entry: Entry
    members: Sequence[User]

    @property
    def rights(self) -> Words:
        return given_words(self.entry.allow)


@dataclass(frozen=True)
class WhoList:
    """A page of the people who may do something at a place, each with the reasons."""

    which: Which
    counts: Mapping[Which, int]
    people: Sequence[Explanation]
    found: int
    """How many match what is looked for, on all pages."""
    sources: Sequence[Source]
    places: Mapping[int, PlaceName]


class Why:
    """Explanations for people and places. Reads only."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.directory = Directory(session, installation)
        self.now = installation.clock()

    def explain(self, user: User, place: Place, reader: Identity | None = None) -> Explanation:
        """What a person may do at a place, and why; `reader` is told no place he may not see."""
        rules = self.access.rules(self.pointers.applying(place))
        (explanation,) = self._explain([user], place, rules, self._places(rules, reader))
        return explanation

    def check(self, typed: str, place: Place, reader: Identity) -> Checked | None:
        """The answer to what was typed into the box; None for nothing."""
        typed = " ".join(typed.split())
        if not typed:
            return None
        people = self.directory.people(typed, reader)
        rules = self.access.rules(self.pointers.applying(place))
        places = self._places(rules, reader)
        explained = self._explain(people, place, rules, places) if len(people) == 1 else [None]
        return Checked(typed, people, explained[0], places)

    def who(
        self,
        place: Place,
        reader: Identity,
        *,
        which: Which = Which.SEE,
        q: str = "",
        through: str = "",
        page: int = 1,
    ) -> WhoList:
        """A page of the list. `q` is part of a name or address, `through` a principal that must speak of them."""
        acl_id = self.pointers.applying(place)
        audience, rules = self._audience(place), self.access.rules(acl_id)
        administrators = set(self.session.scalars(select(User.id).where(User.is_admin, User.disabled_at.is_(None))))
        parts = _parts(audience, administrators)
        wanted = parts[which] & self._reached(through) if through else parts[which]
        names = select(User.id, User.name, User.email).where(User.disabled_at.is_(None))
        part = folded(q)
        found = sorted(
            (folded(row.name), row.id)
            for row in self.session.execute(names)
            if row.id in wanted and (part in folded(row.name) or part in row.email)
        )
        shown = [user_id for _name, user_id in found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]]
        users = {user.id: user for user in self.session.scalars(select(User).where(User.id.in_(shown)))}
        places = self._places(rules, reader)
        return WhoList(
            which=which,
            counts={which: len(people) for which, people in parts.items()},
            people=self._explain([users[user_id] for user_id in shown], place, rules, places),
            found=len(found),
            sources=self._sources(audience.entries),
            places=places,
        )

    def _audience(self, place: Place) -> Audience:
        acl_id = self.pointers.applying(place)
        if isinstance(place, Item):
            return self.access.audience(acl_id, owner_id=place.uploader_id, shown=place.shown)
        return self.access.audience(acl_id)

    def _explain(
        self, users: Sequence[User], place: Place, rules: Sequence[Rule], places: Mapping[int, PlaceName]
    ) -> list[Explanation]:
        groups: dict[int, set[int]] = {user.id: set() for user in users}
        memberships = select(Membership.user_id, Membership.group_id).where(Membership.user_id.in_(groups))
        for user_id, group_id in self.session.execute(memberships):
            groups[user_id].add(group_id)
        item = place if isinstance(place, Item) else None
        words = {acl_id: named.words for acl_id, named in places.items()}
        here = self.pointers.own(place)
        return [
            explain(
                user,
                groups[user.id],
                rules,
                words,
                now=self.now,
                here=here,
                is_item=item is not None,
                own=item is not None and item.uploader_id == user.id,
                shown=item is None or item.shown,
            )
            for user in users
        ]

    def _places(self, rules: Iterable[Rule], reader: Identity | None) -> dict[int, PlaceName]:
        return self.pointers.places({rule.acl_id for rule in rules}, reader)

    def _reached(self, principal: str) -> set[int]:
        """The people that a rule for this principal speaks of; nobody for what is no principal."""
        try:
            number = principals.id_of(principal)
        except ValueError:
            return set()
        if principal == EVERYONE:
            return set(self.session.scalars(select(User.id).where(User.is_guest.is_(False))))
        if principal.startswith("user:"):
            return {number or 0}
        return set(self.session.scalars(select(Membership.user_id).where(Membership.group_id == number)))

    def _sources(self, entries: Iterable[Entry]) -> list[Source]:
        """The groups, people and everyone, with the first names of each group: one statement for all."""
        entries = list(entries)
        groups = [principals.id_of(entry.principal) for entry in entries if entry.principal.startswith("group:")]
        place = func.row_number().over(partition_by=Membership.group_id, order_by=(User.name, User.id)).label("place")
        ranked = (
            select(Membership.group_id, Membership.user_id, place)
            .join(User, User.id == Membership.user_id)
            .where(Membership.group_id.in_(groups), User.disabled_at.is_(None))
            .subquery()
        )
        members: dict[str, list[User]] = {}
        statement = (
            select(ranked.c.group_id, User)
            .join(User, User.id == ranked.c.user_id)
            .where(ranked.c.place <= MEMBERS_SHOWN)
            .order_by(ranked.c.group_id, ranked.c.place)
        )
        for group_id, user in self.session.execute(statement):
            members.setdefault(principals.group(group_id), []).append(user)
        return [Source(entry, members.get(entry.principal, [])) for entry in entries]


def _parts(audience: Audience, administrators: set[int]) -> dict[Which, set[int]]:
    see = {user_id for user_id, rights in audience.rights.items() if Permission.VIEW in rights}
    add = {user_id for user_id, rights in audience.rights.items() if rights != NOTHING} - see
    return {
        Which.SEE: see,
        Which.ADD: add,
        Which.BLOCKED: set(audience.blocked),
        Which.ADMINISTRATORS: administrators,
    }
