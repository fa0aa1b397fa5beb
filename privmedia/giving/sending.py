"""Sending files by a link: what is asked of the link beside its maker's rights, at every step, and what is kept."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from privmedia.audit.service import Author
from privmedia.errors import Ended, OverQuota
from privmedia.following.models import Happening
from privmedia.following.notices import Notices
from privmedia.following.rounds import SENT, Rounds
from privmedia.giving.models import SentFile, by_link
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.quotas.service import Quotas
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.standing import Standing, standings
from privmedia.text import mark as _
from privmedia.uploads.models import Upload
from privmedia.uploads.receiving import Arrived
from privmedia.uploads.senders import Sender

NO_MORE = _("This link takes no more files.")
TOO_MANY = _("Too many files are on their way by this link. Send this one when some of them have arrived.")
FILES_UNDER_WAY = 50
"""By one link, of all senders together: what is begun and never ended lies on the disk for days."""
LARGEST_UNDER_WAY = 4
"""How many of the largest files that may be uploaded at all they may amount to."""
NO_ROOM = _("This link has not enough room left for that. Ask the person who sent it.")


@dataclass(frozen=True, kw_only=True)
class SentByLink(Sender):
    """Somebody who sends by a link. What they send goes to the link's folder, as drafts of its maker.

    It holds nothing of the database: each verb asks anew what has become of the link.
    """

    installation: Installation
    link_id: int
    link_uid: str
    folder_uid: str
    visit_id: int
    name: str
    author: Author
    may_tag: bool = False
    sums: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of files that were summed as they arrived, by the public ids of their items."""

    def place(self, folder_uid: str, draft: bool) -> tuple[str, bool]:
        return self.folder_uid, True

    def require(self, session: Session, length: int) -> None:
        """Raises Ended if the link works no more, or is open here no more, and OverQuota for more than it takes."""
        standing, _visit = self._now(session)
        link = standing.link
        if standing.is_used_up:
            raise OverQuota(NO_MORE, 0)
        if link.most_bytes is not None and link.taken_bytes + length > link.most_bytes:
            raise OverQuota(NO_ROOM, link.most_bytes - link.taken_bytes)

    def require_few(self, session: Session, length: int) -> None:
        of_the_link = (Upload.sender.startswith(by_link(self.link_uid)), Upload.finished_at.is_(None))
        begun, announced = session.execute(
            select(func.count(), func.coalesce(func.sum(Upload.length), 0)).where(*of_the_link)
        ).one()
        most = LARGEST_UNDER_WAY * self.installation.settings.max_upload_size
        if begun >= FILES_UNDER_WAY or announced + length > most:
            raise OverQuota(TOO_MANY, 0)

    def require_quota(self, quotas: Quotas, user_id: int, length: int) -> None:
        """Whose files they become has a quota: that is nothing a sender is told of."""
        try:
            super().require_quota(quotas, user_id, length)
        except OverQuota:
            raise OverQuota(NO_ROOM, 0) from None

    def admit(self, session: Session, length: int) -> None:
        self._now(session)
        counted = session.scalar(
            update(Link)
            .where(
                Link.id == self.link_id,
                or_(Link.most_bytes.is_(None), Link.taken_bytes + length <= Link.most_bytes),
                or_(Link.most_files.is_(None), Link.taken_files < Link.most_files),
            )
            .values(
                taken_bytes=Link.taken_bytes + length,
                taken_files=Link.taken_files + 1,
                last_used_at=self.installation.clock(),
            )
            .returning(Link.id),
            execution_options={"synchronize_session": False},
        )
        if counted is None:
            raise OverQuota(NO_ROOM, 0)

    def remember(self, session: Session, arrived: Arrived) -> None:
        standing, visit = self._now(session)
        item = session.scalars(select(Item).where(Item.uid == arrived.uid)).one()
        session.add(
            SentFile(
                item_id=item.id,
                link_id=self.link_id,
                visitor=self.name,
                sender=visit.sender,
                message=visit.message,
                filename=arrived.filename,
                size=arrived.incoming.size,
                sha256=self.sums.get(arrived.uid),
                sent_at=self.installation.clock(),
            )
        )
        told = Notices(session, self.installation).tell([standing.maker.id], item, Happening.SENT)
        Rounds(session, self.installation).plan(SENT, told)

    def _now(self, session: Session) -> tuple[Standing, Visit]:
        """The link and the visit as they stand. Raises Ended."""
        now = self.installation.clock()
        row = session.execute(
            standings(now).where(Link.id == self.link_id).execution_options(populate_existing=True)
        ).first()
        visit = session.scalar(select(Visit).where(Visit.id == self.visit_id, Visit.link_id == self.link_id))
        standing = None if row is None else Standing.of(row, now)
        if standing is None or not standing.rights or visit is None or visit.expires_at <= now:
            raise Ended
        return standing, visit
