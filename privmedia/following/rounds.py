"""When letters of notices go out: gathered for a while, and then none for a while. What was claimed is claimed once."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity, as_identity
from privmedia.accounts.models import User
from privmedia.db import milliseconds
from privmedia.following.models import Happening, NoticeChoice
from privmedia.following.notices import Notices
from privmedia.following.service import Following
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.mail.service import Mails


@dataclass(frozen=True)
class Round:
    """The letters of one kind. `name` is that of the job that writes one for a person, and of the letter."""

    name: str
    happenings: tuple[Happening, ...]
    last: InstrumentedAttribute[datetime | None]
    """When the person's last one was written."""
    gathered: timedelta
    """How long after the first thing that is told others are waited for: twelve files are one letter."""
    pause: timedelta
    """None follows the last one sooner."""

    def wanted(self, choice: NoticeChoice) -> list[Happening]:
        return [one for one in self.happenings if getattr(choice, one.value)]


NEWS = Round("news", (Happening.NEW,), NoticeChoice.news_at, timedelta(minutes=30), timedelta(days=1))
UPLOADS = Round(
    "own-uploads",
    (Happening.FAILED, Happening.READY),
    NoticeChoice.uploads_at,
    timedelta(minutes=5),
    timedelta(hours=1),
)
SENT = Round("sent-files", (Happening.SENT,), NoticeChoice.sent_at, timedelta(minutes=30), timedelta(days=1))
ROUNDS = (NEWS, UPLOADS, SENT)


class Rounds:
    """Puts letters into the post. Runs in the caller's transaction: what was not committed was not claimed."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.notices = Notices(session, installation)
        self.following = Following(session, installation)
        self.groups = Groups(session, installation)
        self.jobs = Jobs(session, installation)
        self.mails = Mails(session, installation)
        self.mail_works = installation.settings.mail_works
        self.now = installation.clock()

    def plan(self, of: Round, user_ids: Collection[int]) -> None:
        """Have a letter written to each of these people when it is time."""
        for user_id in user_ids:
            last: datetime | None = getattr(self.following.choice(user_id), of.last.key)
            at = self.now + of.gathered
            self.jobs.enqueue_once(of.name, user_id, run_after=at if last is None else max(at, last + of.pause))

    def go(self, of: Round, user_id: int) -> None:
        """Put the letter of a round into the post, if there is something to tell, and it is wanted and time."""
        user = self.session.get(User, user_id)
        if user is None or user.disabled_at is not None:
            return
        choice, identity = self.following.choice(user_id), self.as_reader(user)
        wanted = of.wanted(choice) if self.mail_works else []
        unwanted = [one for one in of.happenings if one not in wanted]
        if unwanted:
            # They stand at the bell; who wants letters later gets none about what is old then.
            self.notices.put_into_letter(user_id, unwanted)
        if not wanted or not self.notices.waiting(identity, wanted):
            return
        if not self._claim(of, choice):
            self.plan(of, [user_id])
            return
        self.notices.put_into_letter(user_id, wanted)
        detail: dict[str, Any] = {"user": user_id, "at": milliseconds(self.now)}
        self.mails.post(of.name, user.email, detail=detail, language=user.language)

    def as_reader(self, user: User) -> Identity:
        """The person as decisions know them at this moment."""
        return as_identity(user, frozenset(group.id for group in self.groups.groups_of(user)))

    def _claim(self, of: Round, choice: NoticeChoice) -> bool:
        """Whether the letter is this transaction's to write: of two, the second waits for the first and finds it."""
        self.session.add(choice)
        self.session.flush()
        mine = update(NoticeChoice).where(
            NoticeChoice.user_id == choice.user_id, or_(of.last.is_(None), of.last <= self.now - of.pause)
        )
        claimed = self.session.scalars(
            mine.values({of.last: self.now}).returning(NoticeChoice.user_id),
            execution_options={"synchronize_session": False},
        ).all()
        self.session.refresh(choice)
        return bool(claimed)
