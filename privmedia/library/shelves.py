"""What the pages show of the library: lists, cards and the tree, composed from one condition, "it exists for you"."""
from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, TypeVarTuple
from urllib.parse import quote

from sqlalchemy import ColumnElement, Select, func, not_, or_, select, union
from sqlalchemy.orm import Session, aliased

from privmedia.access.permissions import Permission
from privmedia.access.visible import allowed, folder_seen, item_seen
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.cards import (
    POSTER,
    Branch,
    FolderCard,
    ItemCard,
    ItemDetails,
    Page,
    Target,
    Totals,
    Uploader,
    poster_url,
)
from privmedia.library.models import PREPARE, ROOT_ID, File, Folder, Item, State, Version
from privmedia.media.codecs import human_name
from privmedia.playback.service import Playbacks

Columns = TypeVarTuple("Columns")

PAGE = 48
COUNTED = 1000
"""Items counted for the library page. Counting all that people with wide rights see would cost more than the page."""
POSTERS_ON_A_CARD = 3

RULED_BY: ColumnElement[int] = func.coalesce(Item.acl_id, Folder.acl_id)
"""The ACL that counts for an item, in a statement that joins items and their folders."""


class Shelves:
    """The library as one person sees it. Every list here is one statement with the rules inside it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.jobs = Jobs(session, installation)
        self.playbacks = Playbacks(session, installation)
        self.now = installation.clock()

    def tree(self, identity: Identity, here: Folder | None = None) -> list[Branch]:
        """The folders at the top, and the way down to the one that the caller is in, open: no more than is shown.

        A folder stands below the one it lies in if that exists for the caller as well, else at the top.
        """
        way = self._way_down_to(identity, here) if here is not None else []
        rows = [*self._tops(identity), *self._inside(identity, way)]
        with_folders = self._folders_inside(identity, [row.id for row in rows])
        branches = {
            row.id: Branch(
                row.id,
                row.uid,
                row.name,
                has_children=row.id in with_folders,
                current=here is not None and row.id == here.id,
                open=row.id in way,
            )
            for row in rows
        }
        tops: list[Branch] = []
        for row in rows:
            (branches[row.parent_id].children if row.parent_id in way else tops).append(branches[row.id])
        return tops

    def folders(self, identity: Identity, parent: Folder) -> list[FolderCard]:
        """The folders in a folder, by name. In the root also those that lie in folders the caller cannot see."""
        here = self._tops(identity) if parent.id == ROOT_ID else self._inside(identity, [parent.id])
        ids = [row.id for row in here]
        below = self._folders_inside(identity, ids)
        counts, posters = self._counts(identity, ids), self._posters(identity, ids)
        return [
            FolderCard(
                uid=row.uid,
                name=row.name,
                acl_id=row.acl_id,
                folders=below.get(row.id, 0),
                count=counts.get(row.id, 0),
                posters=posters.get(row.id, []),
            )
            for row in here
        ]

    def items(
        self,
        identity: Identity,
        *,
        folder: Folder | None = None,
        uploader_id: int | None = None,
        after: str | None = None,
        limit: int = PAGE,
    ) -> Page:
        """Items newest first: of one folder, of one uploader, or all; `after` is where the page before ended."""
        statement = self._seen(identity, select(Item, Version, User.name, _has_poster())).join(
            User, User.id == Item.uploader_id, isouter=True
        )
        if folder is not None:
            statement = statement.where(Item.folder_id == folder.id)
        if uploader_id is not None:
            statement = statement.where(Item.uploader_id == uploader_id)
        if after is not None:
            statement = statement.where(Item.id < self._end_of(identity, after))
        rows = self.session.execute(statement.order_by(Item.id.desc()).limit(limit + 1)).all()
        cards = self._cards(rows[:limit], identity)
        return Page(cards, cards[-1].uid if len(rows) > limit else None)

    def some(self, identity: Identity, item_ids: Sequence[int], limit: int = PAGE) -> list[ItemCard]:
        """Those of some items that exist for the caller, in the order given, no more than `limit`."""
        statement = self._seen(identity, select(Item, Version, User.name, _has_poster())).join(
            User, User.id == Item.uploader_id, isouter=True
        )
        place = {item_id: index for index, item_id in enumerate(item_ids)}
        rows = self.session.execute(statement.where(Item.id.in_(item_ids))).all()
        return self._cards(sorted(rows, key=lambda row: place[row[0].id])[:limit], identity)

    def item(self, item: Item, *, may_download: bool) -> ItemDetails:
        """One item for its page, which the caller may see: its rights are the caller's business."""
        row = self.session.execute(
            select(Item, Version, User, _has_poster())
            .join(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
            .join(User, User.id == Item.uploader_id, isouter=True)
            .where(Item.id == item.id)
        ).one()
        _item, version, uploader, has_poster = row
        (card,) = self._cards([(item, version, uploader.name if uploader else None, has_poster)])
        names = set(self.session.scalars(select(File.name).where(File.version_id == version.id)))
        playable = next((name for name in sorted(names) if name.startswith("play.")), None)
        return ItemDetails(
            **vars(card),
            description=item.description,
            reason=item.reason,
            added_by=Uploader.of(uploader) if uploader else None,
            filename=version.filename,
            size=version.size,
            width=version.width,
            height=version.height,
            codec=_codec(version),
            sha256=version.sha256,
            play_url=f"/smedia/{item.uid}/{playable}" if playable else None,
            original_url=f"/smedia/{item.uid}/original/{quote(version.filename)}" if may_download else None,
        )

    def visible_among(self, identity: Identity, folders: Iterable[Folder]) -> list[Folder]:
        """Those of some folders that exist for the caller, in the same order."""
        folders = list(folders)
        seen = folder_seen(Folder.acl_id, identity, now=self.now)
        statement = select(Folder.id).where(Folder.id.in_([folder.id for folder in folders]), seen)
        visible = set(self.session.scalars(statement))
        return [folder for folder in folders if folder.id in visible]

    def may_upload_anywhere(self, identity: Identity) -> bool:
        """Whether there is any folder one may add files to."""
        may = allowed(Folder.acl_id, None, identity, Permission.UPLOAD, now=self.now)
        return self.session.scalar(select(Folder.id).where(Folder.id != ROOT_ID, may).limit(1)) is not None

    def totals(self, identity: Identity) -> Totals:
        """How much of the library exists for the caller."""
        seen = folder_seen(Folder.acl_id, identity, now=self.now)
        folders = self.session.scalar(select(func.count()).select_from(Folder).where(Folder.id != ROOT_ID, seen))
        items = self._count_up_to(identity, COUNTED + 1)
        return Totals(items=min(items, COUNTED), more=items > COUNTED, folders=folders or 0)

    def targets(self, identity: Identity) -> list[Target]:
        """The folders one may add files to, by path."""
        rows = self._visible_folders(identity)
        named = {row.id: row for row in rows}
        may = allowed(Folder.acl_id, None, identity, Permission.UPLOAD, now=self.now)
        open_to_me = set(self.session.scalars(select(Folder.id).where(Folder.id != ROOT_ID, may)))
        targets = [
            Target(row.uid, " / ".join(_names_above(row.id, named)), row.acl_id) for row in rows if row.id in open_to_me
        ]
        return sorted(targets, key=lambda target: target.path.casefold())

    def _visible_folders(self, identity: Identity, *conditions: ColumnElement[bool]) -> list[Any]:
        statement = select(Folder.id, Folder.parent_id, Folder.uid, Folder.name, Folder.acl_id).where(
            Folder.id != ROOT_ID, folder_seen(Folder.acl_id, identity, now=self.now), *conditions
        )
        return list(self.session.execute(statement.order_by(Folder.name_key, Folder.id)))

    def _tops(self, identity: Identity) -> list[Any]:
        """The folders in the root, and those that lie in a folder the caller cannot see."""
        above = aliased(Folder)
        # By the same rules both exist or neither does: most folders are done with when that is known.
        below_hidden = (
            select(above.id)
            .where(
                above.id == Folder.parent_id,
                above.acl_id != Folder.acl_id,
                not_(folder_seen(above.acl_id, identity, now=self.now)),
            )
            .correlate(Folder)
            .exists()
        )
        return self._visible_folders(identity, or_(Folder.parent_id == ROOT_ID, below_hidden))

    def _inside(self, identity: Identity, folder_ids: list[int]) -> list[Any]:
        return self._visible_folders(identity, Folder.parent_id.in_(folder_ids)) if folder_ids else []

    def _folders_inside(self, identity: Identity, folder_ids: list[int]) -> dict[int, int]:
        """How many folders lie in each of some, for those that have any."""
        seen = folder_seen(Folder.acl_id, identity, now=self.now)
        statement = select(Folder.parent_id, func.count()).where(Folder.parent_id.in_(folder_ids), seen)
        rows = self.session.execute(statement.group_by(Folder.parent_id)) if folder_ids else ()
        return {folder_id: count for folder_id, count in rows if folder_id is not None}

    def _way_down_to(self, identity: Identity, here: Folder) -> list[int]:
        """The folder, the one it lies in and so on, as far up as all of them exist for the caller."""
        line = [here]
        while line[-1].parent_id not in (None, ROOT_ID):
            line.append(self.session.get_one(Folder, line[-1].parent_id))
        visible = {folder.id for folder in self.visible_among(identity, line)} - {ROOT_ID}
        return [folder.id for folder in itertools.takewhile(lambda folder: folder.id in visible, line)]

    def _count_up_to(self, identity: Identity, most: int) -> int:
        """How many items exist for the caller, counted no further than `most`.

        By the rules of folders one sees, among one's own, and by rules of their own: each part finds its items by an
        index and stops when it has enough. An item may be in two of them, and counts once.
        """
        if identity.is_admin:
            some = select(Item.id).limit(most).subquery()
            return self.session.scalar(select(func.count()).select_from(some)) or 0
        by_folder = item_seen(Folder.acl_id, Item.uploader_id, Item.shown, identity, now=self.now)
        in_a_folder = (
            select(Item.id).join(Folder, Folder.id == Item.folder_id).where(by_folder, Item.acl_id.is_(None))
        )
        seen_folders = select(Folder.id).where(folder_seen(Folder.acl_id, identity, now=self.now)).correlate(None)
        parts = (
            in_a_folder.where(Item.folder_id.in_(seen_folders)),
            in_a_folder.where(Item.uploader_id == identity.user_id),
            select(Item.id).where(
                item_seen(Item.acl_id, Item.uploader_id, Item.shown, identity, now=self.now), Item.acl_id > 0
            ),
        )
        counted = union(*(select(part.limit(most).subquery()) for part in parts)).limit(most).subquery()
        return self.session.scalar(select(func.count()).select_from(counted)) or 0

    def _seen(self, identity: Identity, statement: Select[*Columns]) -> Select[*Columns]:
        """The statement over items, their folders and shown versions, cut down to what exists for the caller."""
        return (
            statement.join(Folder, Folder.id == Item.folder_id)
            .join(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
            .where(item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now))
        )

    def _end_of(self, identity: Identity, after: str) -> int:
        """Where a page ended. What the caller may not see is as good as missing: nothing comes after it."""
        last = self._seen(identity, select(Item.id)).where(Item.uid == after)
        return (self.session.scalar(last) if is_uid(after) else None) or 0

    def _counts(self, identity: Identity, folder_ids: list[int]) -> dict[int, int]:
        statement = self._seen(identity, select(Item.folder_id, func.count().label("items")).select_from(Item))
        rows = self.session.execute(statement.where(Item.folder_id.in_(folder_ids)).group_by(Item.folder_id))
        return {row.folder_id: row.items for row in rows}

    def _posters(self, identity: Identity, folder_ids: list[int]) -> dict[int, list[str]]:
        place = func.row_number().over(partition_by=Item.folder_id, order_by=Item.id.desc()).label("place")
        newest = (
            self._seen(identity, select(Item.folder_id, Item.uid, Item.id, place).select_from(Item))
            .where(Item.folder_id.in_(folder_ids), _has_poster())
            .subquery()
        )
        posters: dict[int, list[str]] = defaultdict(list)
        statement = select(newest).where(newest.c.place <= POSTERS_ON_A_CARD).order_by(newest.c.id.desc())
        for row in self.session.execute(statement):
            posters[row.folder_id].append(poster_url(row.uid))
        return posters

    def _cards(self, rows: Iterable[Any], identity: Identity | None = None) -> list[ItemCard]:
        """The cards of some rows; with how much of each the caller has watched, if it says for whom."""
        rows = list(rows)
        watched = self.playbacks.shares(identity.user_id, [row[0].id for row in rows]) if identity else {}
        busy = [version.id for item, version, *_ in rows if item.state == State.PREPARING]
        progress = self.jobs.progress_of(PREPARE, busy)
        return [
            ItemCard(
                uid=item.uid,
                title=item.title,
                kind=item.kind,
                state=item.state,
                shown=item.shown,
                progress=round(progress[version.id] * 100) if version.id in progress else None,
                duration=version.duration,
                pages=version.pages,
                uploader=uploader or "",
                created_at=item.created_at,
                poster_url=poster_url(item.uid) if has_poster else None,
                watched=watched.get(item.id),
            )
            for item, version, uploader, has_poster in rows
        ]


def _codec(version: Version) -> str | None:
    """What picture and sound are coded in, as people call it; the type of a file that has neither."""
    probe = version.probe or {}
    streams = [found[0] for kind in ("video", "audio") if (found := probe.get(kind))]
    names = [human_name(stream["codec"], stream.get("tag") or "") for stream in streams]
    return ", ".join(names) or str(probe.get("container", "")).upper() or None


def _has_poster() -> ColumnElement[bool]:
    return (
        select(File.name).where(File.version_id == Version.id, File.name == POSTER).correlate(Version).exists()
    ).label("has_poster")


def _names_above(folder_id: int, named: dict[int, Any]) -> list[str]:
    names: list[str] = []
    while folder_id in named:
        names.insert(0, named[folder_id].name)
        folder_id = named[folder_id].parent_id
    return names
