"""What the page of the bin shows: one line for each deletion, with only what the reader may see of it."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from privmedia.access.visible import folder_seen, item_seen
from privmedia.accounts.identity import Identity
from privmedia.db import WITH_BIN
from privmedia.installation import Installation
from privmedia.library.lists import RULED_BY
from privmedia.library.models import Deletion, Folder, Item, Kind, Version
from privmedia.organising.bin import KEPT, Bin
from privmedia.text import Sentence, Words
from privmedia.text import mark as _

PAGE = 100
SOON, MIDDLE = 3, 10
"""Days left at which the bar turns red, and up to which it is amber."""
A_FOLDER = _("a folder you cannot see")


class Order(StrEnum):
    """Which comes first."""

    SOONEST = "soonest"
    LAST = "last"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One deletion."""

    uid: str
    kind: Kind | None
    """None for a folder."""
    name: str
    was_in: Words
    by_me: bool
    deleted_by: str
    deleted_at: datetime
    items: int
    size: int
    """Bytes of all versions that the reader may see in it."""
    days_left: int
    folder_gone: bool
    managed: bool
    """The reader may delete it for good."""

    @property
    def urgency(self) -> str:
        return "bad" if self.days_left <= SOON else "warn" if self.days_left <= MIDDLE else "calm"


@dataclass(frozen=True)
class Whole:
    """Of everything the reader sees in the bin."""

    entries: int
    mine: int
    managed: int
    items: int
    size: int


class BinList:
    """Reads the bin for one person."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.bin = Bin(session, installation)
        self.now = installation.clock()

    def whole(self, identity: Identity) -> Whole:
        """The numbers over the list."""
        seen = self.bin.seen(identity)
        ids = select(Deletion.id).where(Deletion.id.in_(seen))
        mine = ids.where(Deletion.deleted_by == identity.user_id)
        items, size = self._one(self._sizes(identity, seen, func.count(Item.id.distinct()), func.sum(Version.size)))
        return Whole(
            entries=self._count(ids),
            mine=self._count(mine),
            managed=self._count(self.bin.managed(identity)),
            items=items or 0,
            size=size or 0,
        )

    def entries(self, identity: Identity, *, mine: bool, order: Order, page: int) -> list[Entry]:
        """A page of the list, counted from 1."""
        query = select(Deletion).where(Deletion.id.in_(self.bin.seen(identity)))
        if mine:
            query = query.where(Deletion.deleted_by == identity.user_id)
        if order is Order.LAST:
            query = query.order_by(Deletion.deleted_at.desc(), Deletion.id.desc())
        else:
            query = query.order_by(Deletion.deleted_at, Deletion.id)
        found = self._all(query.limit(PAGE).offset((page - 1) * PAGE))
        return self._entries(identity, [row[0] for row in found])

    def _entries(self, identity: Identity, deletions: Sequence[Deletion]) -> list[Entry]:
        ids = [deletion.id for deletion in deletions]
        sums = func.count(Item.id.distinct()).label("items"), func.sum(Version.size).label("size")
        by_deletion = self._sizes(identity, ids, Item.deletion_id, *sums).group_by(Item.deletion_id)
        sizes = {row.deletion_id: row for row in self._all(by_deletion)}
        chosen = select(Deletion.id).where(Deletion.id.in_(ids), Deletion.id.in_(self.bin.managed(identity)))
        managed = {row.id for row in self._all(chosen)}
        places = {deletion.id: self.bin.place_of(deletion) for deletion in deletions}
        folders = {number: self.bin.folder_of(place) for number, place in places.items()}
        named = folder_seen(Folder.acl_id, identity, now=self.now)
        seen = select(Folder.id).where(Folder.id.in_([folder.id for folder in folders.values()]), named)
        visible = {row.id for row in self._all(seen)}
        entries = []
        for deletion in deletions:
            place, folder = places[deletion.id], folders[deletion.id]
            size = sizes.get(deletion.id)
            entries.append(
                Entry(
                    uid=deletion.uid,
                    kind=place.kind if isinstance(place, Item) else None,
                    name=place.title if isinstance(place, Item) else place.name,
                    was_in=_called(folder) if folder.id in visible else Sentence(A_FOLDER),
                    by_me=deletion.deleted_by == identity.user_id,
                    deleted_by=deletion.deleter.name if deletion.deleter else "",
                    deleted_at=deletion.deleted_at,
                    items=size.items if size else 0,
                    size=size.size or 0 if size else 0,
                    days_left=max(0, (deletion.deleted_at + KEPT - self.now).days),
                    folder_gone=folder.deletion_id is not None,
                    managed=deletion.id in managed,
                )
            )
        return entries

    def _sizes(self, identity: Identity, ids: Any, *columns: Any) -> Select[*tuple[Any, ...]]:
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now)
        return (
            select(*columns)
            .select_from(Item)
            .join(Folder, Folder.id == Item.folder_id)
            .join(Version, Version.item_id == Item.id)
            .where(Item.deletion_id.in_(ids), seen)
        )

    def _all(self, query: Select[*tuple[Any, ...]]) -> Sequence[Any]:
        return self.session.execute(query, execution_options=WITH_BIN).all()

    def _one(self, query: Select[*tuple[Any, ...]]) -> Any:
        return self._all(query)[0]

    def _count(self, ids: Select[int]) -> int:
        counted = select(func.count()).select_from(ids.subquery())
        return self.session.scalar(counted, execution_options=WITH_BIN) or 0


def _called(folder: Folder) -> Words:
    return folder.name if folder.parent_id is not None else Sentence(_("the library"))
