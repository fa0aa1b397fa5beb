"""Between the password and the second factor: who is half signed in, and known browsers.

It lasts five minutes, in one browser.
"""
from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from privmedia.accounts.factors import Factors
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import OneTimeLink, User
from privmedia.accounts.one_time_links import WORKS_FOR, OneTimeLinks, Purpose
from privmedia.ids import new_token
from privmedia.installation import Installation

KNOWN_FOR = timedelta(days=30)


@dataclass(frozen=True)
class HalfSignedIn:
    """The password was right; a second factor is still to come. `token` stands in a cookie and opens nothing else."""

    token: str


class SecondSteps:
    """Those who are half signed in. What is kept is the hash of a token that works once."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._links = OneTimeLinks(session, installation)
        self._now = installation.clock()

    def begin(self, user: User) -> HalfSignedIn:
        """Wait for this person's second factor. Nobody else's wait ends by it, nor another browser's."""
        gone = delete(OneTimeLink).where(
            OneTimeLink.purpose == Purpose.SECOND_STEP, OneTimeLink.expires_at < self._now
        )
        self._session.execute(gone)
        token = new_token()
        self._session.add(
            OneTimeLink(
                purpose=Purpose.SECOND_STEP,
                token_hash=token_hash(token),
                user_id=user.id,
                created_at=self._now,
                expires_at=self._now + WORKS_FOR[Purpose.SECOND_STEP],
            )
        )
        return HalfSignedIn(token)

    def person(self, token: str | None) -> User | None:
        """Who is half signed in by this token, unless it is too late or the account was disabled."""
        link = self._links.find(Purpose.SECOND_STEP, token) if token is not None else None
        return None if link is None else link.user

    def end(self, token: str) -> bool:
        """Use the token up; False if somebody was faster."""
        link = self._links.find(Purpose.SECOND_STEP, token)
        return link is not None and self._links.use(link)


def device_mark(installation: Installation, user: User, factors: Factors) -> str:
    """What a browser keeps so that this person is not asked for a code in it for 30 days.

    It is worth nothing once the password, the app or the passkeys are others.
    """
    until = installation.clock() + KNOWN_FOR
    seconds = str(int(until.timestamp()))
    return f"{seconds}.{_mark(installation, user, factors, seconds)}"


def is_known(installation: Installation, user: User, factors: Factors, mark: str) -> bool:
    """Whether the browser that holds this mark was told to ask this person no more, and the time is not over."""
    seconds, _dot, signature = mark.partition(".")
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        return False
    expected = _mark(installation, user, factors, seconds)
    if not hmac.compare_digest(signature.encode("utf-8", "surrogatepass"), expected.encode()):
        return False
    return datetime.fromtimestamp(int(seconds), UTC) > installation.clock()


def _mark(installation: Installation, user: User, factors: Factors, seconds: str) -> str:
    facts = ("known browser", str(user.id), seconds, user.password_hash or "", *factors.mark)
    key = installation.settings.secret.encode()
    return hmac.new(key, "\0".join(facts).encode(), hashlib.sha256).hexdigest()
