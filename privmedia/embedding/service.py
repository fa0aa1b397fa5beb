"""The verbs of players: made, changed, removed, found again. Whoever calls has asked who may share the item."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import User
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.embedding.models import (
    EVERYWHERE,
    INTRANET,
    NOWHERE,
    OPEN,
    PEOPLE,
    SIGNED,
    SITES,
    Embed,
    EmbedFlow,
    EmbedToken,
    SiteKey,
)
from privmedia.embedding.site_keys import SiteKeys
from privmedia.embedding.sites import read_sites
from privmedia.embedding.standing import Standing, standings
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind
from privmedia.lines import required_line
from privmedia.playback.times import LONGEST as LONGEST_TIME
from privmedia.text import mark as _

LONGEST_NAME = 120
MOST_SITES = 50
MOST_OF_ONE_ITEM = 100
"""How many players of one item may be there at a time."""
WIDTHS = (480, 640, 960, 1280)
KINDS = (Kind.VIDEO, Kind.AUDIO)
PAGE = 50

NO_NAME = _("Say which page it is for: a name to know it by.")
ONLY_WITH_TIME = _("Only videos and recordings can be embedded. Share this by a link instead.")
NOT_READY = _("It is still being prepared. Embed it when it can be played.")
NO_SITES = _("Name the sites it may appear on, such as https://intranet.example.com, or choose “Nowhere yet”.")
TOO_MANY_SITES = _("50 sites are the most.")
NO_INTRANET = _("Your administrator has listed no sites of the intranet. Name the sites yourself.")
OPEN_EVERYWHERE = _("A player without sign-in cannot appear on any site: name the sites.")
OPEN_FORBIDDEN = _("Your administrator forbids players without sign-in.")
SIGNED_FORBIDDEN = _("Your administrator forbids players that go by the word of a site.")
NO_KEY = _("Choose whose word counts.")
TOO_MANY = _("There are 100 players of this already. End some first.")
GONE = _("This player has been ended. Make a new one.")
WHERE = {
    NOWHERE: "nowhere",
    INTRANET: "the intranet",
    EVERYWHERE: "any site",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A player as somebody wants it. `sites` as they were typed."""

    name: str
    appears: str = NOWHERE
    sites: str = ""
    audience: str = PEOPLE
    key: str = ""
    """Public id of the key whose site vouches for people, for a player that is `signed`: it appears on its sites."""
    names_title: bool = False
    names_pages: bool = False
    start: float = 0
    width: int = 640
    autoplay: bool = False
    loop: bool = False
    captions: bool = False


class Show(StrEnum):
    """Which players a list has."""

    ALL = "all"
    PLAYING = "playing"
    BROKEN = "broken"
    UNUSED = "unused"
    """Not watched for 90 days, or never."""
    OPEN = "open"


