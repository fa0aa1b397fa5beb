"""The first start: a link that works once makes the first administrator. There is no standard password."""
from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.models import SiteValue, User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import Accounts
from privmedia.audit.service import COMMAND_LINE, Audit, NamedAuthor
from privmedia.errors import Conflict, NotFound
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.text import clean_line
from privmedia.text import mark as _

ORGANISATION = "organisation"
LONGEST_ORGANISATION = 80


class FirstStart:
    """Set-up links, and what is done through one."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._accounts = Accounts(session, installation)
        self._links = OneTimeLinks(session, installation)
        self._audit = Audit(session, installation)

    def needed(self) -> bool:
        """Whether nobody can administer this library yet."""
        return self._accounts.count_administrators() == 0

    def make_link(self) -> str:
        """A fresh address for the first administrator, valid for a day; older ones stop working.

        Raises Conflict once there is an administrator.
        """
        if not self.needed():
            raise Conflict("There is an administrator already, so there is no set-up link. Sign in instead.")
        self._audit.record("setup-link", identity=COMMAND_LINE)
        return self._links.address_of(self._links.make(Purpose.SETUP))

    def is_open(self, token: str) -> bool:
        """Whether the link of this token still works."""
        return self.needed() and self._links.find(Purpose.SETUP, token) is not None

    def finish(
        self, *, token: str, organisation: str, name: str, email: str, password_hash: str, address: str = ""
    ) -> User:
        """Make the first administrator and use the link up. Raises NotFound for a link that does not work."""
        link = self._links.find(Purpose.SETUP, token)
        if link is None or not self._links.use(link) or not self.needed():
            raise NotFound
        self._set_organisation(organisation)
        by = NamedAuthor(clean_line(name), clean_line(email), address=address)
        return self._accounts.add_user(email=email, name=name, password_hash=password_hash, admin=True, by=by)

    def _set_organisation(self, text: str) -> None:
        missing = _("The name of your organisation is needed.")
        value = required_line(text, field="organisation", missing=missing, longest=LONGEST_ORGANISATION)
        self._session.merge(SiteValue(name=ORGANISATION, value=value))


def organisation(session: Session) -> str:
    """The name people know this library's owner by; empty before the first start."""
    return session.scalar(select(SiteValue.value).where(SiteValue.name == ORGANISATION)) or ""
