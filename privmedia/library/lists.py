"""Lists of items: what somebody asks for (filters, an order, a page of it), and which items those are.

A page of what one may see of everything is found in two ways. Most people's next page stands close by: so a window of
the items that follow in the order is looked through first, then a wider one. For whom little exists, or little of what
follows, all that exists for them is gathered by the rules of their folders and put in order. Each way ends with the
same condition.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVarTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    SQLColumnExpression,
    Subquery,
    func,
    literal,
    not_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from privmedia.access.permissions import Permission
from privmedia.access.visible import Rights, folder_seen, item_seen, rules_of, standing_of
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.db import once
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, ItemTag, Kind, Star, State, Version

Columns = TypeVarTuple("Columns")

RULED_BY: ColumnElement[int] = func.coalesce(Item.acl_id, Folder.acl_id)
"""The ACL that counts for an item, in a statement that joins items and their folders."""
WINDOWS = (300, 1500, 6000)
"""How many items that follow in the order are looked through before all that one may see is gathered."""
FEW = 1000
"""Up to so many items that exist for somebody are gathered at once."""


class Place(StrEnum):
    """Which part of the library a list is of, unless it is a folder's."""

    EVERYTHING = "everything"
    MINE = "mine"
    SHARED = "shared"
    STARRED = "starred"


class Order(StrEnum):
    """In which order a list is."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"
    TITLE_DOWN = "title-down"
    LONGEST = "longest"
    SHORTEST = "shortest"
    LARGEST = "largest"
    SMALLEST = "smallest"

    @property
    def down(self) -> bool:
        return self in (Order.NEWEST, Order.TITLE_DOWN, Order.LONGEST, Order.LARGEST)

    @property
    def key(self) -> Any:
        """The column that decides; what is equal there is put in the order it was added."""
        return {
            "newest": Item.created_at,
            "oldest": Item.created_at,
            "title": Item.title_key,
            "title-down": Item.title_key,
            "longest": Version.duration,
            "shortest": Version.duration,
            "largest": Version.size,
            "smallest": Version.size,
        }[self]

    @property
    def by_length(self) -> bool:
        return self in (Order.LONGEST, Order.SHORTEST)


class Length(StrEnum):
    """How long a video or recording is, as people choose among many."""

    SHORT = "short"
    MEDIUM = "medium"
    LONG = "long"

    @property
    def seconds(self) -> tuple[float, float]:
        """From, and up to but not including."""
        return {"short": (0.0, 300.0), "medium": (300.0, 1800.0), "long": (1800.0, float("inf"))}[self]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to see of the library, as it exists for them."""

    place: Place = Place.EVERYTHING
    folder_id: int | None = None
    kind: Kind | None = None
    states: tuple[State, ...] = ()
    by: str = ""
    """The public id of who added it."""
    since: datetime | None = None
    before: datetime | None = None
    length: Length | None = None
    tag: str = ""
    """What its tag is compared by."""
    order: Order = Order.NEWEST
    after: str | None = None
    """The public id of the item where the page before ended."""

    @property
    def is_narrow(self) -> bool:
        """Whether what is asked for is found by an index, however much there is beside it."""
        return self.folder_id is not None or self.place is not Place.EVERYTHING or bool(self.by or self.tag)


class _InFolders(Rights):
    """What somebody's rights give in folders, told by the folder's id instead of its ACL.

    A statement that asks several times looks the folders up once.
    """

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._folders: dict[Permission, CTE] = {}

    def gives(self, acl: SQLColumnExpression[Any], permission: Permission) -> ColumnElement[bool]:
        if permission not in self._folders:
            given = self._rights.gives(Folder.acl_id, permission)
            self._folders[permission] = select(Folder.id).where(given).correlate(None).cte()
        return acl.in_(select(self._folders[permission].c.id))


