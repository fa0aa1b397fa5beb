"""The first start: a link that works once makes the first administrator. There is no standard password."""
from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from privmedia.accounts.identity import TOKEN, token_hash
from privmedia.accounts.models import OneTimeLink, SiteValue, User
from privmedia.accounts.service import Accounts
from privmedia.audit.service import COMMAND_LINE, Audit, NamedAuthor
from privmedia.errors import Conflict, NotFound
from privmedia.ids import new_token
from privmedia.installation import Installation
from privmedia.text import clean_line, required_line

PURPOSE = "setup"
WORKS_FOR = timedelta(hours=24)
ORGANISATION = "organisation"
LONGEST_ORGANISATION = 80


class FirstStart:
    """Set-up links, and what is done through one."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._accounts = Accounts(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def needed(self) -> bool:
        """Whether nobody can administer this library yet."""
        return self._accounts.count_administrators() == 0

    def make_link(self) -> str:
        """A fresh address for the first administrator, valid for a day; older ones stop working.

        Raises Conflict once there is an administrator.
        """
        if not self.needed():
            raise Conflict("There is an administrator already, so there is no set-up link. Sign in instead.")
        token = new_token()
        self._session.execute(delete(OneTimeLink).where(OneTimeLink.purpose == PURPOSE))
        self._session.add(
            OneTimeLink(
                purpose=PURPOSE,
                token_hash=token_hash(token),
                created_at=self._now,
                expires_at=self._now + WORKS_FOR,
            )
        )
        self._audit.record("setup-link", identity=COMMAND_LINE)
        return f"{self._installation.settings.base_url}/setup/{token}"

    def is_open(self, token: str) -> bool:
        """Whether the link of this token still works."""
        if TOKEN.fullmatch(token) is None or not self.needed():
            return False
        return self._session.scalar(select(OneTimeLink.id).where(*self._usable(token))) is not None

    def finish(
        self, *, token: str, organisation: str, name: str, email: str, password_hash: str, address: str = ""
    ) -> User:
        """Make the first administrator and use the link up. Raises NotFound for a link that does not work."""
        use = update(OneTimeLink).where(*self._usable(token)).values(used_at=self._now).returning(OneTimeLink.id)
        if self._session.scalar(use) is None or not self.needed():
            raise NotFound
        self._set_organisation(organisation)
        by = NamedAuthor(clean_line(name), clean_line(email), address=address)
        return self._accounts.add_user(email=email, name=name, password_hash=password_hash, admin=True, by=by)

    def _usable(self, token: str) -> tuple[ColumnElement[bool], ...]:
        return (
            OneTimeLink.purpose == PURPOSE,
            OneTimeLink.token_hash == token_hash(token),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > self._now,
        )

    def _set_organisation(self, text: str) -> None:
        value = required_line(
            text, field="organisation", missing="The name of your organisation is needed.", longest=LONGEST_ORGANISATION
        )
        self._session.merge(SiteValue(name=ORGANISATION, value=value))


def organisation(session: Session) -> str:
    """The name people know this library's owner by; empty before the first start."""
    return session.scalar(select(SiteValue.value).where(SiteValue.name == ORGANISATION)) or ""
