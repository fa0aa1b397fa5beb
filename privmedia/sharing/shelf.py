"""What a link's visitors see of the library: what it leads to, as far as its maker may view it now, and nothing else.

The link of a folder leads to what goes by the folder's rules, not to what has cut itself off from them, as drafts have.

Every list is one statement with the maker's rules inside it.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.visible import allowed, takes_over
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import Membership, User
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.cards import small_poster_url
from privmedia.library.models import POSTER, SMALL_POSTER, Folder, Item, Kind, State, Version
from privmedia.library.shelves import stored_as
from privmedia.library.ways import way_up
from privmedia.sharing.standing import Standing

Columns = TypeVarTuple("Columns")
PAGE = 48
RULED_BY: ColumnElement[int] = func.coalesce(Item.acl_id, Folder.acl_id)


@dataclass(frozen=True)
class SharedItem:
    """An item as a shared folder lists it: no uploader, no tags, nothing that is for the team."""

    uid: str
    title: str
    kind: Kind
    state: State
    duration: float | None
    created_at: datetime
    small_poster_url: str | None
    progress: int | None = None
    watched: int | None = None


@dataclass(frozen=True)
class SharedItems:
    """One page of them, newest first; `next` is the public id to go on after, if there is more."""

    items: list[SharedItem]
    next: str | None


class SharedShelf:
    """The place a link leads to. Whoever calls has found out that the link is open in this browser."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._now = installation.clock()

    def item(self, standing: Standing, uid: str) -> Item | None:
        """An item that the link leads to."""
        if not is_uid(uid):
            return None
        found = self._session.scalar(self._items(standing, select(Item)).where(Item.uid == uid))
        return found if found is not None and self._leads_to(standing, found) else None

    def folder(self, standing: Standing, uid: str) -> Folder | None:
        """The shared folder, or one below it."""
        if not is_uid(uid) or standing.item is not None:
            return None
        seen = self._viewed(Folder.acl_id, None, standing)
        found = self._session.scalar(select(Folder).where(Folder.uid == uid, seen))
        return found if found is not None and standing.folder.id in self._way_up(found) else None

    def folders(self, standing: Standing, folder: Folder) -> list[Folder]:
        """The folders in a shared folder, by name."""
        seen = self._viewed(Folder.acl_id, None, standing)
        inside = select(Folder).where(Folder.parent_id == folder.id, seen)
        return list(self._session.scalars(inside.order_by(Folder.name_key, Folder.id)))

    def items(self, standing: Standing, folder: Folder, after: str | None = None) -> SharedItems:
        """The items in a shared folder; `after` is where the page before ended."""
        shown = and_(Version.item_id == Item.id, Version.number == Item.current)
        columns = select(Item, Version.duration, stored_as(POSTER), stored_as(SMALL_POSTER))
        listed = self._items(standing, columns).join(Version, shown).where(Item.folder_id == folder.id)
        if after is not None:
            last = self.item(standing, after)
            listed = listed.where(Item.id < (0 if last is None else last.id))
        rows = self._session.execute(listed.order_by(Item.id.desc()).limit(PAGE + 1)).all()
        items = [
            SharedItem(
                item.uid,
                item.title,
                item.kind,
                item.state,
                duration,
                item.created_at,
                small_poster_url(item.uid, item.current, poster, small) if poster else None,
            )
            for item, duration, poster, small in rows[:PAGE]
        ]
        return SharedItems(items, items[-1].uid if len(rows) > PAGE else None)

    def way_down(self, standing: Standing, folder: Folder) -> list[Folder]:
        """The folders from the shared one down to the one above this, those that the maker sees."""
        ids = self._way_up(folder)
        above = ids[1 : ids.index(standing.folder.id) + 1] if folder.id != standing.folder.id else []
        seen = select(Folder).where(Folder.id.in_(above), self._viewed(Folder.acl_id, None, standing))
        by_id = {one.id: one for one in self._session.scalars(seen)}
        return [by_id[folder_id] for folder_id in reversed(above) if folder_id in by_id]

    def _items(self, standing: Standing, statement: Select[*Columns]) -> Select[*Columns]:
        seen = self._viewed(RULED_BY, Item.uploader_id, standing)
        return statement.join(Folder, Folder.id == Item.folder_id).where(seen, Item.shown)

    def _viewed(self, acl: Any, owner: Any, standing: Standing) -> ColumnElement[bool]:
        seen = allowed(acl, owner, self.maker(standing.maker), Permission.VIEW, now=self._now)
        return seen if standing.item is not None else and_(seen, takes_over(acl, standing.folder.acl_id))

    def _leads_to(self, standing: Standing, item: Item) -> bool:
        if standing.item is not None:
            return item.id == standing.item.id
        return standing.folder.id in self._way_up(item.folder)

    def _way_up(self, folder: Folder) -> list[int]:
        """The ids of a folder and of those above it, upwards."""
        return [above.id for above in way_up(self._session, folder)]

    def maker(self, user: User) -> Identity:
        """The maker as decisions know them, without a session."""
        groups = self._session.scalars(select(Membership.group_id).where(Membership.user_id == user.id))
        return as_identity(user, frozenset(groups))