class Lists:
    """Items in order, by their ids. Every statement here has the rules inside it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.now = installation.clock()

    def ids(self, identity: Identity, wanted: Wanted, limit: int) -> list[int]:
        """The items of a page in their order, up to so many."""
        after = self._end_of(identity, wanted)
        if wanted.after is not None and after is None:
            return []
        if not wanted.order.by_length:
            return self._following(identity, wanted, wanted.order, after, limit)
        # What has no length stands behind all that has: a second list, the newest first.
        found = []
        if after is None or after[0] is not None:
            found = self._following(identity, wanted, wanted.order, after, limit)
            after = None
        if len(found) < limit:
            rest = (self._created(after[1]), after[1]) if after is not None else None
            without = Version.duration.is_(None)
            found += self._following(identity, wanted, Order.NEWEST, rest, limit - len(found), without)
        return found

    def seen(self, identity: Identity, statement: Select[*Columns]) -> Select[*Columns]:
        """The statement over items, their folders and shown versions, cut down to what exists for the caller."""
        return (
            statement.join(Folder, Folder.id == Item.folder_id)
            .join(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
            .where(self.exists(identity))
        )

    def exists(self, identity: Identity) -> ColumnElement[bool]:
        """Whether an item exists for the caller, in a statement that joins items and their folders."""
        return item_seen(
            RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now, standing=self._standing(identity)
        )

    def conditions(self, identity: Identity, wanted: Wanted) -> list[ColumnElement[bool]]:
        """What is asked for, without the order and the page."""
        found: list[ColumnElement[bool]] = []
        if wanted.folder_id is not None:
            found.append(Item.folder_id == wanted.folder_id)
        if wanted.place is Place.MINE:
            found.append(Item.uploader_id == identity.user_id)
        elif wanted.place is Place.STARRED:
            found.append(Item.id.in_(select(Star.item_id).where(Star.user_id == identity.user_id)))
        elif wanted.place is Place.SHARED:
            with_rules = aliased(Item)
            found.append(Item.id.in_(select(with_rules.id).where(with_rules.acl_id > 0)))
            found.append(not_(self.folder_exists(identity)))
        if wanted.kind is not None:
            found.append(Item.kind == wanted.kind)
        if wanted.states:
            found.append(Item.state.in_(wanted.states))
        if wanted.by:
            found.append(Item.uploader_id == select(User.id).where(User.uid == wanted.by).scalar_subquery())
        if wanted.tag:
            found.append(Item.id.in_(select(ItemTag.item_id).where(ItemTag.key == wanted.tag)))
        if wanted.since is not None:
            found.append(Item.created_at >= wanted.since)
        if wanted.before is not None:
            found.append(Item.created_at < wanted.before)
        if wanted.length is not None:
            least, most = wanted.length.seconds
            found.append(Version.duration >= least)
            if most != float("inf"):
                found.append(Version.duration < most)
        return found

    def folder_exists(self, identity: Identity) -> ColumnElement[bool]:
        """Whether the folder of an item exists for the caller."""
        return folder_seen(Folder.acl_id, identity, now=self.now, standing=self._standing(identity))

    def gathered(self, identity: Identity) -> Subquery:
        """The ids of all that exists for the caller."""
        return union_all(self.in_folders(identity), self.apart(identity)).subquery()

    def in_folders(self, identity: Identity) -> Select[int]:
        """The ids of what the rules of folders show the caller, found folder by folder."""
        seen_folders = select(Folder.id).where(self.folder_exists(identity)).correlate(None)
        return (
            select(Item.id)
            .join(Folder, Folder.id == Item.folder_id)
            .where(Item.folder_id.in_(seen_folders), Item.acl_id.is_(None), self.exists(identity))
        )

    def by_their_folders(self, identity: Identity) -> Select[int]:
        """The same, found item by item: the quicker way where nearly every item exists for the caller."""
        seen = item_seen(
            Item.folder_id,
            Item.uploader_id,
            Item.shown,
            identity,
            now=self.now,
            standing=_InFolders(self._standing(identity) or rules_of(identity, self.now)),
        )
        return select(Item.id).where(Item.acl_id.is_(None), seen)

    def apart(self, identity: Identity) -> Select[int]:
        """The ids of what exists for the caller by rules of its own."""
        with_rules = aliased(Item)
        return (
            select(Item.id)
            .join(Folder, Folder.id == Item.folder_id)
            .where(Item.id.in_(select(with_rules.id).where(with_rules.acl_id > 0)), self.exists(identity))
        )

    def sees_few(self, identity: Identity) -> bool:
        """Whether gathering all that the rules of folders show the caller is less work than looking for it."""
        if identity.is_admin:
            return False
        some = self.in_folders(identity).limit(FEW + 1).subquery()
        count = select(func.count()).select_from(some)
        return once(self.session, ("few", identity.principals), lambda: (self.session.scalar(count) or 0) <= FEW)

    def _standing(self, identity: Identity) -> Any:
        return standing_of(self.session, identity, self.now)

    def _following(
        self,
        identity: Identity,
        wanted: Wanted,
        order: Order,
        after: tuple[Any, int] | None,
        limit: int,
        *more: ColumnElement[bool],
    ) -> list[int]:
        conditions = [*self.conditions(identity, wanted), *more]
        if order.by_length:
            conditions.append(Version.duration.is_not(None))
        if after is not None:
            conditions.append(_beyond(order, after))
        page = _in_order(self.seen(identity, select(Item.id)).where(*conditions), order).limit(limit)
        if wanted.is_narrow:
            return list(self.session.scalars(page))
        for window in () if self.sees_few(identity) else WINDOWS:
            near = _window(wanted, order, after, window)
            found = self.session.scalars(page.where(Item.id.in_(select(near.c.id)))).all()
            if len(found) == limit:
                return list(found)
        if not identity.is_admin:
            page = page.where(Item.id.in_(select(self.gathered(identity))))
        return list(self.session.scalars(page))

    def _end_of(self, identity: Identity, wanted: Wanted) -> tuple[Any, int] | None:
        """Where the page before ended, as the order has it; None as well for what does not exist for the caller."""
        if wanted.after is None or not is_uid(wanted.after):
            return None
        last = self.seen(identity, select(wanted.order.key, Item.id)).where(Item.uid == wanted.after)
        row = self.session.execute(last).one_or_none()
        return (row[0], row[1]) if row is not None else None

    def _created(self, item_id: int) -> datetime:
        return self.session.get_one(Item, item_id).created_at


def _in_order(statement: Select[Any], order: Order) -> Select[Any]:
    keys = (order.key, Item.id)
    return statement.order_by(*(key.desc() if order.down else key.asc() for key in keys))


def _beyond(order: Order, after: tuple[Any, int], tie: Any = Item.id) -> ColumnElement[bool]:
    key: Any = order.key
    here = tuple_(key, tie)
    there = tuple_(literal(after[0], key.type), literal(after[1]))
    return here < there if order.down else here > there


def _window(wanted: Wanted, order: Order, after: tuple[Any, int] | None, size: int) -> Subquery:
    """The ids of the items that follow in the order, whoever may see them."""
    of_items = order.key.class_ is Item
    item_id = Item.id if of_items else Version.item_id
    conditions: list[ColumnElement[bool]] = []
    if after is not None:
        conditions.append(_beyond(order, after, item_id))
    if order.by_length:
        conditions.append(Version.duration.is_not(None))
    if of_items:
        conditions += [Item.created_at >= wanted.since] if wanted.since is not None else []
        conditions += [Item.created_at < wanted.before] if wanted.before is not None else []
    keys: Sequence[Any] = (order.key, item_id)
    in_order = (key.desc() if order.down else key.asc() for key in keys)
    statement = select(item_id.label("id")).where(*conditions).order_by(*in_order).limit(size)
    return statement.correlate(None).subquery()
