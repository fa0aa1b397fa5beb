"""What is told to people: who is told of what, the list behind the bell, and what a letter may say.

That somebody was told of an item opens nothing: each list here has the rules inside it, at the moment it is read.
"""
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, update
from sqlalchemy.orm import Session

from privmedia.access.models import Acl
from privmedia.access.permissions import DENIED, Permission
from privmedia.access.visible import bits_for
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.following.models import Follow, Happening, Notice
from privmedia.installation import Installation
from privmedia.library.lists import Lists
from privmedia.library.models import Folder, Item, Version
from privmedia.library.tree import Tree

Columns = TypeVarTuple("Columns")

PAGE = 100
"""Notices on the page behind the bell; the bell counts no further."""


@dataclass(frozen=True)
class Told:
    """A notice about an item that exists for the reader."""

    happening: Happening
    item: Item
    folder: Folder | None
    """Where it lies, if that exists for the reader as well."""
    created_at: datetime
    is_read: bool
    reason: str
    """Why nothing that can be played came of the version it tells of, if that is so."""


class Notices:
    """Notices, of items that exist for their reader and are no drafts."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.lists = Lists(session, installation)
        self.tree = Tree(session, installation)
        self.now = installation.clock()

    def unread(self, identity: Identity) -> int:
        """How many the caller has not read, no further than a page."""
        unread = self._of(identity, select(Notice.id)).where(Notice.read_at.is_(None)).limit(PAGE)
        return self.session.scalar(select(func.count()).select_from(unread.subquery())) or 0

    def newest(self, identity: Identity) -> list[Told]:
        """A page of them, the newest first."""
        return self._told(identity, self._of(identity, self._rows()))

    def read_all(self, identity: Identity) -> None:
        """The caller has read what there is."""
        mine = update(Notice).where(Notice.user_id == identity.user_id, Notice.read_at.is_(None))
        self.session.execute(mine.values(read_at=self.now), execution_options={"synchronize_session": False})

    def tell(self, user_ids: Collection[int], item: Item, happening: Happening, version: int = 1) -> list[int]:
        """Note it for those people who were not told yet; answers who they are."""
        known = select(Notice.user_id).where(
            Notice.item_id == item.id, Notice.happening == happening, Notice.version == version
        )
        told = sorted(set(user_ids) - set(self.session.scalars(known)))
        self.session.add_all(
            Notice(user_id=user_id, item_id=item.id, happening=happening, version=version, created_at=self.now)
            for user_id in told
        )
        self.session.flush()
        return told

    def followers(self, item: Item, folder_ids: Collection[int]) -> Sequence[int]:
        """Ids of those who follow one of these folders and may view the item now, but not of who added it."""
        acl_id = item.acl_id if item.acl_id is not None else self.session.get_one(Folder, item.folder_id).acl_id
        bits = bits_for(acl_id, User.id, User.is_guest.is_(True), self.now)
        may_view = bits.bitwise_and(int(Permission.VIEW) | DENIED) == int(Permission.VIEW)
        return self.session.scalars(
            select(User.id).where(
                User.id.in_(select(Follow.user_id).where(Follow.folder_id.in_(folder_ids))),
                User.id.is_distinct_from(item.uploader_id),
                User.disabled_at.is_(None),
                or_(User.is_admin, may_view),
            )
        ).all()

    def waiting(self, identity: Identity, happenings: Collection[Happening]) -> list[Told]:
        """What has been put into no letter yet and was not read at the bell, the newest first."""
        return self._for_mail(identity, happenings, Notice.mailed_at.is_(None) & Notice.read_at.is_(None))

    def mailed(self, identity: Identity, happenings: Collection[Happening], at: datetime) -> list[Told]:
        """What was put into the letter of a moment, as far as it may be said now."""
        return self._for_mail(identity, happenings, Notice.mailed_at == at)

    def put_into_letter(self, user_id: int, happenings: Collection[Happening]) -> None:
        """What has been put into no letter yet is put into that of this moment."""
        waiting = update(Notice).where(
            Notice.user_id == user_id, Notice.happening.in_(happenings), Notice.mailed_at.is_(None)
        )
        self.session.execute(waiting.values(mailed_at=self.now), execution_options={"synchronize_session": False})

    def ways_up(self, folder_ids: Collection[int]) -> dict[int, list[int]]:
        """The folder itself and all above it, for each of some; a statement a level."""
        parents: dict[int, int | None] = {}
        missing = set(folder_ids)
        while missing:
            rows = self.session.execute(select(Folder.id, Folder.parent_id).where(Folder.id.in_(missing))).all()
            parents |= {row.id: row.parent_id for row in rows}
            missing = {row.parent_id for row in rows if row.parent_id is not None} - parents.keys()
        ways: dict[int, list[int]] = {}
        for start in folder_ids:
            step: int | None = start
            ways[start] = []
            while step is not None and step in parents:
                ways[start].append(step)
                step = parents[step]
        return ways

    def _for_mail(
        self, identity: Identity, happenings: Collection[Happening], which: ColumnElement[bool]
    ) -> list[Told]:
        found = self._of(identity, self._rows()).where(Notice.happening.in_(happenings), which)
        told = self._told(identity, found)
        if Happening.NEW not in happenings:
            return told
        followed = set(self.session.scalars(select(Follow.folder_id).where(Follow.user_id == identity.user_id)))
        ways = self.ways_up({one.item.folder_id for one in told})
        return [one for one in told if followed.intersection(ways[one.item.folder_id])]

    def _rows(self) -> Select[Notice, Item, Folder, str]:
        return select(Notice, Item, Folder, Version.reason)

    def _of(self, identity: Identity, statement: Select[*Columns]) -> Select[*Columns]:
        own_rules_alone = select(Acl.id).where(Acl.id == Item.acl_id, not_(Acl.inherits)).correlate(Item).exists()
        return (
            statement.select_from(Notice)
            .join(Item, Item.id == Notice.item_id)
            .join(Folder, Folder.id == Item.folder_id)
            .join(Version, (Version.item_id == Item.id) & (Version.number == Notice.version), isouter=True)
            .where(
                Notice.user_id == identity.user_id,
                self.lists.exists(identity),
                not_(and_(Notice.happening == Happening.NEW, own_rules_alone)),
            )
        )

    def _told(self, identity: Identity, statement: Select[Notice, Item, Folder, str]) -> list[Told]:
        rows = self.session.execute(statement.order_by(Notice.id.desc()).limit(PAGE)).all()
        folders = {row.Folder.id: row.Folder for row in rows}
        visible = {folder.id for folder in self.tree.visible_among(identity, folders.values())}
        return [
            Told(
                row.Notice.happening,
                row.Item,
                row.Folder if row.Folder.id in visible else None,
                row.Notice.created_at,
                row.Notice.read_at is not None,
                row.reason or "",
            )
            for row in rows
        ]
