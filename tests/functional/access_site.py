"""A small library for the tests of rules, and people who sign in to it as themselves."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from tests.conftest import Person


@dataclass
class Site:
    """A library with "Product training/Thruster T4" and a video in it; people sign in as themselves."""

    installation: Installation
    sign_in: Callable[[Person], TestApp]
    people: dict[str, Person]
    training: str
    thruster: str
    video: str

    def as_(self, name: str) -> TestApp:
        return self.sign_in(self.people[name])

    def set(self, path: str, principal: str, allow: Permission = NOTHING, deny: bool = False) -> None:
        with writing(self.installation.sessions) as session:
            place = Paths(session, self.installation).place(path)
            Rules(session, self.installation).set(place, Wanted(principal, allow, deny))

    def user(self, name: str) -> str:
        return f"user:{self.people[name].id}"

    def events(self) -> list[Event]:
        with reading(self.installation.sessions) as session:
            return list(session.scalars(select(Event).where(Event.kind.like("access.%")).order_by(Event.id)))
