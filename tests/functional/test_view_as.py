"""Seeing the library as somebody else: exactly what they see, nothing changed, all of it logged, ended by one press."""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import user as user_principal
from privmedia.accounts.models import User, Viewpoint
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.operations.worker import end_viewpoints
from tests.conftest import FakeClock, Person
from tests.functional.visitors import dump, token_of

GIVEN = Permission.DOWNLOAD | Permission.UPLOAD | Permission.EDIT
ADDRESSES = ("/", "/recent", "/mine", "/f/{folder}", "/m/{item}", "/menu", "/account/reach", "/requests")


@dataclass
class Scene:
    """Jonas may view, download, upload and edit in one folder and has added a film; another folder is closed to him."""

    installation: Installation
    people: dict[str, Person]
    sign_in: Callable[[Person], TestApp]
    uids: dict[str, str]
    folder: str
    item: str
    hidden: str
    hidden_folder: str

    def browser(self, name: str) -> TestApp:
        return self.sign_in(self.people[name])

    def looking(self, at: str = "jonas", name: str = "maren") -> TestApp:
        """A browser in which an administrator sees the library as somebody else."""
        browser = self.browser(name)
        page = browser.post(f"/view-as/{self.uids[at]}", {"csrf_token": token_of(browser)}, status=303).follow()
        assert page.request.path == "/"
        assert "You see the library as" in page.text
        return browser

    def lines(self, kind: str) -> list[Event]:
        with reading(self.installation.sessions) as session:
            return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


