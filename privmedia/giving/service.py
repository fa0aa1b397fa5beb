"""File requests as those meet them who send files: their link, who they say they are, and what they sent."""
from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from privmedia.access.permissions import NOTHING
from privmedia.accounts.identity import Identity, token_hash
from privmedia.errors import Invalid
from privmedia.giving.models import SentFile, known_as
from privmedia.giving.sending import SentByLink
from privmedia.installation import Installation
from privmedia.library.models import Item, Version
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.shelf import SharedShelf
from privmedia.sharing.standing import Standing
from privmedia.sharing.visits import Visits, visitor_of
from privmedia.text import clean_line
from privmedia.text import mark as _

LONGEST_SENDER = 120
LONGEST_MESSAGE = 500
LONG_SENDER = _("A name may have 120 characters.")
LONG_MESSAGE = _("The line about the files may have 500 characters.")


@dataclass(frozen=True)
class Giver:
    """A browser in which a link to send files by was opened."""

    standing: Standing
    visit: Visit
    maker: Identity
    """Whose the files will be, as decisions know them."""
    sends: SentByLink

    @property
    def goes_on(self) -> bool:
        """Whether the link works, were it not for the room that is left."""
        return self.standing.rights != NOTHING

    @property
    def takes_more(self) -> bool:
        return self.standing.works


@dataclass(frozen=True)
class Introduction:
    """Who somebody without an account says they are, and what they say of the files; either may be ""."""

    sender: str
    message: str

    @classmethod
    def of(cls, sender: str, message: str) -> Introduction:
        """From what was typed. Raises Invalid for what is too long."""
        said = cls(clean_line(sender), clean_line(message))
        if len(said.sender) > LONGEST_SENDER:
            raise Invalid(LONG_SENDER, "sender")
        if len(said.message) > LONGEST_MESSAGE:
            raise Invalid(LONG_MESSAGE, "message")
        return said


@dataclass(frozen=True)
class Sent:
    """A file as its sender may know of it."""

    item_uid: str
    filename: str
    size: int
    sha256: str | None
    """None while it is still being taken."""
    own_sha256: str | None

    @property
    def is_same(self) -> bool | None:
        """Whether what arrived is what the sender's browser read; None where that is not known."""
        if self.sha256 is None or self.own_sha256 is None:
            return None
        return self.sha256 == self.own_sha256


class Completeness(StrEnum):
    """What can be said of all files of a sender together."""

    MATCH = "match"
    """The sums of both sides are the same."""
    DIFFER = "differ"
    SUMS = "sums"
    """Ours are there; somebody else would have to compare them."""
    CHECKING = "checking"


@dataclass(frozen=True)
class Receipt:
    """What one sender has sent through one link."""

    files: list[Sent]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def completeness(self) -> Completeness:
        same = {file.is_same for file in self.files}
        if False in same:
            return Completeness.DIFFER
        if any(file.sha256 is None for file in self.files):
            return Completeness.CHECKING
        return Completeness.SUMS if None in same else Completeness.MATCH


@dataclass(frozen=True)
class Origin:
    """By whom and through which link an item came."""

    sender: str
    message: str
    link_uid: str
    link_name: str


class Giving:
    """What senders are told, and what they say. Whoever calls has decided that they may be told."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._now = installation.clock()

    def by_address(self, token: str) -> Standing | None:
        """The link of an address, whatever has become of it; None for what takes no files."""
        return _request(Visits(self._session, self._installation).by_address(token))

    def by_uid(self, uid: str) -> Standing | None:
        """The link of a public id, whatever has become of it; None for what takes no files."""
        return _request(Visits(self._session, self._installation).by_uid(uid))

    def giver(self, standing: Standing, token: str | None, *, address: str = "", request_id: str = "") -> Giver | None:
        """Who opened the link in the browser with this token, whatever has become of the link since."""
        if token is None:
            return None
        link = standing.link
        mine = select(Visit).where(Visit.token_hash == token_hash(token), Visit.link_id == link.id)
        visit = self._session.scalar(mine.where(Visit.expires_at > self._now))
        if visit is None:
            return None
        sends = SentByLink(
            installation=self._installation,
            link_id=link.id,
            link_uid=link.uid,
            folder_uid=standing.folder.uid,
            visit_id=visit.id,
            name=known_as(link.uid, visit.token_hash),
            author=visitor_of(standing, visit.id, address=address, request_id=request_id).author,
        )
        maker = SharedShelf(self._session, self._installation).maker(standing.maker)
        return Giver(standing, visit, maker._replace(address=address, request_id=request_id), sends)

    def introduce(self, standing: Standing, token: str, who: Introduction) -> None:
        """Note who sends by a link from the browser with this token."""
        mine = update(Visit).where(Visit.token_hash == token_hash(token), Visit.link_id == standing.link.id)
        self._session.execute(
            mine.values(sender=who.sender, message=who.message), execution_options={"synchronize_session": False}
        )

    def receipt(self, giver: Giver) -> Receipt:
        """All that came from the same browser through the same link, in the order in which it came."""
        return Receipt(self._sent(giver, _sent_files()))

    def compare(self, giver: Giver, item_uid: str, own_sha256: str) -> Sent | None:
        """Keep what the sender's browser says the sum of a file is; None for what did not come from it."""
        found = self._sent(giver, _sent_files().where(Item.uid == item_uid))
        if not found:
            return None
        if found[0].own_sha256 != own_sha256:
            item_id = select(Item.id).where(Item.uid == item_uid).scalar_subquery()
            self._session.execute(
                update(SentFile).where(SentFile.item_id == item_id).values(own_sha256=own_sha256),
                execution_options={"synchronize_session": False},
            )
        return replace(found[0], own_sha256=own_sha256)

    def origin(self, item_uid: str) -> Origin | None:
        """How an item came, if it came by a link."""
        row = self._session.execute(
            select(SentFile.sender, SentFile.message, Link.uid, Link.name)
            .join(Item, Item.id == SentFile.item_id)
            .join(Link, Link.id == SentFile.link_id)
            .where(Item.uid == item_uid)
        ).first()
        return None if row is None else Origin(*row)

    def _sent(
        self, giver: Giver, statement: Select[str, str, int, str | None, str | None]
    ) -> list[Sent]:
        mine = statement.where(SentFile.visitor == giver.sends.name, SentFile.link_id == giver.sends.link_id)
        return [Sent(*row) for row in self._session.execute(mine.order_by(SentFile.id))]


def _request(standing: Standing | None) -> Standing | None:
    return standing if standing is not None and standing.is_request else None


def _sent_files() -> Select[str, str, int, str | None, str | None]:
    sum_of_version = select(Version.sha256).where(Version.item_id == SentFile.item_id, Version.number == 1)
    return select(
        Item.uid,
        SentFile.filename,
        SentFile.size,
        func.coalesce(SentFile.sha256, sum_of_version.correlate(SentFile).scalar_subquery()),
        SentFile.own_sha256,
    ).join(Item, Item.id == SentFile.item_id)
