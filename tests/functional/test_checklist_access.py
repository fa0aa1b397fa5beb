"""Items 22 to 31 of the checklist in docs/security.md: who gets what, and what an answer tells."""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IRoutesMapper
from sqlalchemy import select
from webtest import TestApp

from privmedia import compose
from privmedia.access.principals import user
from privmedia.accounts.models import User
from privmedia.db import reading, writing
from privmedia.delivery.headers import PRIVATE_FILE_HEADERS
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules
from privmedia.library.service import Library, Received
from tests.conftest import FakeClock, Person
from tests.functional.test_access_matrix import BYTES, DOWNLOADED, TABLE
from tests.functional.visitors import World, ask, dump, token_of

TOKEN = re.compile(rb"[0-9a-f]{64}")


def add_item(installation: Installation, path: str, title: str) -> str:
    with writing(installation.sessions) as session:
        place = Paths(session, installation).folder(path)
        received = Received(uid=new_uid(), filename=f"{title}.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
        version = Library(session, installation).add_item(folder=place, title=title, received=received, by=None)
        version.item.state, version.item.shown = State.READY, True
        return received.uid


def test_22_every_route_has_its_row_and_a_view_that_says_nothing_is_for_administrators(
    ini: dict[str, str], installation: Installation, make_person: Callable[..., Person], sign_in: Any, app: Any
) -> None:
    routes = {route.name for route in app.registry.getUtility(IRoutesMapper).get_routes(include_static=True)}
    assert routes == set(TABLE)
    config = Configurator(settings=dict(ini))
    config.add_route("forgotten", "/forgotten")
    config.add_view(lambda _context, _request: {}, route_name="forgotten", renderer="json")
    forgotten = compose(config, installation)
    statuses = []
    for person in (make_person("leila@example.test"), make_person("ingrid@example.test", admin=True)):
        browser = TestApp(forgotten, extra_environ=sign_in(person).extra_environ)
        form = browser.get("/login").forms["login-form"]
        form["email"], form["password"] = person.email, person.password
        form.submit(status=303)
        statuses.append(browser.get("/forgotten", status="*").status_int)
    assert statuses == [404, 200]


def test_23_every_kind_of_file_is_missing_for_a_member_of_another_group(world: World) -> None:
    for rows in (TABLE["smedia"], TABLE["smedia_stream"], TABLE["smedia_original"]):
        for pattern, row in rows:
            if row not in (BYTES, DOWNLOADED):
                continue
            for visitor in ("stranger", "uploader", "nobody", "disabled", "revoked"):
                browser = world.browsers[visitor]
                for method in ("GET", "HEAD"):
                    denied = ask(browser, method, pattern.format(**world.ids))
                    missing = ask(browser, method, pattern.format(**{**world.ids, "item": new_uid()}))
                    assert (denied.status, denied.headerlist) == (missing.status, missing.headerlist)
                    assert denied.status_int == 404
                    assert denied.body == missing.body


def test_24_one_thing_is_not_reached_through_the_address_of_another(world: World, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders("Open")
    other = add_item(installation, "Open", "Other")
    manager, item = world.browsers["manager"], world.ids["item"]
    manager.get(f"/smedia/{item}/original/bearing.mp4", status=200)
    manager.get(f"/smedia/{other}/original/bearing.mp4", status=404)
    manager.get(f"/smedia/{item}/original/Other.mp4", status=404)
    for wrong in (f"/f/{item}", f"/m/{world.ids['folder']}", f"/m/{other}", f"/f/{item}/access"):
        manager.get(wrong, status=404)


def test_25_a_right_is_gone_at_the_next_request_and_nothing_is_kept_by_others(
    world: World, installation: Installation
) -> None:
    viewer = world.browsers["viewer"]
    addresses = [f"/smedia/{world.ids['item']}/{name}" for name in ("play.mp4", "poster.webp")]
    addresses += [f"/m/{world.ids['item']}", f"/f/{world.ids['folder']}"]
    for address in addresses:
        answer = viewer.get(address, status=200)
        assert "public" not in answer.headers["Cache-Control"]
        assert re.search(r"private|no-store", answer.headers["Cache-Control"])
        # On files nginx says it in place of the application; the contract of senders asks real servers for it.
        said = PRIVATE_FILE_HEADERS if "X-Accel-Redirect" in answer.headers else answer.headers
        assert "Cookie" in said["Vary"]
    with writing(installation.sessions) as session:
        viewer_id = session.scalars(select(User.id).where(User.email == "viewer@example.test")).one()
        folder = Library(session, installation).folder(world.ids["folder"])
        Rules(session, installation).clear(folder, user(viewer_id))
    for address in addresses:
        viewer.get(address, status=404)


def test_26_a_hundred_hidden_items_change_no_number_and_no_byte(world: World, installation: Installation) -> None:
    stranger = world.browsers["stranger"]
    addresses = ("/", "/recent", "/mine", "/menu", "/account/reach", f"/recent?after={world.ids['item']}")
    before = [TOKEN.sub(b"", stranger.get(address).body) for address in addresses]
    for number in range(100):
        add_item(installation, "Closed/Training", f"Hidden {number}")
    assert [TOKEN.sub(b"", stranger.get(address).body) for address in addresses] == before


def test_27_nobody_gives_what_they_do_not_have_and_the_last_administrator_stays(
    world: World, installation: Installation
) -> None:
    before = dump(installation)
    for visitor in ("viewer", "downloader", "uploader", "editor"):
        browser = world.browsers[visitor]
        for address in (f"/f/{world.ids['folder']}/access", f"/m/{world.ids['item']}/access"):
            form = {"csrf_token": token_of(browser), "rules-0-principal": "everyone", "rules-0-allow": "view"}
            assert ask(browser, "POST", address, form).status_int in (403, 404)
    assert dump(installation) == before
    with reading(installation.sessions) as session:
        me = session.scalars(select(User).where(User.email == "administrator@example.test")).one()
    form = world.browsers["administrator"].get(f"/admin/users/{me.uid}").forms["profile-form"]
    form["admin"] = False
    assert form.submit(status="*").status_int in (409, 422)
    with reading(installation.sessions) as session:
        assert session.get_one(User, me.id).is_admin


EXTRA = {
    "is_admin": "1",
    "is_guest": "1",
    "admin": "y",
    "owner_id": "1",
    "uploader_id": "1",
    "folder_id": "1",
    "acl_id": "1",
    "uid": "zzzzzzzzzzzzzzzz",
    "id": "1",
    "sha256": "0" * 64,
    "path": "/etc/passwd",
    "state": "failed",
    "shown": "",
    "user_id": "1",
    "password_hash": "x",
}


def test_28_fields_that_no_form_has_change_nothing(world: World, installation: Installation) -> None:
    editor = world.browsers["editor"]
    for address in (f"/m/{world.ids['item']}/edit", f"/f/{world.ids['folder']}/edit"):
        form = form_with(editor, address)
        editor.post(address, {**dict(form.submit_fields()), **EXTRA}, status="*")
    account = world.browsers["viewer"]
    page = account.get("/account")
    for form in page.forms.values():
        if form.method.lower() == "post" and "name" in form.fields:
            account.post(form.action or "/account", {**dict(form.submit_fields()), **EXTRA}, status="*")
    with reading(installation.sessions) as session:
        item = session.scalars(select(Item).where(Item.uid == world.ids["item"])).one()
        folder = session.scalars(select(Folder).where(Folder.uid == world.ids["folder"])).one()
        viewer = session.scalars(select(User).where(User.email == "viewer@example.test")).one()
        assert (item.uploader_id, item.folder_id, item.acl_id, item.state) == (None, folder.id, None, State.READY)
        assert folder.acl_id != 1
        assert not viewer.is_admin
        assert not viewer.is_guest
        assert viewer.password_hash != "x"


def form_with(browser: TestApp, address: str) -> Any:
    """The form of a page that sends itself to that page."""
    page = browser.get(address)
    return next(
        form
        for form in page.forms.values()
        if form.method.lower() == "post" and form.action in ("", address, f"http://media.example.test{address}")
    )


def test_29_what_a_client_says_about_sending_files_is_not_heard(world: World, installation: Installation) -> None:
    path = installation.storage.relative_path(world.ids["item"], 1, "original")
    headers = {"X-Accel-Redirect": f"/pmedia/{path}", "X-Sendfile": "/etc/passwd", "X-Original-Url": "/admin"}
    for address in ("/", f"/m/{world.ids['item']}", f"/smedia/{world.ids['item']}/play.mp4", "/login"):
        plain = ask(world.browsers["stranger"], "GET", address)
        steered = ask(world.browsers["stranger"], "GET", address, headers=headers)
        assert (steered.status, steered.headers.get("X-Accel-Redirect")) == (plain.status, None)
    for address in (f"/pmedia/{path}", "/media/../pmedia/x", "/private/x", "/PMEDIA/x", "/incoming/x"):
        assert ask(world.browsers["administrator"], "GET", address).status_int == 404


def test_30_administration_does_not_exist_for_others_and_asks_administrators_again(
    world: World, installation: Installation, clock: FakeClock
) -> None:
    manager = world.browsers["manager"]
    for route, rows in TABLE.items():
        for pattern, _row in rows:
            if pattern.startswith("/admin"):
                for method in ("GET", "POST"):
                    fields = {"csrf_token": token_of(manager)} if method == "POST" else None
                    answer = ask(manager, method, pattern.format(**world.ids), fields)
                    assert answer.status_int in (404, 405), f"{route}: {method} {answer.status}"
    administrator = world.browsers["administrator"]
    clock.forward(hours=3)
    before = dump(installation)
    answer = administrator.post("/admin/groups", {"csrf_token": token_of(administrator), "name": "New"}, status="*")
    assert "Say your password again" in answer.text
    assert dump(installation)["groups"] == before["groups"]


def test_31_nothing_is_learned_by_making_what_may_be_there_already(world: World, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders("Closed/Training/Taken")
    stranger = world.browsers["stranger"]
    answers = set()
    for parent in (world.ids["folder"], new_uid()):
        for name in ("Taken", "Free"):
            form = {"csrf_token": token_of(stranger), "name": name}
            answer = ask(stranger, "POST", f"/f/{parent}/new", form)
            answers.add((answer.status, TOKEN.sub(b"", answer.body.replace(parent.encode(), b"-"))))
    assert len(answers) == 1
