"""What people change of their own account: name, address, how pages look."""
from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privmedia.accounts.addresses import HAS_ACCOUNT, checked_email
from privmedia.accounts.letter_kinds import EMAIL, MOVED
from privmedia.accounts.models import OneTimeLink, User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import LONGEST_NAME
from privmedia.accounts.throttle import Limit, Throttling
from privmedia.audit.service import Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.mail.service import Mails
from privmedia.text import Sentence
from privmedia.text import mark as _

LETTERS = Limit(5, timedelta(hours=1), timedelta(hours=1))


class OwnAccount:
    """One's own account. Every verb is about `user_id` and records `by`, who is the same person."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._now = installation.clock()
        self._links = OneTimeLinks(session, installation)
        self._mails = Mails(session, installation)
        self._audit = Audit(session, installation)

    def user(self, user_id: int) -> User:
        """The account itself."""
        return self._session.get_one(User, user_id)

    def rename(self, *, user_id: int, name: str, by: Author) -> None:
        """Go by another name from now on. Raises Invalid."""
        user = self.user(user_id)
        new_name = required_line(name, field="name", missing=_("A name is needed."), longest=LONGEST_NAME)
        changes = {"name": [user.name, new_name]} if user.name != new_name else {}
        user.name = new_name
        self._audit.record("user.change", identity=by, target=user.email, detail=changes)

    def prefer(self, *, user_id: int, language: str, theme: str, shortcuts: bool, by: Author) -> None:
        """Choose the language (empty: the browser's), the theme, and whether single letters are shortcuts."""
        user = self.user(user_id)
        chosen = {"language": language, "theme": theme, "shortcuts": shortcuts}
        changes = {name: [getattr(user, name), value] for name, value in chosen.items() if getattr(user, name) != value}
        user.language, user.theme, user.shortcuts = language, theme, shortcuts
        self._audit.record("user.preferences", identity=by, target=user.email, detail=changes)

    def ask_for_email(self, *, user_id: int, email: str, by: Author) -> str:
        """Have a link sent to a new address, which is the account's once the link is used; returns the address.

        Nothing here tells whether somebody else has that address: its reader learns it. Raises Invalid, and Throttled
        for too many letters.
        """
        user, address = self.user(user_id), checked_email(email)
        if address == user.email:
            raise Invalid("That is your address already.", "email")
        Throttling(self._session, self._installation).count({f"new-email:{user_id}": LETTERS})
        link = self._links.make(Purpose.EMAIL, user, email=address)
        self._mails.post(EMAIL, address, detail={"link": link.id, "name": user.name}, language=user.language)
        self._audit.record("user.email.ask", identity=by, target=user.email, detail={"email": address})
        return address

    def awaited_email(self, user_id: int) -> str:
        """The new address that has still to be confirmed; empty if there is none."""
        link = self._links.open_of(Purpose.EMAIL, self.user(user_id))
        return "" if link is None else link.email

    def email_of(self, *, token: str, user_id: int) -> str:
        """The address a link confirms. Raises NotFound for one that has ended or is somebody else's."""
        return self._link(token, user_id).email

    def change_email(self, *, token: str, user_id: int, by: Author) -> str:
        """Use the link up: from now on its address is the account's; returns it. The old one is told.

        Raises NotFound as `email_of`, and Conflict if somebody else has the address.
        """
        link, user = self._link(token, user_id), self.user(user_id)
        if not self._links.use(link):
            raise NotFound
        old, new = user.email, link.email
        user.email = new
        try:
            self._session.flush()
        except IntegrityError:
            raise Conflict(Sentence(HAS_ACCOUNT, {"email": new})) from None
        self._links.revoke(Purpose.RESET, user)
        detail = {"name": user.name, "email": new}
        self._mails.post(MOVED, old, detail=detail, language=user.language)
        self._audit.record("user.email", identity=by, target=new, detail={"email": [old, new]})
        return new

    def _link(self, token: str, user_id: int) -> OneTimeLink:
        link = self._links.find(Purpose.EMAIL, token)
        if link is None or link.user_id != user_id:
            raise NotFound
        return link
