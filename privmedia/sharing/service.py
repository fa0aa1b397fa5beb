"""The verbs of share links: made, extended, revoked, found again. Whoever calls has asked who may share the place."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_
from sqlalchemy.orm import Session

from privmedia.access.permissions import NOTHING, Permission, closed
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import User
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_token, new_uid
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.pointers import Place
from privmedia.lines import required_line
from privmedia.sharing.models import Link
from privmedia.sharing.standing import PlaceFolder, Standing, State, not_ended, standings
from privmedia.sharing.visits import target_of
from privmedia.text import Plural, Sentence, clean_block
from privmedia.text import mark as _

LONGEST_NAME = 120
LONGEST_NOTE = 500
LONGEST_TEXT = 1000
PAGE = 50
USUAL = timedelta(days=30)
"""How long a link works unless its maker says otherwise."""
MOST_VIEWINGS = 1_000_000
MOST_FILES = 1_000_000
MOST_BYTES = 1 << 50
MOST_AT_A_PLACE = 200
"""How many links of one place may work at a time."""

NO_NAME = _("Say what it is for: a name to know it by.")
LONG_NOTE = _("A note may have 500 characters.")
NOT_THE_LIBRARY = _("Share a folder of the library, not the library itself.")
NOT_READY = _("It is still being prepared. Share it when it can be played.")
TOO_LATE = Plural(
    "${count} day is the longest a link may work here.", "${count} days is the longest a link may work here."
)
NO_TIME = _("Choose when the link stops working.")
PASSWORD_NEEDED = _("Links need a password here. Your administrator asks for it.")
TOO_MANY = _("There are 200 links to this already. Revoke some first.")
OVER = _("This link has been revoked. It cannot be brought back; make a new one.")
MAKER_MAY_NOT = _("Whoever makes a link has to be able to view what it leads to.")
FOLDERS_TAKE_FILES = _("Files are sent to a folder. Name one.")
MAKER_KEEPS_NO_DRAFTS = _("Whoever asks for files has to manage the folder: what is sent becomes drafts of theirs.")
LONG_TEXT = _("The text for senders may have 1,000 characters.")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A link as somebody wants it. The password is hashed already: that takes longer than a transaction may."""

    name: str
    lasts: timedelta = USUAL
    download: bool = False
    preview: bool = False
    note: str = ""
    password_hash: str | None = None
    most_viewings: int | None = None
    upload: bool = False
    """A link to send files by, which shows nothing. What follows is for such alone."""
    text: str = ""
    """For who sends."""
    most_bytes: int | None = None
    """All files together."""
    most_files: int | None = None

    @property
    def allow(self) -> Permission:
        if self.upload:
            return Permission.UPLOAD
        return closed(Permission.DOWNLOAD if self.download else Permission.VIEW)


