"""Who sends files, where it matters to how they are received: a person, or somebody who sends for one."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.audit.service import Author
from privmedia.quotas.service import Quotas
from privmedia.uploads.receiving import Arrived


class Sender:
    """A person who sends for themselves: what they may is asked of the rules alone.

    Who sends for somebody else has a class of their own, whose verbs say what is asked and kept besides.
    """

    name = ""
    """What tells who sends for a person from others who do, and from the person."""
    author: Author | None = None
    """Whom the log names; None for the person."""
    may_tag = True
    """Whether what is sent may bring tags."""

    def place(self, folder_uid: str, draft: bool) -> tuple[str, bool]:
        """The folder files go to and whether they are drafts, for what was asked for."""
        return folder_uid, draft

    def require(self, session: Session, length: int) -> None:
        """Whether a file of so many bytes may still be sent. Raises NotAllowed and OverQuota."""

    def require_few(self, session: Session, length: int) -> None:
        """Whether another file of so many bytes may be begun beside those under way. Raises OverQuota."""

    def require_quota(self, quotas: Quotas, user_id: int, length: int) -> None:
        """Whether it fits the quotas of whose it will be. Raises OverQuota, in words for who sends."""
        quotas.require_room(user_id, length)

    def admit(self, session: Session, length: int) -> None:
        """Count a file before it becomes an item, in the same transaction. Raises as `require`; of two one wins."""

    def remember(self, session: Session, arrived: Arrived) -> None:
        """Keep what became an item, in the same transaction."""


THEMSELVES = Sender()