class Embeds:
    """Players. Every verb that changes one writes one line into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._settings = installation.settings
        self._keys = SiteKeys(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def make(self, *, item: Item, maker: User, wish: Wish, by: Author = COMMAND_LINE) -> Standing:
        """A new player of an item. Raises Invalid for what cannot be wished for, Conflict for an item that has none."""
        if item.kind not in KINDS:
            raise Conflict(ONLY_WITH_TIME)
        if not item.shown:
            raise Conflict(NOT_READY)
        if sum(1 for one in self.of_item(item) if one.embed.removed_at is None) >= MOST_OF_ONE_ITEM:
            raise Conflict(TOO_MANY)
        embed = Embed(uid=new_uid(), item=item, maker=maker, created_at=self._now)
        self._session.add(embed)
        self._take(embed, wish)
        self._audit.record("embed.add", identity=by, target=f"item:{item.uid}", detail=_told(embed))
        return self.find(embed.uid)

    def change(self, *, uid: str, wish: Wish, by: Author = COMMAND_LINE) -> Standing:
        """Change a player; its address stays. Whoever watches by it has to begin anew if it may appear elsewhere now,
        or others may watch. Raises Invalid, NotFound, and Conflict for one that was removed.
        """
        embed = self.find(uid).embed
        if embed.removed_at is not None:
            raise Conflict(GONE)
        before = _whose(embed)
        self._take(embed, wish)
        if _whose(embed) != before:
            self._stop(embed)
        self._audit.record("embed.change", identity=by, target=f"item:{embed.item.uid}", detail=_told(embed))
        return self.find(uid)

    def remove(self, *, uid: str, by: Author = COMMAND_LINE) -> Standing:
        """The player shows nothing any more, wherever it stands; its address never comes back. Raises NotFound."""
        standing = self.find(uid)
        embed = standing.embed
        if embed.removed_at is None:
            embed.removed_at, embed.removed_by = self._now, by.name[:120]
            self._stop(embed)
            detail = {"name": embed.name, "id": embed.uid}
            self._audit.record("embed.remove", identity=by, target=f"item:{standing.item.uid}", detail=detail)
        return standing

    def find(self, uid: str) -> Standing:
        """The player of a public id, whatever has become of it. Raises NotFound."""
        found = self._all(Embed.uid == uid) if is_uid(uid) else ()
        if not found:
            raise NotFound(_("There is no such player."))
        return found[0]

    def of_item(self, item: Item) -> Sequence[Standing]:
        """The players of an item, the newest first, those that were removed as well."""
        return self._all(Embed.item_id == item.id)

    def of_items(self, item_ids: Collection[int]) -> Sequence[Standing]:
        """Those of several items that were not removed."""
        return self._all(Embed.item_id.in_(item_ids), Embed.removed_at.is_(None)) if item_ids else ()

    def everywhere(self) -> Sequence[Standing]:
        """Every player that was not removed, the newest first."""
        return self._all(Embed.removed_at.is_(None))

    def like(self, q: str) -> Sequence[Standing]:
        """All players whose name, item, site or maker holds `q`, the newest first, those removed as well."""
        texts = (Embed.name, Embed.uid, Embed.sites, User.name, Item.title)
        return self._all(or_(*(text.icontains(q, autoescape=True) for text in texts))) if q else self._all()

    def count(self, item: Item) -> int:
        """How many players of an item there are."""
        counted = select(func.count(Embed.id)).where(Embed.item_id == item.id, Embed.removed_at.is_(None))
        return self._session.scalar(counted) or 0

    def _all(self, *like: ColumnElement[bool]) -> Sequence[Standing]:
        found = standings(self._now).where(*like).order_by(Embed.id.desc())
        rows = self._session.execute(found.execution_options(populate_existing=True))
        return [Standing.of(row, self._settings) for row in rows]

    def _take(self, embed: Embed, wish: Wish) -> None:
        sites, key = self._possible_sites(wish), self._possible_key(wish)
        embed.name = required_line(wish.name, field="name", missing=NO_NAME, longest=LONGEST_NAME)
        embed.key, embed.appears = key, SITES if key else wish.appears
        embed.sites, embed.audience = "\n".join(sites), wish.audience
        embed.names_title, embed.names_pages = wish.names_title, wish.names_pages
        embed.start = min(max(0.0, wish.start), LONGEST_TIME)
        embed.width = wish.width if wish.width in WIDTHS else 640
        embed.autoplay, embed.loop, embed.captions = wish.autoplay, wish.loop, wish.captions
        embed.changed_at = self._now
        self._session.flush()

    def _possible_sites(self, wish: Wish) -> tuple[str, ...]:
        """The origins of a wish; none unless it is for some sites, and its key does not say which. Raises Invalid."""
        if wish.appears not in (NOWHERE, SITES, INTRANET, EVERYWHERE):
            raise Invalid(_("Choose where it may appear."), "appears")
        if wish.audience not in (PEOPLE, SIGNED, OPEN):
            raise Invalid(_("Choose who may watch there."), "audience")
        if wish.audience == OPEN and self._settings.embed_open != "allowed":
            raise Invalid(OPEN_FORBIDDEN, "audience")
        if wish.audience == OPEN and wish.appears == EVERYWHERE:
            raise Invalid(OPEN_EVERYWHERE, "audience")
        if wish.audience == SIGNED:
            return ()
        if wish.appears == INTRANET and not self._settings.embed_sites:
            raise Invalid(NO_INTRANET, "appears")
        if wish.appears != SITES:
            return ()
        sites = read_sites(wish.sites)
        if not sites:
            raise Invalid(NO_SITES, "sites")
        if len(sites) > MOST_SITES:
            raise Invalid(TOO_MANY_SITES, "sites")
        return sites

    def _possible_key(self, wish: Wish) -> SiteKey | None:
        """The key of a wish. Raises Invalid for one that is none, and while the word of sites counts nowhere."""
        if wish.audience != SIGNED:
            return None
        if self._settings.embed_signed != "allowed":
            raise Invalid(SIGNED_FORBIDDEN, "audience")
        try:
            with self._session.no_autoflush:  # the player may be there already, and nothing of it yet
                return self._keys.find(wish.key)
        except NotFound:
            raise Invalid(NO_KEY, "key") from None

    def _stop(self, embed: Embed) -> None:
        """Whoever watches by it gets nothing more: its tokens are gone, and so is every sign-in under way."""
        for table in (EmbedToken, EmbedFlow):
            self._session.execute(delete(table).where(table.embed_id == embed.id))
        self._session.flush()


def _whose(embed: Embed) -> tuple[object, ...]:
    """Where a player may appear, and to whom."""
    return embed.appears, embed.sites, embed.audience, embed.key.id if embed.key else None


def _told(embed: Embed) -> dict[str, object]:
    """What the log keeps of a player."""
    where = WHERE.get(embed.appears) or ", ".join((embed.key or embed).sites.split())
    told = {"name": embed.name, "id": embed.uid, "where": where, "without sign-in": embed.audience == OPEN}
    return {**told, "vouched for by": embed.key.name} if embed.key else told
