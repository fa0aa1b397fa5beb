"""What administrators may do for somebody who cannot get in."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.accounts.letter_kinds import RESET
from privmedia.accounts.models import User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.mail.service import Mails


class Keys:
    """The way to a new password of other people. Every verb writes one line into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)

    def send_reset(self, *, user: User, by: Author = COMMAND_LINE) -> str | None:
        """A link to a new password, for an hour: by mail, or answered where there is no mail server.

        Raises Conflict for somebody who cannot sign in, or has yet to accept an invitation.
        """
        if user.disabled_at is not None:
            raise Conflict("The account is disabled. Enable it first.")
        if user.password_hash is None:
            raise Conflict("This person has not accepted the invitation yet. Invite them again instead.")
        self._audit.record("user.reset-link", identity=by, target=user.email)
        if self._installation.settings.mail_url:
            Mails(self._session, self._installation).post(RESET, user.email, language=user.language)
            return None
        links = OneTimeLinks(self._session, self._installation)
        return links.address_of(links.make(Purpose.RESET, user))
