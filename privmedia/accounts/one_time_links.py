"""Links that work once and for a while: set-up, invitation, reset, a new address."""
from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import case, delete, select, update
from sqlalchemy.orm import Session, joinedload

from privmedia.accounts.identity import TOKEN, token_hash
from privmedia.accounts.models import OneTimeLink, User
from privmedia.db import milliseconds
from privmedia.ids import new_token
from privmedia.installation import Installation


class Purpose(StrEnum):
    """What a link is for; but for EMAIL and SECOND_STEP also the first part of its address.

    SECOND_STEP has no address: its token stands in a cookie, between the password and the code of an authenticator app.
    """

    EMAIL = "email"
    INVITE = "invite"
    RESET = "reset"
    SECOND_STEP = "second-step"
    SETUP = "setup"


WORKS_FOR = {
    Purpose.EMAIL: timedelta(hours=24),
    Purpose.INVITE: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.SECOND_STEP: timedelta(minutes=5),
    Purpose.SETUP: timedelta(hours=24),
}
PATH = {
    Purpose.EMAIL: "account/email",
    Purpose.INVITE: "invite",
    Purpose.RESET: "reset",
    Purpose.SETUP: "setup",
}


class OneTimeLinks:
    """Makes links, gives them their tokens, and uses them up."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._base_url = installation.settings.base_url
        self._secret = installation.settings.secret.encode()
        self._now = installation.clock()

    def make(self, purpose: Purpose, user: User | None = None, *, email: str = "") -> OneTimeLink:
        """A link that nobody can use before `address_of` gave it a token. Older ones of this purpose and person end."""
        self.revoke(purpose, user)
        link = self._new(purpose, None if user is None else user.id, email)
        self._session.add(link)
        self._session.flush()
        return link

    def make_first(self, purpose: Purpose, users: Sequence[User]) -> Sequence[OneTimeLink]:
        """The first link of each of these new people, in few statements."""
        links = [self._new(purpose, user.id, "") for user in users]
        self._session.add_all(links)
        self._session.flush()
        return links

    def addresses_of(self, links: Sequence[OneTimeLink]) -> Sequence[str]:
        """As `address_of`, for many."""
        tokens = [new_token() for _link in links]
        for link, token in zip(links, tokens, strict=True):
            link.token_hash = token_hash(token)
        self._session.flush()
        return [self._address(link, token) for link, token in zip(links, tokens, strict=True)]

    def address_of(self, link: OneTimeLink) -> str:
        """Give a link a new token, from now on its only one, and answer its address, built from `base_url`."""
        return self._with_token(link, new_token())

    def address_in_letter(self, purpose: Purpose, link_id: int, *, recipient: str, letter: int) -> str | None:
        """The address of a link for the one it belongs to, or None if it has ended. `letter` is the row's number.

        The same for the same letter, which may be sent twice: whichever of the two is read, its link works. The token
        is derived with the secret of the settings, so that the database alone does not hold it.
        """
        whose = case((OneTimeLink.email != "", OneTimeLink.email), else_=User.email)
        link = self._session.scalar(
            select(OneTimeLink)
            .join(User, User.id == OneTimeLink.user_id)
            .where(
                OneTimeLink.id == link_id,
                OneTimeLink.purpose == purpose,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > self._now,
                User.disabled_at.is_(None),
                # Numbers are given again once their rows are gone.
                whose == recipient,
            )
        )
        if link is None:
            return None
        named = f"one-time link {link.id} of {milliseconds(link.created_at)} in letter {letter}"
        derived = hmac.digest(self._secret, named.encode(), hashlib.sha256)
        return self._with_token(link, base64.urlsafe_b64encode(derived).decode().rstrip("="))

    def find(self, purpose: Purpose, token: str) -> OneTimeLink | None:
        """The link of a token if it still works, with its person, who is not disabled."""
        if TOKEN.fullmatch(token) is None:
            return None
        return self._session.scalar(
            select(OneTimeLink)
            .outerjoin(User, User.id == OneTimeLink.user_id)
            .where(
                OneTimeLink.purpose == purpose,
                OneTimeLink.token_hash == token_hash(token),
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > self._now,
                User.disabled_at.is_(None),
            )
            .options(joinedload(OneTimeLink.user))
        )

    def use(self, link: OneTimeLink) -> bool:
        """Use a link up; False if somebody was faster."""
        used = self._session.scalars(
            update(OneTimeLink)
            .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > self._now)
            .values(used_at=self._now)
            .returning(OneTimeLink.id)
        )
        return used.one_or_none() is not None

    def open_of(self, purpose: Purpose, user: User) -> OneTimeLink | None:
        """The link of this purpose that somebody can still use, if any."""
        return self._session.scalar(
            select(OneTimeLink).where(
                OneTimeLink.purpose == purpose,
                OneTimeLink.user_id == user.id,
                OneTimeLink.used_at.is_(None),
                OneTimeLink.expires_at > self._now,
            )
        )

    def revoke(self, purpose: Purpose, user: User | None) -> int:
        """End all links of this purpose for somebody (for nobody: set-up); returns how many there were."""
        whose = OneTimeLink.user_id.is_(None) if user is None else OneTimeLink.user_id == user.id
        gone = self._session.scalars(
            delete(OneTimeLink).where(OneTimeLink.purpose == purpose, whose).returning(OneTimeLink.id)
        )
        return len(gone.all())

    def _with_token(self, link: OneTimeLink, token: str) -> str:
        link.token_hash = token_hash(token)
        self._session.flush()
        return self._address(link, token)

    def _address(self, link: OneTimeLink, token: str) -> str:
        return f"{self._base_url}/{PATH[Purpose(link.purpose)]}/{token}"

    def _new(self, purpose: Purpose, user_id: int | None, email: str) -> OneTimeLink:
        return OneTimeLink(
            purpose=purpose,
            token_hash=token_hash(new_token()),  # nobody's
            user_id=user_id,
            email=email,
            created_at=self._now,
            expires_at=self._now + WORKS_FOR[purpose],
        )
