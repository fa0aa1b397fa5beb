"""Where players were seen: sites, and pages of them where a player's maker chose so. No decision hangs on it."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.access.visible import item_seen
from privmedia.accounts.identity import Identity
from privmedia.embedding.models import Embed, EmbedPage
from privmedia.embedding.standing import Standing
from privmedia.installation import Installation
from privmedia.library.lists import RULED_BY
from privmedia.library.models import Folder, Item
from privmedia.library.pointers import Pointers
from privmedia.origins import is_listed, page_of

MOST_PAGES = 300
"""Of one player. Whoever frames one says what the page is called: that must fill no table."""
MOST_REFUSED = 20
LONGEST_PATH = 500
IN_USE = timedelta(days=30)
"""A page counts as showing a player for so long after somebody opened it."""


@dataclass(frozen=True)
class Seen:
    """A site or page on which a player was seen."""

    page: EmbedPage
    embed: Embed
    now: datetime

    @property
    def url(self) -> str:
        return self.page.origin + self.page.path

    @property
    def name(self) -> str:
        """Without the scheme, as people read it: `intranet.example.com/news`."""
        return self.url.partition("://")[2]

    @property
    def in_use(self) -> bool:
        return not self.page.refused and self.page.last_at > self.now - IN_USE


class Pages:
    """The registry of where players stand."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._pointers = Pointers(session, installation.clock)
        self._own = installation.settings.base_url
        self._now = installation.clock()

    def saw(self, standing: Standing, told: str, *, refused: bool = False) -> int | None:
        """Note that a page, by the address its browser told, has a player on it; answers its number.

        None, and nothing is noted, for our own pages, for what is no page, and for a site that is none of the player's:
        that a browser showed it there cannot be.
        """
        found = page_of(told)
        if found is None or found[0] == self._own:
            return None
        origin, path = found
        if not refused and standing.listed is not None and not is_listed(origin, standing.listed):
            return None
        named = path[:LONGEST_PATH] if standing.embed.names_pages and not refused else ""
        key = {"embed_id": standing.embed.id, "origin": origin[:300], "path": named, "refused": refused}
        if not self._is_known(key) and self._is_full(standing, refused=refused):
            return None
        # The same word in both databases, and in neither of SQLAlchemy's own.
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        first: Any = insert(EmbedPage).values(**key, plays=0, loads=0, first_at=self._now, last_at=self._now)
        self._session.execute(first.on_conflict_do_nothing())
        loaded = (
            update(EmbedPage).filter_by(**key).values(loads=EmbedPage.loads + 1, last_at=self._now)
            .returning(EmbedPage.id)
        )
        return self._session.scalar(loaded, execution_options={"synchronize_session": False})

    def count_play(self, page_id: int) -> None:
        played = update(EmbedPage).where(EmbedPage.id == page_id).values(plays=EmbedPage.plays + 1)
        self._session.execute(played, execution_options={"synchronize_session": False})

    def of_item(self, item: Item) -> Sequence[Seen]:
        """Where the players of an item were seen, the latest first."""
        return self._seen(Embed.item_id == item.id)

    def of_embeds(self, embed_ids: Collection[int]) -> dict[int, list[Seen]]:
        """The same of several players, by their numbers."""
        found: dict[int, list[Seen]] = {}
        for one in self._seen(Embed.id.in_(embed_ids)) if embed_ids else ():
            found.setdefault(one.embed.id, []).append(one)
        return found

    def showing(self, item_ids: Collection[int]) -> Sequence[Seen]:
        """The pages on which players of these items stand now, as far as is known: what would show nothing without."""
        return self._showing(Embed.item_id.in_(item_ids)) if item_ids else ()

    def showing_below(self, folder: Folder, reader: Identity) -> Sequence[Seen]:
        """The same of what lies in a folder, or below it, and exists for the reader."""
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, reader, now=self._now)
        inside = select(Item.id).join(Folder, Folder.id == Item.folder_id)
        below = self._pointers.below(folder)
        return self._showing(Embed.item_id.in_(inside.where(Item.folder_id.in_(below), seen)))

    def _showing(self, which: ColumnElement[bool]) -> Sequence[Seen]:
        return [one for one in self._seen(which, Embed.removed_at.is_(None)) if one.in_use]

    def _seen(self, *like: Any) -> Sequence[Seen]:
        found = select(EmbedPage, Embed).join(Embed).where(*like).order_by(EmbedPage.last_at.desc(), EmbedPage.id)
        return [Seen(page, embed, self._now) for page, embed in self._session.execute(found)]

    def _is_known(self, key: dict[str, Any]) -> bool:
        return self._session.scalar(select(EmbedPage.id).filter_by(**key)) is not None

    def _is_full(self, standing: Standing, *, refused: bool) -> bool:
        counted = select(func.count(EmbedPage.id)).where(
            EmbedPage.embed_id == standing.embed.id, EmbedPage.refused.is_(refused)
        )
        return (self._session.scalar(counted) or 0) >= (MOST_REFUSED if refused else MOST_PAGES)
