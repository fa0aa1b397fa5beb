"""Writing the audit log. One line per thing done, in the same transaction as the thing itself."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from privmedia.audit.models import Event
from privmedia.installation import Installation
from privmedia.logs import printable

DONE = "done"
DENIED = "denied"
FAILED = "failed"
OUTCOMES = frozenset({DONE, DENIED, FAILED})


class Author(Protocol):
    """Whoever a line is about: a signed-in person, or the command line. Identities are authors."""

    @property
    def user_id(self) -> int | None: ...

    @property
    def name(self) -> str: ...

    @property
    def email(self) -> str: ...

    @property
    def address(self) -> str: ...

    @property
    def through(self) -> str: ...

    @property
    def request_id(self) -> str: ...


@dataclass(frozen=True)
class NamedAuthor:
    """An author who has no sign-in session: the command line, or a person in the moment of signing in."""

    name: str
    email: str = ""
    user_id: int | None = None
    address: str = ""
    through: str = ""
    request_id: str = ""


COMMAND_LINE = NamedAuthor("command line")
THE_PROGRAM = NamedAuthor("privmedia")
"""For what happens by itself, because its time has come."""


class Audit:
    """The audit log. Lines are only ever added; the database itself refuses to change or remove one."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._clock = installation.clock

    def record(
        self,
        kind: str,
        *,
        identity: Author | None = None,
        target: str = "",
        outcome: str = DONE,
        address: str = "",
        request_id: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Event:
        """Add one line: `kind` such as `user.disable`, by whom, to what, and how it ended.

        `address` is the network address; like `request_id` it defaults to the author's. Never put a password, a token
        or the address of a secret link in here. Raises ValueError for an outcome that is none.
        """
        if outcome not in OUTCOMES:
            raise ValueError(f"{outcome!r} is no outcome; use one of {', '.join(sorted(OUTCOMES))}")
        event = Event(
            at=self._clock(),
            kind=kind,
            outcome=outcome,
            actor_id=identity.user_id if identity else None,
            actor=one_line(_written(identity), 320),
            target=one_line(target, 320),
            address=(address or (identity.address if identity else ""))[:64],
            through=one_line(identity.through if identity else "", 160),
            request_id=(request_id or (identity.request_id if identity else ""))[:32],
            detail=dict(detail or {}),
        )
        self._session.add(event)
        return event


def one_line(text: str, limit: int) -> str:
    """Text that cannot break out of its line: what does not print is written as an escape, the rest is cut."""
    shown = printable(text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


def _written(author: Author | None) -> str:
    if author is None:
        return ""
    return f"{author.name} <{author.email}>" if author.email else author.name
