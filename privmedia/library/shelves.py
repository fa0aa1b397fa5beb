"""What the pages show of the library: lists, cards and the tree, composed from one condition, "it exists for you"."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVarTuple
from urllib.parse import quote

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

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
        self.now = installation.clock()

    def tree(self, identity: Identity) -> list[Branch]:
        """Every folder the caller may see, below the nearest one above it that he may see as well."""
        rows = self._visible_folders(identity, Folder.id, Folder.parent_id, Folder.uid, Folder.name)
        branches = {row.id: Branch(row.id, row.uid, row.name) for row in rows}
        tops: list[Branch] = []
        for row in rows:
            above = branches.get(row.parent_id)
            (above.children if above else tops).append(branches[row.id])
        return tops

    def folders(self, identity: Identity, parent: Folder) -> list[FolderCard]:
        """The folders in a folder, by name. In the root also those that lie in folders the caller cannot see."""
        rows = self._visible_folders(identity, Folder.id, Folder.parent_id, Folder.uid, Folder.name, Folder.acl_id)
        visible = {row.id for row in rows}
        here = [
            row
            for row in rows
            if row.parent_id == parent.id or (parent.id == ROOT_ID and row.parent_id not in visible)
        ]
        below: dict[int, int] = defaultdict(int)
        for row in rows:
            below[row.parent_id] += 1
        ids = [row.id for row in here]
        counts, posters = self._counts(identity, ids), self._posters(identity, ids)
        return [
            FolderCard(
                uid=row.uid,
                name=row.name,
                acl_id=row.acl_id,
                folders=below[row.id],
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
        cards = self._cards(rows[:limit])
        return Page(cards, cards[-1].uid if len(rows) > limit else None)

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
        some = self._seen(identity, select(Item.id)).limit(COUNTED + 1).subquery()
        items = self.session.scalar(select(func.count()).select_from(some)) or 0
        return Totals(items=min(items, COUNTED), more=items > COUNTED, folders=folders or 0)

    def targets(self, identity: Identity) -> list[Target]:
        """The folders one may add files to, by path."""
        rows = self._visible_folders(identity, Folder.id, Folder.parent_id, Folder.uid, Folder.name, Folder.acl_id)
        named = {row.id: row for row in rows}
        may = allowed(Folder.acl_id, None, identity, Permission.UPLOAD, now=self.now)
        open_to_me = set(self.session.scalars(select(Folder.id).where(Folder.id != ROOT_ID, may)))
        targets = [
            Target(row.uid, " / ".join(_names_above(row.id, named)), row.acl_id) for row in rows if row.id in open_to_me
        ]
        return sorted(targets, key=lambda target: target.path.casefold())

    def _visible_folders(self, identity: Identity, *columns: Any) -> list[Any]:
        statement = select(*columns).where(
            Folder.id != ROOT_ID, folder_seen(Folder.acl_id, identity, now=self.now)
        )
        return list(self.session.execute(statement.order_by(Folder.name_key, Folder.id)))

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

    def _cards(self, rows: Iterable[Any]) -> list[ItemCard]:
        rows = list(rows)
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
            )
            for item, version, uploader, has_poster in rows
        ]


def _codec(version: Version) -> str | None:
    """The codec of the picture, or of the sound where there is none, as the probe names it."""
    streams = (version.probe or {}).get("streams") or []
    found = {stream.get("type"): stream.get("codec") for stream in reversed(streams)}
    return found.get("video") or found.get("audio")


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
