"""A library to search in: a folder everybody sees, one for engineers, one for nobody but administrators."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from webtest import TestApp, TestResponse

from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import group as group_principal
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.library.tags import Tags
from privmedia.search.service import Passage, Search
from tests.conftest import Person

OPEN, ENGINEERS, CLOSED = "Town halls", "Product training/Thruster T4", "Board papers"


@dataclass
class SearchSite:
    installation: Installation
    sign_in: Callable[[Person], TestApp]
    people: dict[str, Person]

    def as_(self, name: str) -> TestApp:
        return self.sign_in(self.people[name])

    def add(
        self,
        path: str,
        title: str,
        *,
        description: str = "",
        filename: str = "a.mp4",
        kind: Kind = Kind.VIDEO,
        by: str = "leila",
        said: dict[float, str] | None = None,
        pages: dict[int, str] | None = None,
        tags: tuple[str, ...] = (),
    ) -> str:
        """An item that is there to see; answers its public id."""
        with writing(self.installation.sessions) as session:
            received = Received(uid=new_uid(), filename=filename, media_type="video/mp4", size=1, kind=kind)
            library, search = Library(session, self.installation), Search(session, self.installation)
            folder = Paths(session, self.installation).folder(path)
            version = library.add_item(folder=folder, title=title, received=received, by=self.people[by].id)
            item = session.get_one(Item, version.item_id)
            item.shown, item.state = True, State.READY
            library.describe_item(item=item, title=title, description=description)
            Tags(session, self.installation).put(item, tags)
            search.put(item.id, "captions-en", [Passage(text, at=at) for at, text in (said or {}).items()], version=1)
            search.put(item.id, "pages", [Passage(text, page=page) for page, text in (pages or {}).items()])
        return received.uid

    def folder(self, path: str) -> str:
        with writing(self.installation.sessions) as session:
            return Paths(session, self.installation).make_folders(path)[-1].uid

    def folder_uid(self, path: str) -> str:
        with writing(self.installation.sessions) as session:
            return Paths(session, self.installation).folder(path).uid

    def set(self, path: str, principal: str, allow: Permission = NOTHING, *, deny: bool = False) -> None:
        with writing(self.installation.sessions) as session:
            place = Paths(session, self.installation).place(path)
            Rules(session, self.installation).set(place, Wanted(principal, allow, deny))


def make_search_site(
    installation: Installation, make_person: Callable[..., Person], sign_in: Any
) -> SearchSite:
    people = {
        "ada": make_person("ada@example.test", name="Ada Lind", admin=True),
        "leila": make_person("leila@example.test", name="Leila Haddad"),
        "jonas": make_person("jonas@example.test", name="Jonas Bakke"),
    }
    site = SearchSite(installation, sign_in, people)
    with writing(installation.sessions) as session:
        for path in (OPEN, ENGINEERS, CLOSED):
            Paths(session, installation).make_folders(path)
        engineers = Groups(session, installation).add_group(name="Service engineers")
        Groups(session, installation).join(group=engineers, users=[session.get_one(User, people["leila"].id)])
        principal = group_principal(engineers.id)
    site.set(OPEN, "everyone", Permission.VIEW)
    site.set("Product training", principal, Permission.VIEW)
    return site


def titles(page: TestResponse) -> list[str]:
    """The titles of the items and folders that a page of results lists, in order."""
    return [heading.get_text() for heading in page.html.select("#items h3")]


def heading(page: TestResponse) -> str:
    return str(page.html.select_one("h1").get_text())


def lead(page: TestResponse) -> str:
    """The sentence below the heading."""
    return " ".join(page.html.select_one(".phead p").get_text().split())


def marked(page: TestResponse) -> list[str]:
    return [mark.get_text() for mark in page.html.select("#items mark")]


def chips(page: TestResponse) -> dict[str, str]:
    """The number on each chip."""
    found = {}
    for chip in page.html.select(".chips a"):
        name, _, number = chip.get_text(" ", strip=True).rpartition(" ")
        found[name] = number
    return found
