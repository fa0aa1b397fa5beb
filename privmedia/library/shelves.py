"""What the pages show of the library: cards and counts, of what exists for the caller."""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any
from urllib.parse import quote

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from privmedia.access.models import Acl
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.cards import (
    Around,
    FolderCard,
    ItemCard,
    ItemDetails,
    Page,
    Uploader,
    poster_url,
    small_poster_url,
)
from privmedia.library.lists import RULED_BY, Lists, Wanted
from privmedia.library.models import (
    PAGES,
    POSTER,
    PREPARE,
    SMALL_POSTER,
    File,
    Folder,
    Item,
    PublicCopy,
    Star,
    State,
    Version,
)
from privmedia.library.pictures import srcset
from privmedia.library.progress import progress_of
from privmedia.library.tree import Tree
from privmedia.media.codecs import human_name
from privmedia.media.words import recalled
from privmedia.playback.service import Playbacks, Shown

PAGE = 48
POSTERS_ON_A_CARD = 3
BESIDE = 4
"""Items shown on each side of one, where it stands among its kind."""
MOST_BESIDE = 1000
"""Of how many of its kind it is said which one it is."""


class Shelves:
    """The library as one person sees it. Every list here is one statement with the rules inside it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.jobs = Jobs(session, installation)
        self.playbacks = Playbacks(session, installation)
        self.lists = Lists(session, installation)
        self.tree = Tree(session, installation)

    def folder_cards(self, identity: Identity, folders: Sequence[Any]) -> list[FolderCard]:
        """The cards of some folders that exist for the caller, as `Tree` lists them."""
        ids = [row.id for row in folders]
        below = self.tree.counts_inside(identity, ids)
        counts, posters = self._counts(identity, ids), self._posters(identity, ids)
        if bare := [folder_id for folder_id in below if folder_id not in posters]:
            posters |= self._posters_below(identity, bare)
        return [
            FolderCard(
                uid=row.uid,
                name=row.name,
                acl_id=row.acl_id,
                folders=below.get(row.id, 0),
                count=counts.get(row.id, 0),
                posters=posters.get(row.id, []),
            )
            for row in folders
        ]

    def items(
        self, identity: Identity, wanted: Wanted | None = None, *, limit: int = PAGE, with_folders: bool = False
    ) -> Page:
        """A page of items: what is asked for of what exists for the caller.

        `with_folders`: each with its folder, where that exists for the caller as well.
        """
        found = self.lists.ids(identity, wanted or Wanted(), 2 * limit + 1)
        rows = self._rows(found[:limit])
        cards = self._cards(rows, identity)
        if with_folders:
            visible = self.tree.visible_among(identity, {row.Folder.id: row.Folder for row in rows}.values())
            named = {folder.id: (folder.uid, folder.name) for folder in visible}
            cards = [
                replace(card, folder=named.get(row.Folder.id)) for card, row in zip(cards, rows, strict=True)
            ]
        following = min(len(found) - limit, limit)
        return Page(cards, cards[-1].uid if following > 0 else None, max(following, 0))

    def some(self, identity: Identity, item_ids: Sequence[int], limit: int = PAGE) -> list[ItemCard]:
        """Those of some items that exist for the caller, in the order given, no more than `limit`."""
        cards = self.cards(identity, item_ids)
        return [cards[item_id] for item_id in item_ids if item_id in cards][:limit]

    def cards(self, identity: Identity, item_ids: Sequence[int]) -> dict[int, ItemCard]:
        """The same by id."""
        seen = self.lists.seen(identity, select(Item.id)).where(Item.id.in_(item_ids))
        visible = self.session.scalars(seen).all() if item_ids else []
        return dict(zip(visible, self._cards(self._rows(visible), identity), strict=True))

    def item(self, identity: Identity, item: Item, *, may_download: bool) -> ItemDetails:
        """One item for its page, which the caller may see: its rights are the caller's business."""
        (row,) = self._rows([item.id])
        (card,) = self._cards([row], identity)
        version, uploader = row.Version, row.User
        stored = select(File.name, File.stored_as).where(File.version_id == version.id)
        files = {row.name: row.stored_as for row in self.session.execute(stored)}
        playable = next((name for name in sorted(files) if name.startswith("play.")), None)
        return ItemDetails(
            **vars(card),
            description=item.description,
            alt=item.alt,
            reason=recalled(item.reason) if item.reason else "",
            added_by=Uploader.of(uploader) if uploader else None,
            version=version.number,
            filename=version.filename,
            width=version.width,
            height=version.height,
            codec=_codec(version),
            loudness=(version.probe or {}).get("loudness"),
            sha256=version.sha256,
            play_url=f"/smedia/{item.uid}/{playable}" if playable else None,
            srcset=playable and srcset(item.uid, files, shown=playable, width=version.width, height=version.height),
            files=frozenset(files),
            original_url=f"/smedia/{item.uid}/original/{quote(version.filename)}" if may_download else None,
            drawing=bool(version.pages) and self.jobs.is_waiting((PREPARE, PAGES), version.id),
        )

    def around(self, identity: Identity, item: Item, *, most: int = BESIDE) -> Around:
        """The items of the same kind beside one in its folder, newest first, of what exists for the caller.

        The item itself is among them.
        """
        beside = self.lists.seen(identity, select(Item.id)).where(
            Item.folder_id == item.folder_id, Item.kind == item.kind
        )
        newer = self.session.scalars(beside.where(Item.id > item.id).order_by(Item.id).limit(most)).all()
        older = self.session.scalars(beside.where(Item.id < item.id).order_by(Item.id.desc()).limit(most)).all()
        strip = self._cards(self._rows([*reversed(newer), item.id, *older]), identity)
        above = self._counted(beside.where(Item.id > item.id))
        count = above + 1 + self._counted(beside.where(Item.id < item.id))
        return Around(
            before=strip[len(newer) - 1] if newer else None,
            after=strip[len(newer) + 1] if older else None,
            strip=strip,
            place=above + 1 if count <= MOST_BESIDE else None,
            count=count,
        )

    def _counted(self, statement: Select[int]) -> int:
        """How many there are, no further than it is said."""
        return self.session.scalar(select(func.count()).select_from(statement.limit(MOST_BESIDE + 1).subquery())) or 0

    def _rows(self, item_ids: Sequence[int]) -> list[Any]:
        """The items with all that their cards say, in the same order. Whoever asks has seen to what may be seen."""
        columns = stored_as(POSTER).label("poster"), stored_as(SMALL_POSTER).label("small")
        rows = self.session.execute(
            select(Item, Version, User, Folder, RULED_BY.label("acl_id"), Acl.inherits, *columns)
            .join(Folder, Folder.id == Item.folder_id)
            .join(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
            .join(User, User.id == Item.uploader_id, isouter=True)
            .join(Acl, Acl.id == Item.acl_id, isouter=True)
            .where(Item.id.in_(item_ids))
        )
        by_id = {row.Item.id: row for row in rows}
        return [by_id[item_id] for item_id in item_ids if item_id in by_id]

    def _counts(self, identity: Identity, folder_ids: list[int]) -> dict[int, int]:
        statement = self.lists.seen(identity, select(Item.folder_id, func.count()).select_from(Item))
        rows = self.session.execute(statement.where(Item.folder_id.in_(folder_ids)).group_by(Item.folder_id))
        return dict(rows.all())

    def _posters(self, identity: Identity, folder_ids: list[int]) -> dict[int, list[str]]:
        place = func.row_number().over(partition_by=Item.folder_id, order_by=Item.id.desc()).label("place")
        columns = select(Item.folder_id, Item.uid, Item.id, Item.current, File.version_id, File.stored_as, place)
        newest = (
            self.lists.seen(identity, columns.select_from(Item))
            .join(File, (File.version_id == Version.id) & (File.name == POSTER))
            .where(Item.folder_id.in_(folder_ids))
            .subquery()
        )
        posters: dict[int, list[str]] = defaultdict(list)
        small = File.__table__.alias("small")
        beside = (small.c.version_id == newest.c.version_id) & (small.c.name == SMALL_POSTER)
        statement = select(newest, small.c.stored_as.label("small")).join(small, beside, isouter=True)
        statement = statement.where(newest.c.place <= POSTERS_ON_A_CARD).order_by(newest.c.id.desc())
        for row in self.session.execute(statement):
            posters[row.folder_id].append(small_poster_url(row.uid, row.current, row.stored_as, row.small))
        return posters

    def _posters_below(self, identity: Identity, folder_ids: list[int]) -> dict[int, list[str]]:
        """The same of the first folders inside each: the newest of every one of these, then the next."""
        inside = self.tree.few_inside(identity, folder_ids, POSTERS_ON_A_CARD)
        posters = self._posters(identity, [child for children in inside.values() for child in children])
        found = {}
        for folder_id, children in inside.items():
            in_turn = zip_longest(*(posters.get(child, []) for child in children))
            found[folder_id] = [poster for turn in in_turn for poster in turn if poster][:POSTERS_ON_A_CARD]
        return found

    def _cards(self, rows: Sequence[Any], identity: Identity) -> list[ItemCard]:
        busy = [row.Version.id for row in rows if row.Item.state == State.PREPARING]
        progress = progress_of(self.jobs, busy) if busy else {}
        shown = {row.Item.id: Shown(row.Version.number, row.Version.duration) for row in rows}
        watched = self.playbacks.shares(identity.user_id, shown)
        starred = self._starred(identity, [row.Item.id for row in rows])
        public = self._public([row.Item.id for row in rows])
        return [
            ItemCard(
                uid=row.Item.uid,
                folder_id=row.Item.folder_id,
                title=row.Item.title,
                kind=row.Item.kind,
                state=row.Item.state,
                shown=row.Item.shown,
                draft=row.inherits is False,
                public=row.Item.id in public,
                starred=row.Item.id in starred,
                progress=round(progress[row.Version.id] * 100) if row.Version.id in progress else None,
                duration=row.Version.duration,
                pages=row.Version.pages,
                size=row.Version.size,
                uploader=row.User.name if row.User else "",
                uploader_uid=row.User.uid if row.User else "",
                created_at=row.Item.created_at,
                poster_url=poster_url(row.Item.uid, row.Version.number, row.poster) if row.poster else None,
                small_poster_url=small_poster_url(row.Item.uid, row.Version.number, row.poster, row.small)
                if row.poster
                else None,
                acl_id=row.acl_id,
                watched=watched.get(row.Item.id),
            )
            for row in rows
        ]

    def _starred(self, identity: Identity, item_ids: Collection[int]) -> set[int]:
        statement = select(Star.item_id).where(Star.user_id == identity.user_id, Star.item_id.in_(item_ids))
        return set(self.session.scalars(statement)) if item_ids else set()

    def _public(self, item_ids: Collection[int]) -> set[int]:
        statement = select(PublicCopy.item_id).where(PublicCopy.item_id.in_(item_ids), PublicCopy.token.is_not(None))
        return set(self.session.scalars(statement)) if item_ids else set()


def _codec(version: Version) -> str | None:
    """What picture and sound are coded in, as people call it; the type of a file that has neither."""
    probe = version.probe or {}
    streams = [found[0] for kind in ("video", "audio") if (found := probe.get(kind))]
    names = [human_name(stream["codec"], stream.get("tag") or "") for stream in streams]
    return ", ".join(names) or str(probe.get("container", "")).upper() or None


def stored_as(name: str) -> ColumnElement[str | None]:
    """What a file of a version is stored as; NULL if there is none of that name."""
    found = select(File.stored_as).where(File.version_id == Version.id, File.name == name)
    return found.correlate(Version).scalar_subquery()
