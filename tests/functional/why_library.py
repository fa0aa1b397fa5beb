"""A small library to ask about: who can see what there, and why."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.audit.service import NamedAuthor
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from tests.conftest import FakeClock, Person


@dataclass
class Training:
    """"Product training/Thruster T4" with a video; Jonas and Leila are Service engineers; Maren manages Thruster T4."""

    installation: Installation
    clock: FakeClock
    sign_in: Callable[[Person], TestApp]
    people: dict[str, Person]
    training: str
    thruster: str
    video: str = ""

    def as_(self, name: str) -> TestApp:
        return self.sign_in(self.people[name])

    def user(self, name: str) -> str:
        return f"user:{self.people[name].id}"

    def uid(self, name: str) -> str:
        """The public id of a person."""
        with writing(self.installation.sessions) as session:
            return session.get_one(User, self.people[name].id).uid

    def group(self, name: str) -> str:
        with writing(self.installation.sessions) as session:
            return f"group:{Groups(session, self.installation).group_by_name(name).id}"

    def set(
        self,
        path: str,
        principal: str,
        allow: Permission = NOTHING,
        *,
        deny: bool = False,
        until: datetime | None = None,
        by: str = "",
    ) -> None:
        with writing(self.installation.sessions) as session:
            place = Paths(session, self.installation).place(path)
            wanted = Wanted(principal, allow, deny, until)
            if by:
                author = NamedAuthor("", "", self.people[by].id, "")
                Rules(session, self.installation).set(place, wanted, by=author)
            else:
                Rules(session, self.installation).set(place, wanted)

    def change(self, who: str, **values: Any) -> None:
        with writing(self.installation.sessions) as session:
            session.execute(update(User).where(User.id == self.people[who].id).values(**values))

    def ask(self, person: str, *, by: str = "ada", address: str = "") -> str:
        """What the box on the page of the list answers, as text."""
        page = self.as_(by).get(address or f"/f/{self.thruster}/who", {"person": person})
        return " ".join(page.html.select_one("#check-answer").text.split())

    def cut(self, path: str) -> None:
        """Stop what the rules above a folder give."""
        with writing(self.installation.sessions) as session:
            place = Paths(session, self.installation).folder(path)
            Rules(session, self.installation).set_inherits(place, False)

    def add_item(self, path: str, title: str, *, by: str = "", shown: bool = True) -> str:
        """A video in a folder that is there; answers its id."""
        with writing(self.installation.sessions) as session:
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
            library = Library(session, self.installation)
            version = library.add_item(
                folder=Paths(session, self.installation).folder(path),
                title=title,
                received=received,
                by=self.people[by].id if by else None,
            )
            session.get_one(Item, version.item_id).shown = shown
            return received.uid


def make_training(
    installation: Installation, clock: FakeClock, make_person: Callable[..., Person], sign_in: Any
) -> Training:
    """The library with its people, as the class says."""
    people = {
        "ada": make_person("ada@example.test", name="Ada Lind", admin=True),
        "maren": make_person("maren@example.test", name="Maren Aasen"),
        "jonas": make_person("jonas@example.test", name="Jonas Bakke"),
        "leila": make_person("leila@example.test", name="Leila Haddad"),
        "oskar": make_person("oskar@example.test", name="Oskar Lund", guest=True),
    }
    with writing(installation.sessions) as session:
        groups = Groups(session, installation)
        engineers = groups.add_group(name="Service engineers")
        members = [session.get_one(User, people[name].id) for name in ("jonas", "leila")]
        groups.join(group=engineers, users=members)
        training, thruster = Paths(session, installation).make_folders("Product training/Thruster T4")
        uids = training.uid, thruster.uid
    site = Training(installation, clock, sign_in, people, *uids)
    site.video = site.add_item("Product training/Thruster T4", "Main bearing", by="leila")
    site.set("Product training", site.group("Service engineers"), Permission.VIEW | Permission.DOWNLOAD, by="ada")
    site.set("Product training/Thruster T4", site.user("maren"), Permission.MANAGE, by="ada")
    return site
