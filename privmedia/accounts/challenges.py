"""Challenges: what a passkey has to sign, so that an old answer is worth nothing.

A challenge is derived with our secret from a ticket, from what it is for, and from the browser or session it was made
in. Whoever brings a ticket back in the same place gets the same challenge; nothing is kept until it is used, and then
only that it was: once, and within five minutes.
"""
from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.accounts.models import UsedChallenge
from privmedia.clock import Clock
from privmedia.ids import new_token
from privmedia.installation import Installation

WORKS_FOR = timedelta(minutes=5)
TICKET = re.compile(r"([A-Za-z0-9_-]{43})\.([0-9]{10,11})", re.ASCII)


class For(StrEnum):
    """What an answer is wanted for; it is worth nothing for anything else."""

    ADD = "add"
    CONFIRM = "confirm"
    SECOND = "second"
    SIGN_IN = "sign-in"


@dataclass(frozen=True)
class Challenge:
    """What is to be signed, and what is derived along with it: a name for whoever has no passkey yet."""

    ticket: str
    value: bytes
    new_handle: bytes
    until: int
    """Seconds since 1970."""

    @property
    def name(self) -> str:
        """By which it is remembered that it was used."""
        return hashlib.sha256(self.value).hexdigest()


def new_challenge(installation: Installation, purpose: For, place: str) -> Challenge:
    """A fresh one. `place` is the browser or session that it counts in."""
    until = int((installation.clock() + WORKS_FOR).timestamp())
    return _derived(installation, purpose, place, new_token(), until)


def challenge_of(installation: Installation, purpose: For, place: str, ticket: str) -> Challenge | None:
    """The challenge of a ticket; None for what is no ticket, and for one whose time is over.

    That of another place or purpose, or with another time in it, is a challenge that nobody was ever given.
    """
    match = TICKET.fullmatch(ticket)
    if match is None or _seconds(installation.clock) >= int(match[2]):
        return None
    return _derived(installation, purpose, place, match[1], int(match[2]))


def use(session: Session, challenge: Challenge, now: datetime) -> bool:
    """Whether this is the first answer to the challenge: from now on it is used, right or wrong."""
    session.execute(delete(UsedChallenge).where(UsedChallenge.until < now))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = {"name": challenge.name, "until": now + WORKS_FOR}
    noted = session.scalars(
        insert(UsedChallenge).values(row).on_conflict_do_nothing().returning(UsedChallenge.name)
    )
    return noted.one_or_none() is not None


def _derived(installation: Installation, purpose: For, place: str, random: str, until: int) -> Challenge:
    facts = "\0".join((purpose, place, random, str(until)))
    made = hmac.digest(installation.settings.secret.encode(), f"passkey challenge\0{facts}".encode(), hashlib.sha512)
    return Challenge(f"{random}.{until}", made[:32], made[32:], until)


def _seconds(clock: Clock) -> float:
    return clock().timestamp()
