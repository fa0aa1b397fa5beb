"""Whom rules can be given to, found by what somebody types: people by name or address, groups by name, everyone.

Whoever may give rules may look people up here, by a part of their name: otherwise they could give none. Guests are not
shown to guests. Disabled accounts are not found; a rule for one stands, and gives nothing.
"""
from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import not_, select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.principals import EVERYONE
from privmedia.access.rules import principal_names
from privmedia.accounts.identity import Identity, initials
from privmedia.accounts.models import Group, User
from privmedia.installation import Installation
from privmedia.text import clean_line

MOST = 8
"""How many are suggested at once."""
LONGEST = 254
# Letters that are not written with a mark of their own and yet are typed without it.
PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


@dataclass(frozen=True)
class Named:
    """A principal as pages show it."""

    principal: str
    name: str
    """Of the person or the group; `everyone` for everyone."""
    email: str = ""
    people: int | None = None
    """How many active people a group or everyone has; None for one person."""

    @property
    def is_person(self) -> bool:
        return self.people is None

    @property
    def is_everyone(self) -> bool:
        return self.principal == EVERYONE

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def colour(self) -> int:
        return (principals.id_of(self.principal) or 0) % 10


class Directory:
    """People and groups, by what is typed."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session

    def named(self, wanted: Iterable[str]) -> dict[str, Named]:
        """Those of these principals that exist; whatever is no principal is left out."""
        known = {principal for principal in wanted if _is_principal(principal)}
        return {
            principal: Named(principal, name, people=people)
            for principal, (name, people) in principal_names(self.session, known).items()
        }

    def hidden(self, wanted: Iterable[str], reader: Identity) -> set[str]:
        """Those of these principals that the reader does not find here: other guests, for a guest."""
        numbers = {principals.id_of(principal) for principal in wanted if principal.startswith("user:")}
        if not reader.is_guest or not numbers:
            return set()
        guests = select(User.id).where(User.id.in_(numbers), User.is_guest, User.id != reader.user_id)
        return {principals.user(user_id) for user_id in self.session.scalars(guests)}

    def suggest(self, typed: str, reader: Identity, *, everyone: str = EVERYONE, most: int = MOST) -> list[Named]:
        """Whom the typed part of a name or address may mean: groups first, names that begin with it before others.

        `everyone` is what everyone is called in the reader's language.
        """
        part = folded(typed[:LONGEST])
        if not part:
            return []
        ranked = [
            (rank, not_a_group, folded(name), found)
            for not_a_group, name, found in self._all(reader, everyone)
            if (rank := _rank(part, name, found.email)) is not None
        ]
        best = [found for *_, found in sorted(ranked, key=lambda entry: entry[:3])[:most]]
        sizes = self.named(found.principal for found in best if not found.is_person)
        return [found if found.is_person else sizes[found.principal] for found in best]

    def meant(self, typed: str, reader: Identity, *, everyone: str = EVERYONE) -> Sequence[Named]:
        """Whom a whole line means: the one whose address or name it is, else all it may mean; empty for nobody."""
        found = self.suggest(typed, reader, everyone=everyone)
        line = folded(typed)
        by_address = [one for one in found if folded(one.email) == line]
        by_name = [one for one in found if folded(everyone if one.is_everyone else one.name) == line]
        return by_address or (by_name if len(by_name) == 1 else found)

    def people(self, typed: str, reader: Identity, *, most: int = MOST) -> list[User]:
        """The people a name, a part of one or an address means, also those whose account is disabled.

        One person where it is the whole address of one, or the whole name of only one.
        """
        part = folded(typed[:LONGEST])
        if not part:
            return []
        known = select(User.id, User.name, User.email)
        if reader.is_guest:
            known = known.where(not_(User.is_guest))
        rows = self.session.execute(known).all()
        same = [row.id for row in rows if row.email == part] or [row.id for row in rows if folded(row.name) == part]
        if len(same) != 1:
            ranked = sorted(
                (rank, folded(row.name), row.id)
                for row in rows
                if (rank := _rank(part, row.name, row.email)) is not None
            )
            same = [user_id for *_, user_id in ranked[:most]]
        people = {user.id: user for user in self.session.scalars(select(User).where(User.id.in_(same)))}
        return [people[user_id] for user_id in same]

    def _all(self, reader: Identity, everyone: str) -> list[tuple[int, str, Named]]:
        people = select(User.id, User.name, User.email).where(User.disabled_at.is_(None))
        if reader.is_guest:
            people = people.where(not_(User.is_guest))
        found = [
            (1, name, Named(principals.user(user_id), name, email))
            for user_id, name, email in self.session.execute(people)
        ]
        groups = self.session.execute(select(Group.id, Group.name))
        found += [(0, name, Named(principals.group(group_id), name, people=0)) for group_id, name in groups]
        return [*found, (0, everyone, Named(EVERYONE, EVERYONE, people=0))]


def folded(text: str) -> str:
    """Text as it is compared here: without case and marks, so that "wojcik" finds Wójcik."""
    parts = unicodedata.normalize("NFKD", clean_line(text).casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).translate(PLAIN)


def _rank(part: str, name: str, email: str) -> int | None:
    """0 where the name begins with it, 1 a word of the name, 2 the address; 3 anywhere in them; None nowhere."""
    whole = folded(name)
    if whole.startswith(part):
        return 0
    if f" {part}" in whole:
        return 1
    if email.startswith(part):
        return 2
    return 3 if part in whole or part in email else None


def _is_principal(text: str) -> bool:
    try:
        principals.number(text)
    except ValueError:
        return False
    return True
