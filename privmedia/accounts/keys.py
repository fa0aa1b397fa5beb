"""What administrators may do with the keys of somebody else: see that there are some, and take them away."""
from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from privmedia.accounts.letter_kinds import RESET
from privmedia.accounts.models import RecoveryCode, TwoFactor, User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.mail.service import Mails


class Keys:
    """Two-factor and the way to a new password of other people. Every verb writes one line into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)

    def remove_two_factor(self, *, user: User, by: Author = COMMAND_LINE) -> None:
        """For somebody who lost the phone: from now on the password alone lets them in. Raises Conflict if it does."""
        removed = self._session.scalars(
            delete(TwoFactor).where(TwoFactor.user_id == user.id).returning(TwoFactor.user_id)
        ).all()
        if not removed:
            raise Conflict("Two-factor is off already.")
        self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        self._audit.record("two-factor.reset", identity=by, target=user.email)

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
