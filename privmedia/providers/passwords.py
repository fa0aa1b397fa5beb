"""The directory behind the sign-in form: its people sign in by the password they have there."""
from __future__ import annotations

import logging
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.elsewhere import Answer, NoAnswer
from privmedia.accounts.models import User
from privmedia.db import reading
from privmedia.directory_settings import Directory
from privmedia.installation import Installation
from privmedia.providers.client import CLIENTS
from privmedia.providers.directory import Client, Entry, Unreachable
from privmedia.providers.models import ProviderAccount
from privmedia.providers.people import People, Vouched
from privmedia.text import Sentence, clean_line
from privmedia.text import mark as _

log = logging.getLogger(__name__)

NO_ANSWER = _(
    "${directory} does not answer right now. Whoever has a password of this library itself can still sign in with it."
)


@dataclass(frozen=True)
class FoundThere:
    """Somebody of the directory whose password was right."""

    installation: Installation
    directory: Directory
    entry: Entry

    def user(self, session: Session, address: str) -> User:
        """Their account here. Raises TurnedAway."""
        people = People(session, self.installation)
        return people.arrive(self.directory, vouched(self.entry), address=address)[1]


class DirectoryPasswords:
    """Asks the directory; see `accounts.elsewhere`."""

    def __init__(self, installation: Installation, client: Client) -> None:
        self._installation = installation
        self._directory = client.directory
        self._client = client

    @property
    def text(self) -> str:
        return self._directory.text

    def ask(self, login: str, password: str, count: Callable[[str], None]) -> Answer:
        """Whether this is somebody's password there. Raises NoAnswer."""
        login = clean_line(login)
        with self._answering():
            if self._directory.user_dn:
                count(f"ldap:{unicodedata.normalize('NFKC', login).casefold()}")
                own = self._client.own(login, password)
                return Answer(None if own is None else self._found(own), login)
            entry = self._client.person(login)
            if entry is None:
                self._client.refuse(password)
                return Answer(None)
            count(self._counted_as(entry))
            if not self._client.let_in(entry.dn, password):
                return Answer(None, entry.email or entry.login)
            return Answer(self._found(self._client.with_groups(entry)), entry.email or entry.login)

    def proves(self, user_id: int, password: str) -> bool:
        """Whether it is the password there of somebody with an account here. Raises NoAnswer."""
        with reading(self._installation.sessions) as session:
            subject = self._subject(session, user_id)
            email = session.get_one(User, user_id).email
        if subject is None:
            return False
        with self._answering():
            if not self._directory.bind_dn:
                return self._proves_by_name(email, subject, password)
            entry = self._client.by_subject(subject)
            return entry is not None and self._client.let_in(entry.dn, password)

    def _counted_as(self, entry: Entry) -> str:
        """The account whose tries these are: the one here, so that who comes from a usual place is known to."""
        with reading(self._installation.sessions) as session:
            email = session.scalar(
                select(User.email).join(ProviderAccount, ProviderAccount.user_id == User.id).where(
                    ProviderAccount.issuer == self._directory.issuer, ProviderAccount.subject == entry.subject
                )
            )
        return email or f"ldap:{entry.subject}"

    def _subject(self, session: Session, user_id: int) -> str | None:
        theirs = (ProviderAccount.issuer == self._directory.issuer, ProviderAccount.user_id == user_id)
        return session.scalar(select(ProviderAccount.subject).where(*theirs).limit(1))

    def _proves_by_name(self, email: str, subject: str, password: str) -> bool:
        """Where nobody may look for people, they are known by what stands before the @ of their address."""
        names = (email, email.partition("@")[0])
        found = (self._client.own(name, password) for name in names)
        return any(entry is not None and entry.subject == subject for entry in found)

    def _found(self, entry: Entry) -> FoundThere:
        return FoundThere(self._installation, self._directory, entry)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except Unreachable as problem:
            log.warning("the directory does not answer: %s", problem)
            said = Sentence(NO_ANSWER, {"directory": self._directory.text})
            raise NoAnswer(said, f"directory: {problem}") from problem


def passwords_elsewhere(request: Any) -> DirectoryPasswords | None:
    """`request.passwords_elsewhere`: the company's directory, if there is one."""
    installation: Installation = request.installation
    directory = installation.settings.directory
    if directory is None:
        return None
    clients: dict[object, Client] = request.registry[CLIENTS]
    return DirectoryPasswords(installation, clients.setdefault(directory, Client(directory, installation.clock)))


def vouched(entry: Entry) -> Vouched:
    """The directory is the company's own: an address in it is as good as verified."""
    return Vouched(entry.subject, entry.email, entry.name, entry.groups, email_verified=True)
