"""The tree of folders as one person sees it: at the top, inside one another, on the way to a place, and by name."""
from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false, func, literal, not_, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from privmedia.access.permissions import Permission
from privmedia.access.visible import allowed, folder_seen, standing_of
from privmedia.accounts.identity import Identity
from privmedia.db import once
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.cards import Branch, FoundFolder, Target, Targets
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.ways import way_up
from privmedia.text import name_key

MOST_BRANCHES = 60
"""Folders shown beside each other in the side bar; a longer list is found by name, or on a page of its own."""
MOST_OPEN = 30
"""Folders that are kept open beside a page."""
FOUND = 50
"""Folders that a search by name shows."""
MOST_TARGETS = 100
"""Folders that the upload form offers beside those used lately."""
LATELY = 30
"""By so many of one's last uploads it is known which folders one uses."""


class Tree:
    """Folders by where they lie. Every list here is one statement with the rules inside it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.now = installation.clock()

    def branches(
        self, identity: Identity, here: Folder | None = None, opened: Collection[str] = ()
    ) -> tuple[list[Branch], bool]:
        """The folders at the top and what is open below them, for the side bar; and whether there are more at the top.

        Open are the way down to the folder one is in, and those of `opened`, by public id. A folder stands below the
        one it lies in if that exists for the caller as well, else at the top.
        """
        way = self.way_down_to(identity, here) if here is not None else []
        chosen = self._visible_ids(identity, opened)
        tops = self.tops(identity, limit=MOST_BRANCHES + 1)
        more = len(tops) > MOST_BRANCHES
        tops = tops[:MOST_BRANCHES]
        if way and way[-1] not in {row.id for row in tops}:
            tops += self._rows(identity, Folder.id == way[-1])
        inside, crowded = _few_of_each(self.inside(identity, {*way, *chosen}), way)
        rows = [*tops, *inside]
        with_folders = self.counts_inside(identity, [row.id for row in rows])
        branches = {
            row.id: Branch(
                row.id,
                row.uid,
                row.name,
                has_children=row.id in with_folders,
                current=here is not None and row.id == here.id,
                open=row.id in way or row.id in chosen,
                more=row.id in crowded,
            )
            for row in rows
        }
        top_ids = {row.id for row in tops}
        for row in rows:
            if row.id not in top_ids and row.parent_id in branches:
                branches[row.parent_id].children.append(branches[row.id])
        return [branches[row.id] for row in tops], more

    def tops(self, identity: Identity, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Any]:
        """The folders in the root, and those that lie in a folder the caller cannot see; by name."""
        at_the_top = or_(Folder.parent_id == ROOT_ID, self.below_hidden(identity))
        if conditions or limit is None or limit > MOST_BRANCHES + 1:
            return self._rows(identity, at_the_top, *conditions, limit=limit)
        # The side bar and the cards of a page begin with the same folders.
        found = once(
            self.session,
            ("tops", identity.principals),
            lambda: self._rows(identity, at_the_top, limit=MOST_BRANCHES + 1),
        )
        return found[:limit]

    def inside(self, identity: Identity, folder_ids: Collection[int], *conditions: ColumnElement[bool]) -> list[Any]:
        """The folders that lie in some, by name."""
        return self._rows(identity, Folder.parent_id.in_(folder_ids), *conditions) if folder_ids else []

    def few_inside(self, identity: Identity, folder_ids: Collection[int], most: int) -> dict[int, list[int]]:
        """The ids of the first few folders, by name, that lie in each of some."""
        place = func.row_number().over(partition_by=Folder.parent_id, order_by=Folder.name_key)
        inside = select(Folder.parent_id, Folder.id, place.label("place")).where(
            Folder.parent_id.in_(folder_ids), self._seen(Folder.acl_id, identity)
        )
        found = inside.subquery()
        few: dict[int, list[int]] = defaultdict(list)
        statement = select(found).where(found.c.place <= most).order_by(found.c.parent_id, found.c.place)
        for row in self.session.execute(statement):
            few[row.parent_id].append(row.id)
        return few

    def children(
        self, identity: Identity, folder: Folder, *, limit: int | None = None, after: str | None = None
    ) -> list[Any]:
        """The folders in one, by name, after the one with this public id; in the root as `tops`."""
        conditions = self._after(identity, after)
        if folder.id == ROOT_ID:
            return self.tops(identity, *conditions, limit=limit)
        return self._rows(identity, Folder.parent_id == folder.id, *conditions, limit=limit)

    def shared(self, identity: Identity, *, limit: int, after: str | None = None) -> list[Any]:
        """The folders that lie in one the caller cannot see, by name, after the one with this public id."""
        if identity.is_admin:
            return []
        return self._rows(identity, self.below_hidden(identity), *self._after(identity, after), limit=limit)

    def below_hidden(self, identity: Identity) -> ColumnElement[bool]:
        """Whether the folder lies in one that the caller cannot see."""
        above = aliased(Folder)
        # By the same rules both exist or neither does: most folders are done with when that is known.
        return (
            select(above.id)
            .where(
                above.id == Folder.parent_id,
                above.id != ROOT_ID,
                above.acl_id != Folder.acl_id,
                not_(self._seen(above.acl_id, identity)),
            )
            .correlate(Folder)
            .exists()
        )

    def counts_inside(self, identity: Identity, folder_ids: Collection[int]) -> dict[int, int]:
        """How many folders lie in each of some, for those that have any."""
        statement = select(Folder.parent_id, func.count()).where(
            Folder.parent_id.in_(folder_ids), self._seen(Folder.acl_id, identity)
        )
        rows = self.session.execute(statement.group_by(Folder.parent_id)) if folder_ids else ()
        return {folder_id: count for folder_id, count in rows if folder_id is not None}

    def visible_among(self, identity: Identity, folders: Iterable[Folder]) -> list[Folder]:
        """Those of some folders that exist for the caller, in the same order."""
        folders = list(folders)
        statement = select(Folder.id).where(
            Folder.id.in_([folder.id for folder in folders]), self._seen(Folder.acl_id, identity)
        )
        visible = set(self.session.scalars(statement)) if folders else set()
        return [folder for folder in folders if folder.id in visible]

    def way_down_to(self, identity: Identity, here: Folder) -> list[int]:
        """The folder, the one it lies in and so on, as far up as all of them exist for the caller."""
        seen = self.seen_above(identity, here)
        return [folder.id for folder in itertools.takewhile(seen.__contains__, way_up(self.session, here))]

    def seen_above(self, identity: Identity, here: Folder) -> list[Folder]:
        """Of a folder and those above it, without the root, the ones that exist for the caller; the topmost first."""
        line = way_up(self.session, here)[-2::-1]
        return once(
            self.session, ("seen above", identity.principals, here.id), lambda: self.visible_among(identity, line)
        )

    def count(self, identity: Identity) -> int:
        """How many folders exist for the caller."""
        statement = select(func.count()).select_from(Folder)
        return self.session.scalar(statement.where(Folder.id != ROOT_ID, self._seen(Folder.acl_id, identity))) or 0

    def found(self, identity: Identity, words: str) -> list[FoundFolder]:
        """Folders whose name has these words in it, wherever they lie, with the way down to each; by name."""
        key = name_key(words)
        if not key:
            return []
        rows = self._rows(identity, Folder.name_key.contains(key, autoescape=True), limit=FOUND)
        above = self._names_above(identity, rows)
        return [FoundFolder(row.uid, row.name, " / ".join(above[row.id][:-1])) for row in rows]

    def may_upload_anywhere(self, identity: Identity) -> bool:
        """Whether there is any folder one may add files to."""
        statement = select(Folder.id).where(Folder.id != ROOT_ID, self._addable(identity)).limit(1)
        return self.session.scalar(statement) is not None

    def targets(self, identity: Identity, *, chosen: str = "", words: str = "") -> Targets:
        """Folders one may add files to: `chosen` and those used lately, and others; or those called like `words`."""
        key = name_key(words)
        by_name = [Folder.name_key.contains(key, autoescape=True)] if key else []
        lately = (
            select(Item.folder_id)
            .where(Item.uploader_id == identity.user_id)
            .order_by(Item.id.desc())
            .limit(LATELY)
            .subquery()
        )
        first = or_(Folder.uid == chosen, Folder.id.in_(select(lately.c.folder_id)))
        recent = [] if key else self._rows(identity, first, self._addable(identity))
        used = {row.id for row in recent}
        others = self._rows(identity, self._addable(identity), *by_name, limit=MOST_TARGETS + len(used) + 1)
        others = [row for row in others if row.id not in used]
        above = self._names_above(identity, [*recent, *others])

        def targets(rows: list[Any]) -> list[Target]:
            found = [Target(row.uid, " / ".join(above[row.id]), row.acl_id) for row in rows]
            return sorted(found, key=lambda target: target.path.casefold())

        return Targets(targets(recent), targets(others[:MOST_TARGETS]), len(others) > MOST_TARGETS)

    def _addable(self, identity: Identity) -> ColumnElement[bool]:
        standing = standing_of(self.session, identity, self.now)
        return allowed(Folder.acl_id, None, identity, Permission.UPLOAD, now=self.now, standing=standing)

    def _seen(self, acl: Any, identity: Identity) -> ColumnElement[bool]:
        return folder_seen(acl, identity, now=self.now, standing=standing_of(self.session, identity, self.now))

    def _after(self, identity: Identity, uid: str | None) -> list[ColumnElement[bool]]:
        """That a folder comes after the one with this public id; none does after one that does not exist."""
        if uid is None:
            return []
        last = self._rows(identity, Folder.uid == uid) if is_uid(uid) else []
        return [_beyond(last[0]) if last else false()]

    def _rows(self, identity: Identity, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Any]:
        statement = select(Folder.id, Folder.parent_id, Folder.uid, Folder.name, Folder.acl_id).where(
            Folder.id != ROOT_ID, self._seen(Folder.acl_id, identity), *conditions
        )
        return list(self.session.execute(statement.order_by(Folder.name_key, Folder.id).limit(limit)))

    def _visible_ids(self, identity: Identity, uids: Collection[str]) -> set[int]:
        wanted = [uid for uid in uids if is_uid(uid)][:MOST_OPEN]
        statement = select(Folder.id).where(
            Folder.uid.in_(wanted), Folder.id != ROOT_ID, self._seen(Folder.acl_id, identity)
        )
        return set(self.session.scalars(statement)) if wanted else set()

    def _names_above(self, identity: Identity, rows: Sequence[Any]) -> dict[int, list[str]]:
        """The names down to each folder, itself last, as far up as they exist for the caller; a statement a level."""
        known = {row.id: row for row in rows}
        missing = {row.parent_id for row in rows} - known.keys() - {ROOT_ID}
        while missing:
            above = self._rows(identity, Folder.id.in_(missing))
            known |= {row.id: row for row in above}
            missing = {row.parent_id for row in above} - known.keys() - {ROOT_ID}

        def names(folder_id: int) -> list[str]:
            row = known.get(folder_id)
            return [] if row is None else [*names(row.parent_id), row.name]

        return {row.id: names(row.id) for row in rows}


def _beyond(row: Any) -> ColumnElement[bool]:
    return tuple_(Folder.name_key, Folder.id) > tuple_(literal(name_key(row.name)), literal(row.id))


def _few_of_each(rows: Sequence[Any], way: Sequence[int]) -> tuple[list[Any], set[int]]:
    """No more than are shown beside each other in each folder, but all on the way; and the folders that have more."""
    by_folder: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_folder[row.parent_id].append(row)
    kept = [
        row
        for inside in by_folder.values()
        for place, row in enumerate(inside)
        if place < MOST_BRANCHES or row.id in way
    ]
    return kept, {folder_id for folder_id, inside in by_folder.items() if len(inside) > MOST_BRANCHES}
