"""Passwords that were forgotten: asking for a link, and what is done through one."""
from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from privmedia.accounts.addresses import LONGEST, normal_email
from privmedia.accounts.letter_kinds import RESET
from privmedia.accounts.models import User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import Accounts
from privmedia.accounts.throttle import Limit, Throttling, hidden, network
from privmedia.audit.service import Audit, NamedAuthor
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.mail.service import Mails

ASKED = Limit(5, timedelta(hours=1), timedelta(hours=1))


class Resets:
    """Links to a new password. Nobody learns here whether an address has an account: the job that writes the letter
    finds out."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._links = OneTimeLinks(session, installation)

    def require_open(self, *, email: str, address: str) -> None:
        """Raise Throttled if no link can be asked for now, for this account or from this address."""
        Throttling(self._session, self._installation).require_none_reached(_limits(email, address))

    def ask(self, *, email: str, address: str, request_id: str = "") -> None:
        """Have a link sent to whoever has this address. Does the same for any text. Raises Throttled."""
        Throttling(self._session, self._installation).count(_limits(email, address))
        account = normal_email(email)[:LONGEST]
        Mails(self._session, self._installation).post(RESET, account)
        # A password typed into the wrong field must not end up in the log.
        target = account if "@" in account else "(no email address)"
        nobody = NamedAuthor("", address=address, request_id=request_id)
        Audit(self._session, self._installation).record("reset.ask", identity=nobody, target=target)

    def person_of(self, token: str) -> User | None:
        """Whose password this link changes, while it works."""
        link = self._links.find(Purpose.RESET, token)
        return None if link is None else link.user

    def finish(self, *, token: str, password_hash: str, address: str, request_id: str = "") -> User:
        """Set the new password and use the link up; sessions and API tokens end. Raises NotFound for an ended link."""
        link = self._links.find(Purpose.RESET, token)
        if link is None or link.user is None or not self._links.use(link):
            raise NotFound
        user = link.user
        by = NamedAuthor(
            user.name, user.email, user.id, address=address, through="a link sent by mail", request_id=request_id
        )
        Accounts(self._session, self._installation).set_password(user=user, password_hash=password_hash, by=by)
        return user


def _limits(email: str, address: str) -> dict[str, Limit]:
    return {f"reset:{hidden(normal_email(email))}": ASKED, f"reset-from:{network(address)}": ASKED}
