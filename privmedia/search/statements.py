"""The statements of one search: what matches and exists for the caller, always asked in one.

The order of what is found is by where all the words stand: in the title, in title and names, in these and the
description, anywhere. In each of these steps the newest comes first, so a page is read off the index from its end and
stops when it is full; and nothing in it depends on what else the library holds.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select
from sqlalchemy.orm import Session

from privmedia.access.visible import folder_seen, item_seen, standing_of
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.library.lists import RULED_BY, Lists
from privmedia.library.models import ROOT_ID, Folder, Item, Kind
from privmedia.search.engines import COLUMNS, index_of
from privmedia.search.hits import FOLDERS, NEWEST, SINCE, Wanted
from privmedia.search.models import SearchSpelling
from privmedia.search.words import Query

Some = Select[*tuple[Any, ...]]
STEP = 4
WINDOWS = (8000, 8000 * STEP)
"""Among how many of the newest items is looked first, by an index that does not begin with the newest."""


class Statements:
    """What one caller asks with one query."""

    def __init__(
        self, session: Session, lists: Lists, identity: Identity, wanted: Wanted, folder_id: int | None
    ) -> None:
        self.session = session
        self.index = index_of(session.connection().dialect)
        self.identity = identity
        self.wanted = wanted
        self.now = now = lists.now
        self.as_seen: dict[str, Any] = {"now": now, "standing": standing_of(session, identity, now)}
        # A word that everything has is looked for in the little that exists for somebody, not the other way round.
        few = not self.index.newest_first and lists.sees_few(identity)
        self.all_there_is = lists.gathered(identity) if few else None
        self.folder_id = folder_id
        # Made once: where a statement asks for it twice, it has to be the same.
        self.below = _below(folder_id) if folder_id is not None else None

    def steps(self) -> list[str]:
        """The expressions whose matches follow one another; together they are all there is, each of it once."""
        has, query = self.index.has, self.wanted.query
        if self.wanted.order == NEWEST:
            return [has(query)]
        steps = []
        before = ""
        if query.last_begins:
            before = has(query, COLUMNS[:1], whole=True)
            steps.append(before)
        for count in range(1, len(COLUMNS) + 1):
            here = has(query, COLUMNS[:count])
            steps.append(self.index.but_not(here, before) if before else here)
            before = here
        return steps

    def items(self, expression: str, *, after: int | None = None) -> Select[int]:
        """Ids of the items of one step, newest first; `after` is the last of the page before."""
        statement = self._items(select(Item.id), expression).order_by(self.index.key.desc())
        if self.wanted.kind:
            statement = statement.where(Item.kind == Kind(self.wanted.kind))
        statement = self._by(statement)
        return statement if after is None else statement.where(self.index.key < after)

    def newest(self, limit: int) -> Sequence[Row[Any]]:
        """What was found of items, newest first, of every kind and by everybody."""
        expression = self.index.has(self.wanted.query)
        found: Some = select(Item.id, Item.kind, User.uid.label("uploader"), User.name)
        statement = self._items(found, expression).outerjoin(User, User.id == Item.uploader_id)
        statement = statement.order_by(self.index.key.desc()).limit(limit)
        for window in () if self.index.newest_first or self.all_there_is is not None else WINDOWS:
            rows = self.session.execute(statement.where(self.index.key > _last_of_newest(window))).all()
            if len(rows) == limit:
                return rows
            if len(rows) * STEP < limit:
                break
        return self.session.execute(statement).all()

    def folders(self) -> Some:
        """The folders that were found, by name."""
        found: Some = select(Folder.id, Folder.uid, Folder.name)
        return self._folders(found, self.wanted.query).order_by(Folder.name_key, Folder.id)

    def anything(self, query: Query) -> list[Some]:
        """The statements of which one has a row if the query finds anything at all where is looked."""
        either = []
        if self.wanted.kind != FOLDERS:
            items = self._by(self._items(select(Item.id), self.index.has(query))).limit(1)
            either.append(items.where(Item.kind == Kind(self.wanted.kind)) if self.wanted.kind else items)
        if self.wanted.kind in ("", FOLDERS) and not self.wanted.only_items:
            either.append(self._folders(select(Folder.id), query).limit(1))
        return either

    def occurs(self) -> ColumnElement[bool]:
        """For the words of `search_spellings`: whether one occurs in something that exists for the caller."""
        of_items = self._seen_items(select(Item.id)).where(self.index.matches_word(SearchSpelling.word))
        of_folders = self._seen_folders(select(Folder.id)).where(self.index.matches_word(SearchSpelling.word))
        return or_(
            of_items.correlate(SearchSpelling).exists(),
            of_folders.correlate(SearchSpelling).exists(),
        )

    def _items(self, statement: Some, expression: str) -> Some:
        statement = self._seen_items(statement).where(self.index.matches(expression))
        if self.below is not None:
            statement = statement.where(Item.folder_id.in_(self.below))
        if self.wanted.since:
            statement = statement.where(Item.created_at >= self.now - timedelta(days=SINCE[self.wanted.since]))
        return statement

    def _by(self, statement: Some) -> Some:
        if not self.wanted.uploader:
            return statement
        somebody = select(User.id).where(User.uid == self.wanted.uploader)
        return statement.where(Item.uploader_id == somebody.scalar_subquery())

    def _folders(self, statement: Some, query: Query) -> Some:
        statement = self._seen_folders(statement).where(self.index.matches(self.index.has(query, COLUMNS[:1])))
        if self.below is not None:
            statement = statement.where(Folder.id.in_(self.below), Folder.id != self.folder_id)
        return statement

    def _seen_items(self, statement: Some) -> Some:
        if self.all_there_is is not None:
            statement = statement.where(self.index.key.in_(select(self.all_there_is)))
        return (
            statement.select_from(self.index.source)
            .join(Item, Item.id == self.index.key)
            .join(Folder, Folder.id == Item.folder_id)
            .where(item_seen(RULED_BY, Item.uploader_id, Item.shown, self.identity, **self.as_seen))
        )

    def _seen_folders(self, statement: Some) -> Some:
        return (
            statement.select_from(self.index.source)
            .join(Folder, Folder.id == -self.index.key)
            .where(self.index.key < 0, Folder.id != ROOT_ID, folder_seen(Folder.acl_id, self.identity, **self.as_seen))
        )


def _last_of_newest(count: int) -> ColumnElement[int]:
    """The id of the item behind so many of the newest; of all, where there are no more."""
    last = select(Item.id).order_by(Item.id.desc()).offset(count).limit(1).correlate(None).scalar_subquery()
    return func.coalesce(last, 0)


def _below(folder_id: int) -> Select[int]:
    """The folder and all below it."""
    tree = select(Folder.id).where(Folder.id == folder_id).cte("searched", recursive=True)
    tree = tree.union(select(Folder.id).join(tree, Folder.parent_id == tree.c.id))
    return select(tree.c.id)
