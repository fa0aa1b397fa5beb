"""Passwords that are not kept here: what the sign-in form needs of the company's directory.

A request has it as `passwords_elsewhere`: None where there is no directory.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.errors import Conflict, NotAllowed, Unavailable
from privmedia.text import Sentence

Done = TypeVar("Done")


class TurnedAway(NotAllowed):
    """Whoever vouches for the person knows them, and this library does not let them in. `why` is for the audit log."""

    def __init__(self, sentence: str | Sentence, why: str, who: str) -> None:
        super().__init__(sentence)
        self.why = why
        self.who = who


class NoAnswer(Unavailable):
    """Whether the password is right cannot be asked now. `why` is for the audit log."""

    def __init__(self, sentence: str | Sentence, why: str) -> None:
        super().__init__(sentence)
        self.why = why


class Found(Protocol):
    """Somebody whose password was right."""

    def user(self, session: Session, address: str) -> User:
        """Whose account it is here, made if need be, in the groups and rights they have now. Raises TurnedAway."""


@dataclass(frozen=True)
class Answer:
    """What was found of what somebody typed."""

    found: Found | None
    """None: no such person, or not their password."""
    who: str = ""
    """The account there, where one was found: for the log, and to count tries."""


class Elsewhere(Protocol):
    """Where such passwords are kept."""

    @property
    def text(self) -> str:
        """What it is called on pages."""

    def ask(self, login: str, password: str, count: Callable[[str], None]) -> Answer:
        """Whether this is somebody's password there. Raises NoAnswer.

        `count` is called with the account, however it was spelled, before the password is looked at; it may raise.
        """

    def proves(self, user_id: int, password: str) -> bool:
        """Whether it is the password there of somebody with an account here. Raises NoAnswer."""


def first_or_again(sessions: sessionmaker[Session], work: Callable[[Session], Done]) -> Done:
    """Do it in a write transaction; once more if somebody made the same account at the same moment."""
    try:
        with writing(sessions) as session:
            return work(session)
    except (Conflict, IntegrityError):
        with writing(sessions) as session:
            return work(session)