@pytest.fixture
def scene(
    installation: Installation, make_person: Callable[..., Person], sign_in: Callable[[Person], TestApp]
) -> Scene:
    people = {
        "jonas": make_person("jonas@example.test", name="Jonas Bakke"),
        "leila": make_person("leila@example.test", name="Leila Haddad"),
        "maren": make_person("maren@example.test", name="Maren Aasen", admin=True),
        "ada": make_person("ada@example.test", name="Ada Lind", admin=True),
    }
    items = []
    with writing(installation.sessions) as session:
        paths, rules = Paths(session, installation), Rules(session, installation)
        folder, closed = (paths.make_folders(path)[-1] for path in ("Training/Thruster T4", "Board papers"))
        rules.set(folder, Wanted(user_principal(people["jonas"].id), GIVEN))
        for place, title, by in ((folder, "Bearing", people["jonas"].id), (closed, "Budget", None)):
            uid = new_uid()
            received = Received(uid=uid, filename="t4.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            version = Library(session, installation).add_item(folder=place, title=title, received=received, by=by)
            version.item.state, version.item.shown = State.READY, True
            for name, kind in (("play.mp4", "video/mp4"), ("poster.webp", "image/webp")):
                session.add(File(version_id=version.id, name=name, stored_as=name, media_type=kind, size=4))
            files = installation.storage.version_folder(uid, 1)
            files.mkdir(parents=True)
            for name in ("original", "play.mp4", "poster.webp"):
                (files / name).write_bytes(b"abcd")
            items.append(uid)
        uids = {name: session.get_one(User, person.id).uid for name, person in people.items()}
        folder_uid, hidden_folder = folder.uid, closed.uid
    return Scene(installation, people, sign_in, uids, folder_uid, items[0], items[1], hidden_folder)


CHANGES_SOMETHING = (
    "[form=bulk-form], #bulk-form, [form=star-form], #star-form, main details.menu, form.follow, #versions"
)
"""What is left out while somebody only looks: ticks and stars, the menu for moving, copying and deleting, the button to
follow a folder, and the list in which versions are changed."""
NOTES_SOMETHING = ("data-csrf", "data-playback")
"""By which the player notes how far somebody watched."""


def what_is_seen(page: Any) -> tuple[str, str]:
    """The ways through the library and the page itself, without the token of its forms and what changes something."""
    html = page.html
    for control in html.select(CHANGES_SOMETHING):
        control.decompose()
    for remembered in html.select("form[action='/side-bar']"):
        remembered.unwrap()  # which folders are open in the side bar is the person's own
    for token in html.select("[name=csrf_token]"):
        token.decompose()
    for player in html.select("[data-player]"):
        player.attrs = {name: value for name, value in player.attrs.items() if name not in NOTES_SOMETHING}
    ways, main = html.select_one('nav[aria-label="Main"]'), html.select_one("main#main")
    return re.sub(r"\s+", " ", str(ways)), re.sub(r"\s+", " ", str(main))


@pytest.mark.parametrize("pattern", ADDRESSES)
def test_who_looks_sees_to_the_byte_what_the_other_sees(scene: Scene, pattern: str) -> None:
    address = pattern.format(folder=scene.folder, item=scene.item)
    assert what_is_seen(scene.looking().get(address)) == what_is_seen(scene.browser("jonas").get(address))


def test_what_the_other_cannot_see_is_missing_for_who_looks_as_well(scene: Scene) -> None:
    browser = scene.looking()
    for address in (f"/m/{scene.hidden}", f"/f/{scene.hidden_folder}", f"/smedia/{scene.hidden}/play.mp4"):
        browser.get(address, status=404)
    assert "Budget" not in browser.get("/").text
    assert "Board papers" not in browser.get("/").text


def test_the_film_and_the_poster_play_and_the_original_is_refused_with_the_reason(scene: Scene) -> None:
    browser = scene.looking()
    for file in ("play.mp4", "poster.webp"):
        browser.get(f"/smedia/{scene.item}/{file}", status=200)
    refused = browser.get(f"/smedia/{scene.item}/original/t4.mp4", status=403)
    assert "They may download this." in refused.text
    browser.get(f"/smedia/{scene.hidden}/original/t4.mp4", status=404)
    scene.browser("jonas").get(f"/smedia/{scene.item}/original/t4.mp4", status=200)


def test_the_strip_stands_on_every_page_and_on_those_of_errors(scene: Scene) -> None:
    browser = scene.looking()
    refused = {f"/m/{scene.hidden}": 404, "/account": 403, "/admin/users": 403, "/setup/" + "x" * 43: 410}
    for address, status in {"/": 200, f"/m/{scene.item}": 200, "/nowhere": 404, **refused}.items():
        page = browser.get(address, status=status)
        strip = page.html.find("section", class_="strip")
        assert strip is not None, address
        assert " ".join(strip.get_text(" ").split()) == (
            "JB You see the library as Jonas Bakke. Nothing can be changed. The log says you looked; their own history "
            "stays as it is. Stop"
        )


def test_the_menu_says_whose_browser_it_is(scene: Scene) -> None:
    menu = scene.looking().get("/").html.find("details", class_="menu")
    assert "Maren Aasen" in menu.get_text()
    assert "maren@example.test" in menu.get_text()
    assert menu.find("a", href="/account") is None
    assert menu.find("a", href="/admin") is None


def test_nothing_to_upload_or_to_make_is_offered_beside_the_pages(scene: Scene) -> None:
    assert scene.browser("jonas").get("/").html.find("header").find("a", href="/upload") is not None
    assert scene.looking().get("/").html.find("header").find("a", href="/upload") is None


@pytest.mark.parametrize(
    "address", ["/upload/plain", "/account", "/admin", "/admin/users", "/admin/users/new", "/admin/groups"]
)
def test_pages_of_accounts_administration_and_uploads_are_closed_and_say_why(scene: Scene, address: str) -> None:
    page = scene.looking().get(address, status=403)
    assert "Not while you see the library as Jonas Bakke" in page.text
    assert "Stop seeing as Jonas Bakke" in page.text


def test_every_form_of_the_other_is_refused_and_says_why(scene: Scene) -> None:
    browser = scene.looking()
    token, before = token_of(browser), dump(scene.installation)
    for address, fields in (
        (f"/f/{scene.folder}/new", {"name": "New"}),
        (f"/f/{scene.folder}/edit", {"name": "New"}),
        (f"/m/{scene.item}/edit", {"title": "New"}),
        ("/upload/plain", {"folder": scene.folder}),
        ("/account", {"do": "password"}),
        (f"/m/{scene.hidden}?ask", {"message": ""}),
        (f"/view-as/{scene.uids['leila']}", {}),
    ):
        page = browser.post(address, {"csrf_token": token, **fields}, expect_errors=True)
        assert page.status_int == 403, address
        assert "Not while you see the library as Jonas Bakke" in page.text, address
    assert dump(scene.installation) == before
    assert browser.get(f"/f/{scene.folder}/new", status=200)


def test_refusals_are_the_administrators_in_the_log(scene: Scene) -> None:
    browser = scene.looking()
    browser.post(f"/m/{scene.item}/edit", {"csrf_token": token_of(browser), "title": "New"}, status=403)
    line = scene.lines("access")[-1]
    assert line.actor == "Maren Aasen <maren@example.test>"
    assert line.through == "seeing as Jonas Bakke <jonas@example.test>"
    assert line.outcome == "denied"


def test_looking_leaves_no_trace_of_the_other(scene: Scene, clock: FakeClock) -> None:
    browser = scene.looking()
    clock.forward(minutes=30)
    browser.get(f"/m/{scene.item}")
    browser.get(f"/smedia/{scene.item}/play.mp4")
    with reading(scene.installation.sessions) as session:
        assert session.get_one(User, scene.people["jonas"].id).last_seen_at is None
        assert session.get_one(User, scene.people["maren"].id).last_seen_at == clock.now
        assert [line for line in session.scalars(select(Event)) if line.actor_id == scene.people["jonas"].id] == []


@pytest.mark.both_databases
def test_one_press_ends_it_on_the_page_of_whom_one_saw(scene: Scene, clock: FakeClock) -> None:
    browser = scene.looking()
    clock.forward(minutes=12)
    form = next(form for form in browser.get("/").forms.values() if form.action == "/view-as/stop")
    page = form.submit(status=303).follow()
    assert page.request.path == f"/admin/users/{scene.uids['jonas']}"
    assert "You see the library as" not in page.text
    browser.get(f"/m/{scene.hidden}", status=200)
    (start,), (stop,) = scene.lines("view-as.start"), scene.lines("view-as.stop")
    for line in (start, stop):
        assert line.actor == "Maren Aasen <maren@example.test>"
        assert line.target == "jonas@example.test"
    assert stop.detail == {"minutes": 12}
    assert form.submit(status=303).location.endswith("/")  # pressed again in another tab


def test_signing_out_ends_it(scene: Scene) -> None:
    browser = scene.looking()
    browser.post("/logout", {"csrf_token": token_of(browser)}, status=303)
    browser.get("/", status=303)
    with reading(scene.installation.sessions) as session:
        assert session.scalars(select(Viewpoint)).all() == []
    (out,) = scene.lines("sign-out")
    assert out.actor == "Maren Aasen <maren@example.test>"
    assert len(scene.lines("view-as.stop")) == 1


@pytest.mark.both_databases
def test_it_ends_by_itself_after_an_hour_and_the_log_says_so_once(scene: Scene, clock: FakeClock) -> None:
    browser = scene.looking()
    clock.forward(minutes=59, seconds=59)
    assert "You see the library as" in browser.get("/").text
    clock.forward(seconds=1)
    page = browser.get("/")
    assert "You see the library as" not in page.text
    assert "Maren Aasen" in page.text
    browser.get(f"/smedia/{scene.hidden}/play.mp4", status=200)
    for _twice in range(2):
        end_viewpoints(scene.installation)
    (stop,) = scene.lines("view-as.stop")
    assert stop.detail == {"minutes": 60}
    assert stop.actor == "Maren Aasen <maren@example.test>"


def as_herself(scene: Scene, browser: TestApp) -> bool:
    """Whether the browser is its own administrator's again; never the other person's."""
    page = browser.get("/")
    browser.get(f"/smedia/{scene.hidden}/play.mp4", status=200)
    browser.get(f"/m/{scene.hidden}", status=200)
    return "You see the library as" not in page.text and "Maren Aasen" in page.text


@pytest.mark.both_databases
def test_it_ends_when_the_other_is_disabled_or_becomes_an_administrator(scene: Scene) -> None:
    browser = scene.looking()
    with writing(scene.installation.sessions) as session:
        jonas = session.get_one(User, scene.people["jonas"].id)
        Accounts(session, scene.installation).change_user(user=jonas, name=jonas.name, admin=True, guest=False)
    assert as_herself(scene, browser)
    browser = scene.looking("leila")
    with writing(scene.installation.sessions) as session:
        leila = session.get_one(User, scene.people["leila"].id)
        Accounts(session, scene.installation).disable(user=leila)
    assert as_herself(scene, browser)


def test_it_ends_when_the_other_is_deleted(scene: Scene) -> None:
    browser = scene.looking("leila")
    with writing(scene.installation.sessions) as session:
        session.delete(session.get_one(User, scene.people["leila"].id))
    assert as_herself(scene, browser)


def test_who_is_no_administrator_any_more_goes_on_as_oneself(scene: Scene) -> None:
    browser = scene.looking()
    with writing(scene.installation.sessions) as session:
        maren = session.get_one(User, scene.people["maren"].id)
        Accounts(session, scene.installation).change_user(user=maren, name=maren.name, admin=False, guest=False)
    page = browser.get("/")
    assert "You see the library as" not in page.text
    assert "Maren Aasen" in page.text
    for hidden in (f"/m/{scene.item}", f"/smedia/{scene.item}/play.mp4", "/admin/users"):
        browser.get(hidden, status=404)


def test_a_mark_alone_that_the_verbs_did_not_set_lets_nobody_in(scene: Scene) -> None:
    """Were a row of `users` changed past the verbs, the session would be signed out, never the other person's."""
    browser = scene.looking()
    with writing(scene.installation.sessions) as session:
        session.get_one(User, scene.people["maren"].id).is_admin = False
    browser.get("/", status=303)
    browser.get(f"/smedia/{scene.item}/play.mp4", status=404)


def test_only_administrators_start_and_only_people_who_are_none_are_seen_as(scene: Scene) -> None:
    jonas = scene.browser("jonas")
    jonas.post(f"/view-as/{scene.uids['leila']}", {"csrf_token": token_of(jonas)}, status=404)
    maren = scene.browser("maren")
    token = token_of(maren)
    with writing(scene.installation.sessions) as session:
        Accounts(session, scene.installation).disable(user=session.get_one(User, scene.people["leila"].id))
    for name, why in (
        ("ada", "Administrators see everything."),
        ("maren", "This is you"),
        ("leila", "A disabled account sees nothing."),
    ):
        page = maren.post(f"/view-as/{scene.uids[name]}", {"csrf_token": token}, status=409)
        assert why in page.text
    maren.post(f"/view-as/{new_uid()}", {"csrf_token": token}, status=404)
    maren.post(f"/view-as/{scene.uids['jonas']}", {"csrf_token": "0" * 64}, status=403)
    maren.get(f"/view-as/{scene.uids['jonas']}", status=405)
    assert "You see the library as" not in maren.get("/").text
    assert scene.lines("view-as.start") == []


def test_only_the_browser_that_began_looks(scene: Scene) -> None:
    other = scene.browser("maren")
    scene.looking()
    assert "You see the library as" not in other.get("/").text
    other.get("/admin/users", status=200)


def test_the_page_of_a_person_and_the_answer_why_have_the_button(scene: Scene) -> None:
    maren = scene.browser("maren")
    for address in (f"/admin/users/{scene.uids['jonas']}", f"/f/{scene.folder}/access?person=jonas"):
        forms = maren.get(address).forms.values()
        assert [form for form in forms if form.action == f"/view-as/{scene.uids['jonas']}"], address
    forms = maren.get(f"/admin/users/{scene.uids['ada']}").forms.values()
    assert [form for form in forms if form.action.startswith("/view-as/")] == []


def test_a_second_view_takes_the_place_of_an_old_one_that_is_over(scene: Scene, clock: FakeClock) -> None:
    browser = scene.looking()
    clock.forward(seconds=timedelta(hours=1).total_seconds())
    browser.post(f"/view-as/{scene.uids['leila']}", {"csrf_token": token_of(browser)}, status=303)
    assert "You see the library as Leila Haddad." in browser.get("/").text
