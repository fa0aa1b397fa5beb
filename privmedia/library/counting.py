"""How much there is for somebody: numbers beside the filters of a list, and of the library as a whole."""
from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.installation import Installation
from privmedia.library.cards import Count, Totals
from privmedia.library.lists import Lists, Wanted
from privmedia.library.models import Item, Kind, State, Version
from privmedia.library.tree import Tree

Word = TypeVar("Word", bound=StrEnum)

COUNTED = 1000
"""How far items of a kind are counted: counting all that people with wide rights see would cost more than the page."""
LOOKED_AT = 500
"""Of so many of the newest items it is said who added them."""


class Counting:
    """Counts of what exists for the caller, and of nothing else."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.lists = Lists(session, installation)
        self.tree = Tree(session, installation)

    def totals(self, identity: Identity) -> Totals:
        """How much of the library exists for the caller."""
        return Totals(self.kinds(identity, Wanted()), self.tree.count(identity))

    def kinds(self, identity: Identity, wanted: Wanted) -> dict[Kind, Count]:
        """How many items of each kind a list has; those it has none of are left out."""
        if wanted.is_narrow:
            exact = self._by(Item.kind, self._listed(identity, wanted))
            return {kind: Count(exact[kind]) for kind in Kind if kind in exact}
        apart = {} if identity.is_admin else self._by(Item.kind, self.lists.apart(identity))
        if self.lists.sees_few(identity):
            exact = self._by(Item.kind, self.lists.in_folders(identity))
            return {kind: Count(exact.get(kind, 0) + apart.get(kind, 0)) for kind in Kind if kind in exact | apart}
        most = select(Item.id) if identity.is_admin else self.lists.by_their_folders(identity)
        some = {kind: most.where(Item.kind == kind).limit(COUNTED + 1).subquery() for kind in Kind}
        each = [select(literal(kind.value), func.count()).select_from(items) for kind, items in some.items()]
        # In one statement, so that what is the same for all kinds is worked out once.
        numbers = dict(self.session.execute(union_all(*each)).all())
        found = {}
        for kind in Kind:
            if number := numbers[kind] + apart.get(kind, 0):
                found[kind] = Count(min(number, COUNTED), number > COUNTED)
        return found

    def states(self, identity: Identity, wanted: Wanted) -> dict[State, int]:
        """How many items of a narrow list are in each state."""
        return self._by(Item.state, self._listed(identity, wanted))

    def seconds_of(self, identity: Identity, wanted: Wanted) -> float:
        """How many seconds all of a list take together."""
        statement = self.lists.seen(identity, select(func.sum(Version.duration)).select_from(Item))
        return self.session.scalar(statement.where(*self.lists.conditions(identity, wanted))) or 0.0

    def uploaders(self, identity: Identity, wanted: Wanted) -> list[tuple[str, str]]:
        """Who added the newest items of a list: public ids and names, by name."""
        newest = self.lists.ids(identity, wanted, LOOKED_AT)
        statement = (
            select(User.uid, User.name)
            .join(Item, Item.uploader_id == User.id)
            .where(Item.id.in_(newest))
            .distinct()
        )
        rows = self.session.execute(statement).all() if newest else []
        return sorted(((uid, name) for uid, name in rows), key=lambda row: row[1].casefold())

    def _listed(self, identity: Identity, wanted: Wanted) -> Select[int]:
        return self.lists.seen(identity, select(Item.id)).where(*self.lists.conditions(identity, wanted))

    def _by(self, column: InstrumentedAttribute[Word], items: Select[int]) -> dict[Word, int]:
        statement = items.with_only_columns(column, func.count()).group_by(column)
        return dict(self.session.execute(statement).all())