class Show(StrEnum):
    """Which links a list has."""

    ALL = "all"
    OPEN = "open"
    """Neither revoked nor expired. Whether such a link works depends on its maker's rights."""
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a list of links is looked through for."""

    q: str = ""
    show: Show = Show.ALL
    maker_id: int | None = None


class Links:
    """Share links. Every verb that changes one writes one line into the log, which never has an address in it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._settings = installation.settings
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    @property
    def longest(self) -> timedelta:
        """How long from now a link may work at most."""
        return timedelta(days=self._settings.link_longest_days)

    def make(self, *, place: Place, maker: User, wish: Wish, by: Author = COMMAND_LINE) -> tuple[Link, str]:
        """A new link and its address, which is kept nowhere: only its hash is.

        Raises Invalid for what cannot be wished for, Conflict for a place that cannot be shared now.
        """
        self._require_possible(place, wish)
        token = new_token()
        link = Link(
            uid=new_uid(),
            token_hash=token_hash(token),
            maker=maker,
            name=required_line(wish.name, field="name", missing=NO_NAME, longest=LONGEST_NAME),
            note=clean_block(wish.note),
            allow=int(wish.allow),
            preview=wish.preview,
            password_hash=wish.password_hash,
            most_viewings=wish.most_viewings,
            text=clean_block(wish.text),
            most_bytes=wish.most_bytes,
            most_files=wish.most_files,
            created_at=self._now,
            expires_at=self._now + wish.lasts,
        )
        link.item_id, link.folder_id = (place.id, None) if isinstance(place, Item) else (None, place.id)
        self._session.add(link)
        self._session.flush()
        made = self.find(link.uid)
        if made.rights == NOTHING:
            raise Conflict(MAKER_KEEPS_NO_DRAFTS if wish.upload else MAKER_MAY_NOT)
        self._audit.record("link.add", identity=by, target=target_of(made), detail=_told(link))
        return link, f"{self._settings.base_url}/{'give' if wish.upload else 's'}/{token}"

    def extend(self, *, uid: str, lasts: timedelta, by: Author = COMMAND_LINE) -> Standing:
        """Let a link work for this long from now on, be it expired or not. Raises Invalid, NotFound and Conflict."""
        standing = self.find(uid)
        if standing.link.revoked_at is not None:
            raise Conflict(OVER)
        self._require_time(lasts)
        standing.link.expires_at = self._now + lasts
        self._session.flush()
        detail = {"name": standing.link.name, "until": _moment(standing.link.expires_at)}
        self._audit.record("link.extend", identity=by, target=target_of(standing), detail=detail)
        return standing

    def revoke(self, *, uid: str, by: Author = COMMAND_LINE) -> Standing:
        """The link works no more, for whoever has it open as well, and never again. Raises NotFound."""
        standing = self.find(uid)
        if standing.link.revoked_at is None:
            standing.link.revoked_at, standing.link.revoked_by = self._now, by.name[:120]
            self._session.flush()
            self._audit.record(
                "link.revoke", identity=by, target=target_of(standing), detail={"name": standing.link.name}
            )
        return standing

    def revoke_all_of(self, *, maker: User, by: Author = COMMAND_LINE) -> int:
        """Revoke every link of somebody that has not ended; answers how many of them worked until now."""
        links = self._all(Link.maker_id == maker.id, Link.revoked_at.is_(None), Link.expires_at > self._now)
        worked = sum(1 for one in links if one.works)
        for one in links:
            self.revoke(uid=one.link.uid, by=by)
        return worked

    def find(self, uid: str) -> Standing:
        """The link of a public id, whatever has become of it. Raises NotFound."""
        found = self._all(Link.uid == uid) if is_uid(uid) else ()
        if not found:
            raise NotFound(_("There is no such link."))
        return found[0]

    def at(self, place: Place) -> Sequence[Standing]:
        """The links to a place, not those to folders above it; the newest first."""
        return self._all(Link.item_id == place.id if isinstance(place, Item) else Link.folder_id == place.id)

    def made_by(self, user_id: int) -> Sequence[Standing]:
        """The links that somebody made, the newest first."""
        return self._all(Link.maker_id == user_id)

    def everywhere(self) -> Sequence[Standing]:
        """Every link, the newest first."""
        return self._all()

    def count(self, wanted: Wanted) -> int:
        """How many links there are like that."""
        counted = standings(self._now).where(*self._like(wanted)).with_only_columns(func.count(Link.id))
        return self._session.scalar(counted) or 0

    def listed(self, wanted: Wanted, page: int, size: int = PAGE) -> Sequence[Standing]:
        """One page of the links that are like that, from 1, the newest first."""
        return self._all(*self._like(wanted), first=(page - 1) * size, most=size)

    def _like(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        like: list[ColumnElement[bool]] = []
        if wanted.maker_id is not None:
            like.append(Link.maker_id == wanted.maker_id)
        if wanted.q:
            texts = (Link.name, Link.uid, User.name, User.email, Item.title)
            named = [text.icontains(wanted.q, autoescape=True) for text in texts]
            a_folder = and_(Link.folder_id.is_not(None), PlaceFolder.name.icontains(wanted.q, autoescape=True))
            like.append(or_(*named, a_folder))
        if wanted.show is Show.OPEN:
            like.append(not_ended(self._now))
        elif wanted.show is Show.ENDED:
            like.append(not_(not_ended(self._now)))
        return like

    def _all(self, *like: ColumnElement[bool], first: int = 0, most: int | None = None) -> Sequence[Standing]:
        found = standings(self._now).where(*like).order_by(Link.id.desc()).offset(first).limit(most)
        rows = self._session.execute(found.execution_options(populate_existing=True))
        return [Standing.of(row, self._now) for row in rows]

    def _require_possible(self, place: Place, wish: Wish) -> None:
        if wish.upload and isinstance(place, Item):
            raise Invalid(FOLDERS_TAKE_FILES)
        if isinstance(place, Folder) and place.id == ROOT_ID:
            raise Invalid(NOT_THE_LIBRARY)
        if isinstance(place, Item) and not place.shown:
            raise Conflict(NOT_READY)
        self._require_time(wish.lasts)
        if wish.password_hash is None and self._settings.link_passwords == "required":
            raise Invalid(PASSWORD_NEEDED, "password")
        if wish.most_viewings is not None and not 1 <= wish.most_viewings <= MOST_VIEWINGS:
            raise Invalid(_("Write a number of 1 or more, or nothing."), "most_viewings")
        if wish.most_bytes is not None and not 1 <= wish.most_bytes <= MOST_BYTES:
            raise Invalid(_("Write a size of 1 byte or more, or nothing."), "most_bytes")
        if wish.most_files is not None and not 1 <= wish.most_files <= MOST_FILES:
            raise Invalid(_("Write a number of 1 or more, or nothing."), "most_files")
        if len(wish.text) > LONGEST_TEXT:
            raise Invalid(LONG_TEXT, "text")
        if len(wish.note) > LONGEST_NOTE:
            raise Invalid(LONG_NOTE, "note")
        if sum(1 for one in self.at(place) if one.state is State.WORKS) >= MOST_AT_A_PLACE:
            raise Conflict(TOO_MANY)

    def _require_time(self, lasts: timedelta) -> None:
        if lasts <= timedelta(0):
            raise Invalid(NO_TIME, "lasts")
        if lasts > self.longest:
            days = self._settings.link_longest_days
            raise Invalid(Sentence(TOO_LATE, {"count": days}), "lasts")


def _told(link: Link) -> dict[str, Any]:
    """What the log keeps of a new link."""
    return {
        "name": link.name,
        "until": _moment(link.expires_at),
        "may": _may(link),
        "password": link.password_hash is not None,
        **({"viewings": link.most_viewings} if link.most_viewings is not None else {}),
        **({"bytes": link.most_bytes} if link.most_bytes is not None else {}),
        **({"files": link.most_files} if link.most_files is not None else {}),
        **({"preview": True} if link.preview else {}),
    }


def _may(link: Link) -> str:
    allow = Permission(link.allow)
    named = (Permission.VIEW, Permission.DOWNLOAD, Permission.UPLOAD)
    return ", ".join(one.word.lower() for one in named if one in allow)


def _moment(moment: Any) -> str:
    return str(moment.isoformat(timespec="seconds"))
