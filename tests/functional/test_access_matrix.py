"""Every route, for every kind of visitor. A route missing from the table fails; so does a row without a route."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from pyramid.interfaces import IRoutesMapper
from sqlalchemy import select, text
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import SignIn, User, Viewpoint
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from tests.conftest import Person

OK, LOGIN, ELSEWHERE, NO, NOTHING, WRONG = 200, "303 /login", 303, 403, 404, 405


@dataclass(frozen=True)
class Row:
    """What each visitor gets. Who was disabled gets what nobody gets; whose right has ended, what a stranger gets.

    The stranger is in another group. The rights of the others are rules on the folder: the uploader's is Upload alone
    (a drop box, in which nothing is hers). `view_as` is an administrator who sees the library as the viewer.
    """

    nobody: Any
    stranger: Any
    viewer: Any
    downloader: Any
    uploader: Any
    editor: Any
    manager: Any
    administrator: Any
    view_as: Any

    @property
    def disabled(self) -> Any:
        return self.nobody

    @property
    def revoked(self) -> Any:
        return self.stranger

    def but(self, **others: Any) -> Row:
        """The same row with other answers for some."""
        return replace(self, **others)


VISITORS = (*(column.name for column in fields(Row)), "disabled", "revoked")
RULES = {
    "viewer": Permission.VIEW,
    "downloader": Permission.DOWNLOAD,
    "uploader": Permission.UPLOAD,
    "editor": Permission.EDIT,
    "manager": Permission.MANAGE,
    "revoked": Permission.VIEW,
}


def for_all(answer: Any) -> Row:
    return Row(**{column.name: answer for column in fields(Row)})


# What a GET answers. Order: nobody, stranger, viewer, downloader, uploader, editor, manager, administrator, view_as.
PUBLIC = for_all(OK)
NEVER = for_all(NOTHING)
SIGNED_IN = for_all(OK).but(nobody=LOGIN)
ACCOUNT = SIGNED_IN.but(view_as=NOTHING)
UNKNOWN = for_all(NOTHING).but(nobody=LOGIN)
FOR_ADMINISTRATORS = UNKNOWN.but(administrator=OK)
SEEN = Row(LOGIN, NOTHING, OK, OK, NOTHING, OK, OK, OK, OK)
EDITED = Row(LOGIN, NOTHING, NO, NO, NOTHING, OK, OK, OK, NO)
MANAGED = Row(LOGIN, NOTHING, NO, NO, NOTHING, NO, OK, OK, NO)
BYTES = SEEN.but(nobody=NOTHING)
DOWNLOADED = Row(NOTHING, NOTHING, NOTHING, OK, NOTHING, NOTHING, OK, OK, NOTHING)

TABLE: dict[str, list[tuple[str, Row]]] = {
    "__static/": [("/static/manifest.json", PUBLIC)],
    "login": [("/login", for_all(ELSEWHERE).but(nobody=OK))],
    "logout": [("/logout", for_all(WRONG))],
    "setup": [("/setup/" + "x" * 43, for_all(410))],
    "account": [("/account", ACCOUNT)],
    "menu": [("/menu", SIGNED_IN)],
    "library": [("/", SIGNED_IN)],
    "recent": [("/recent", SIGNED_IN)],
    "mine": [("/mine", SIGNED_IN)],
    "folder": [("/f/{folder}", SEEN.but(uploader=OK)), ("/f/{missing}", UNKNOWN)],
    "folder_new": [
        ("/f/{folder}/new", EDITED.but(uploader=NO)),
        ("/f/top/new", for_all(NO).but(nobody=LOGIN, administrator=OK)),
    ],
    "folder_edit": [("/f/{folder}/edit", EDITED.but(uploader=NO))],
    "folder_access": [("/f/{folder}/access", MANAGED.but(uploader=NO))],
    "item": [("/m/{item}", SEEN), ("/m/{missing}", UNKNOWN)],
    "item_edit": [("/m/{item}/edit", EDITED)],
    "item_access": [("/m/{item}/access", MANAGED)],
    "upload": [("/upload", for_all(ELSEWHERE).but(nobody=LOGIN, view_as=NOTHING))],
    "upload_plain": [("/upload/plain", ACCOUNT)],
    "smedia": [
        ("/smedia/{item}/play.mp4", BYTES),
        ("/smedia/{item}/poster.webp", BYTES),
        ("/smedia/{item}/version.json", NEVER),
        ("/smedia/{item}/original", NEVER),
        ("/smedia/{missing}/play.mp4", NEVER),
    ],
    "smedia_original": [
        ("/smedia/{item}/original/bearing.mp4", DOWNLOADED),
        ("/smedia/{missing}/original/bearing.mp4", NEVER),
    ],
    "smedia_nothing": [("/smedia/{item}/hls/../original", NEVER), ("/smedia/", NEVER)],
    "admin": [("/admin", UNKNOWN.but(administrator=ELSEWHERE))],
    "admin_users": [("/admin/users", FOR_ADMINISTRATORS)],
    "admin_user_new": [("/admin/users/new", FOR_ADMINISTRATORS)],
    "admin_user": [("/admin/users/{user}", FOR_ADMINISTRATORS), ("/admin/users/{missing}", UNKNOWN)],
    "admin_groups": [("/admin/groups", FOR_ADMINISTRATORS)],
    "admin_group": [("/admin/groups/{group}", FOR_ADMINISTRATORS), ("/admin/groups/{missing}", UNKNOWN)],
    "healthz": [("/healthz", PUBLIC)],
}


@dataclass(frozen=True)
class World:
    """A small library, and a browser for each kind of visitor."""

    ids: dict[str, str]
    browsers: dict[str, TestApp]


@pytest.fixture
def world(
    installation: Installation,
    make_person: Callable[..., Person],
    sign_in: Callable[[Person], TestApp],
    testapp: TestApp,
) -> World:
    people = {
        name: make_person(f"{name.replace('_', '-')}@example.test", admin=name in ("administrator", "view_as"))
        for name in VISITORS
        if name != "nobody"
    }
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders("Closed/Training")[-1]
        for name, allow in RULES.items():
            Rules(session, installation).set(folder, Wanted(user(people[name].id), allow))
        other = Groups(session, installation).add_group(name="Another group")
        stranger = session.get_one(User, people["stranger"].id)
        Groups(session, installation).join(group=other, users=[stranger])
        received = Received(
            uid=new_uid(), filename="bearing.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO
        )
        version = Library(session, installation).add_item(folder=folder, title="Bearing", received=received, by=None)
        version.item.state, version.item.shown = State.READY, True
        for name, media_type in (("play.mp4", "video/mp4"), ("poster.webp", "image/webp")):
            session.add(File(version_id=version.id, name=name, stored_as=name, media_type=media_type, size=4))
        group = Groups(session, installation).add_group(name="Service engineers")
        someone = session.execute(text("SELECT uid FROM users ORDER BY id LIMIT 1")).scalar_one()
        ids = {"folder": folder.uid, "item": received.uid, "group": group.uid, "user": someone, "missing": new_uid()}
    files = installation.storage.version_folder(ids["item"], 1)
    files.mkdir(parents=True)
    for name in ("original", "play.mp4", "poster.webp", "version.json"):
        (files / name).write_bytes(b"abcd")
    browsers = {"nobody": testapp} | {name: sign_in(person) for name, person in people.items()}
    with writing(installation.sessions) as session:
        of_view_as = session.scalars(select(SignIn).where(SignIn.user_id == people["view_as"].id)).one()
        session.add(Viewpoint(session_id=of_view_as.id, user_id=people["viewer"].id, since=installation.clock()))
        # Only the mark: that disabling also ends the sessions is not what is asked here.
        session.get_one(User, people["disabled"].id).disabled_at = installation.clock()
        place = Library(session, installation).folder(ids["folder"])
        Rules(session, installation).clear(place, user(people["revoked"].id))
    return World(ids, browsers)


def answer_of(app: TestApp, address: str) -> Any:
    response = app.get(address, expect_errors=True)
    if response.status_int == 303 and "/login" in response.location:
        return LOGIN
    return response.status_int


def test_every_route_answers_every_visitor_as_the_table_says(world: World) -> None:
    wrong = []
    for route, rows in TABLE.items():
        for pattern, expected in rows:
            address = pattern.format(**world.ids)
            for visitor in VISITORS:
                wanted = getattr(expected, visitor)
                got = answer_of(world.browsers[visitor], address)
                if got != wanted:
                    wrong.append(f"{route}: {pattern} for {visitor}: {got}, not {wanted}")
    assert wrong == []


def test_the_table_has_every_route_and_nothing_else(app: Any) -> None:
    routes = {route.name for route in app.registry.getUtility(IRoutesMapper).get_routes(include_static=True)}
    assert routes == set(TABLE)


def test_no_route_changes_anything_without_its_token(world: World, installation: Installation) -> None:
    before = dump(installation)
    wrong = []
    for rows in TABLE.values():
        for pattern, _expected in rows:
            address = pattern.format(**world.ids)
            for visitor, browser in world.browsers.items():
                for method in ("post", "put", "patch", "delete"):
                    response = getattr(browser, method)(address, expect_errors=True)
                    if response.status_int not in (303, 403, 404, 405, 410, 422):
                        wrong.append(f"{method} {pattern} by {visitor}: {response.status_int}")
    assert wrong == []
    assert dump(installation) == before


def test_reading_any_page_changes_nothing(world: World, installation: Installation) -> None:
    before = dump(installation)
    for rows in TABLE.values():
        for pattern, _expected in rows:
            for browser in world.browsers.values():
                browser.get(pattern.format(**world.ids), expect_errors=True)
    assert dump(installation) == before


def dump(installation: Installation) -> dict[str, list[Any]]:
    """Everything in the database but the log of what was refused."""
    with reading(installation.sessions) as session:
        tables = session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        return {
            table: sorted(map(repr, session.execute(text(f'SELECT * FROM "{table}"')).all()))
            for table in tables
            if table != "events" and re.fullmatch(r"\w+", table)
        }
