"""Every route, for every kind of visitor. A route missing from the table fails; so does a row without a route."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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

ID = re.compile(r"\{(folder|item|user|group)\}")
MISSING = "zzzzzzzzzzzzzzz0"
ID_IN_TEXT = re.compile(r"(?<=/)[0-9a-z]{16}(?=[/?&\"]|$)|(?<=%2F)[0-9a-z]{16}")
CHANGING = ("X-Request-ID",)
LEAVING = ("login", "logout")
"""What even those may send who only look: out, and in as somebody else."""
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
    "invite": [("/invite/" + "x" * 43, for_all(410))],
    "account": [("/account", ACCOUNT)],
    "setup_strength": [("/setup/" + "x" * 43 + "/strength", for_all(WRONG))],
    "invite_strength": [("/invite/" + "x" * 43 + "/strength", for_all(WRONG))],
    "account_email": [("/account/email/" + "x" * 43, for_all(410).but(nobody=LOGIN, view_as=NOTHING))],
    "account_strength": [("/account/strength", for_all(WRONG))],
    "reset": [("/reset", PUBLIC)],
    "reset_choose": [("/reset/" + "x" * 43, for_all(410))],
    "reset_strength": [("/reset/" + "x" * 43 + "/strength", for_all(WRONG))],
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


def every_row() -> Iterator[tuple[str, Row]]:
    return (row for rows in TABLE.values() for row in rows)


def token_of(browser: TestApp) -> str:
    """The token that this browser's forms carry."""
    page = browser.get("/login").maybe_follow()
    return str(page.forms["login-form" if "login-form" in page.forms else 0]["csrf_token"].value)


def facts_of(browser: TestApp, method: str, address: str, token: str) -> tuple[Any, ...]:
    """All of an answer but the address asked for, and what is new in every answer."""
    form = f"csrf_token={token}".encode() if method == "POST" else b""
    content_type = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    answer = browser.request(address, method=method, body=form, headers=content_type, expect_errors=True)
    headers = [(name, ID_IN_TEXT.sub("-", value)) for name, value in answer.headerlist if name not in CHANGING]
    return answer.status_int, headers, ID_IN_TEXT.sub("-", answer.text.replace(token, "-"))


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


def test_what_may_not_be_seen_is_missing_to_the_byte(world: World) -> None:
    wrong = []
    for visitor, browser in world.browsers.items():
        token = token_of(browser)
        for pattern, expected in every_row():
            if getattr(expected, visitor) not in (NOTHING, LOGIN) or not ID.search(pattern):
                continue
            for method in ("GET", "HEAD", "POST"):
                denied, missing = (
                    facts_of(browser, method, address, token)
                    for address in (pattern.format(**world.ids), ID.sub(MISSING, pattern))
                )
                if denied != missing:
                    wrong.append(f"{method} {pattern} for {visitor}: {denied} and {missing}")
    assert wrong == []


def test_who_may_not_open_a_page_may_not_send_its_form(world: World, installation: Installation) -> None:
    wrong = []
    for visitor, browser in world.browsers.items():
        token, before = token_of(browser), dump(installation)
        for pattern, expected in every_row():
            if getattr(expected, visitor) not in (NOTHING, NO, LOGIN):
                continue
            answer = browser.post(pattern.format(**world.ids), {"csrf_token": token}, expect_errors=True)
            to_sign_in = answer.status_int == 303 and answer.location.partition("?")[0].endswith("/login")
            if answer.status_int not in (NO, NOTHING, WRONG, 401) and not to_sign_in:
                wrong.append(f"{pattern} by {visitor}: {answer.status}")
        if dump(installation) != before:
            wrong.append(f"{visitor} changed something")
    assert wrong == []


def test_whoever_sees_as_somebody_else_sends_no_form(world: World, installation: Installation) -> None:
    browser, before, wrong = world.browsers["view_as"], dump(installation), []
    token = token_of(browser)
    for route, rows in TABLE.items():
        if route in LEAVING:
            continue
        for pattern, _expected in rows:
            answer = browser.post(pattern.format(**world.ids), {"csrf_token": token}, expect_errors=True)
            if answer.status_int not in (NO, NOTHING, WRONG, ELSEWHERE, 410):
                wrong.append(f"{pattern}: {answer.status}")
    assert wrong == []
    assert dump(installation) == before


def test_no_route_changes_anything_without_its_token(world: World, installation: Installation) -> None:
    before = dump(installation)
    wrong = []
    for pattern, _expected in every_row():
        address = pattern.format(**world.ids)
        for visitor, browser in world.browsers.items():
            for method in ("post", "delete"):
                response = getattr(browser, method)(address, expect_errors=True)
                if response.status_int not in (303, 401, 403, 404, 405, 410, 422):
                    wrong.append(f"{method} {pattern} by {visitor}: {response.status_int}")
    assert wrong == []
    assert dump(installation) == before


def test_reading_any_page_changes_nothing(world: World, installation: Installation) -> None:
    before = dump(installation)
    for pattern, _expected in every_row():
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
