"""Lists on the pages: filters and orders as addresses, grid and rows, stars, what is shared, and the tree."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from webtest import TestApp, TestResponse

from privmedia.access.permissions import Permission
from privmedia.access.principals import EVERYONE, user
from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, Kind, Star, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from tests.conftest import ADDRESS, FakeClock, Person

SignIn = Callable[[Person], TestApp]


class Shelf:
    """A library that a test fills."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation

    def folder(self, path: str) -> str:
        with writing(self.installation.sessions) as session:
            return Paths(session, self.installation).make_folders(path)[-1].uid

    def item(self, path: str, title: str, *, by: Person | None = None, **facts: Any) -> str:
        """An item that is ready; `facts` of its version or itself: duration=60, kind=Kind.AUDIO."""
        with writing(self.installation.sessions) as session:
            received = Received(
                uid=new_uid(),
                filename="a.mp4",
                media_type="video/mp4",
                size=facts.pop("size", 1),
                kind=facts.pop("kind", Kind.VIDEO),
            )
            version = Library(session, self.installation).add_item(
                folder=Paths(session, self.installation).folder(path),
                title=title,
                received=received,
                by=by.id if by else None,
            )
            version.item.state, version.item.shown = State.READY, True
            for name, value in facts.items():
                setattr(version.item if name in Item.__table__.columns else version, name, value)
            return received.uid

    def give(self, path: str, person: Person | None, allow: Permission = Permission.VIEW) -> None:
        with writing(self.installation.sessions) as session:
            place: Folder | Item = Paths(session, self.installation).place(path)
            Rules(session, self.installation).set(place, Wanted(user(person.id) if person else EVERYONE, allow))

    def take(self, path: str, person: Person) -> None:
        with writing(self.installation.sessions) as session:
            Rules(session, self.installation).clear(Paths(session, self.installation).place(path), user(person.id))


@pytest.fixture
def shelf(installation: Installation) -> Shelf:
    return Shelf(installation)


@pytest.fixture
def leila(make_person: Callable[..., Person]) -> Person:
    return make_person("leila@example.test", name="Leila Haddad")


@pytest.fixture
def jonas(make_person: Callable[..., Person]) -> Person:
    return make_person("jonas@example.test", name="Jonas Bakke")


def titles(page: TestResponse) -> list[str]:
    return [link.text for link in page.html.select("#items .ti a, #items th a.ink")]


def chips(page: TestResponse) -> list[str]:
    return [chip.get_text(" ", strip=True) for chip in page.html.select(".chips .chip")]


def star(app: TestApp, page: str, item: str, field: str = "star", **more: Any) -> TestResponse:
    """Press the star button on a page."""
    form = app.get(page).forms["star-form"]
    fields = {"csrf_token": form["csrf_token"].value, field: item}
    return app.post(form.action, fields, headers={"Referer": f"{ADDRESS}{page}", **more.pop("headers", {})}, **more)


def test_chips_filters_and_orders_are_links_that_go_together(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    shelf.item("Training", "Bearing", duration=60.0, size=3)
    shelf.item("Training", "anchor", duration=4000.0, size=1)
    shelf.item("Training", "Podcast", kind=Kind.AUDIO, size=2)
    app = sign_in(leila)
    page = app.get("/")
    assert titles(page) == ["Podcast", "anchor", "Bearing"]
    assert chips(page) == ["All", "Video 2", "Audio 1"]
    page = page.click("Video", href="kind=video")
    assert titles(page) == ["anchor", "Bearing"]
    form = next(form for form in page.forms.values() if "sort" in form.fields)
    form["sort"] = "title-down"
    page = form.submit()
    assert page.request.GET["kind"] == "video"
    assert titles(page) == ["Bearing", "anchor"]
    page = app.get("/?filter=on&kind=video")
    form = page.forms["filter-form"]
    form["length"] = "long"
    page = form.submit()
    assert titles(page) == ["anchor"]
    assert chips(page) == ["All", "Video", "Audio", "Images", "Documents"]
    assert titles(app.get("/?sort=largest")) == ["Bearing", "Podcast", "anchor"]
    assert titles(app.get("/?sort=longest")) == ["anchor", "Bearing", "Podcast"]


def test_items_are_found_by_who_added_them_tag_and_day(
    shelf: Shelf, leila: Person, jonas: Person, sign_in: SignIn, clock: FakeClock
) -> None:
    shelf.folder("Training")
    shelf.give("Training", None, Permission.EDIT)
    shelf.item("Training", "Old one", by=jonas, created_at=clock() - timedelta(days=3))
    new = shelf.item("Training", "New one", by=leila)
    app = sign_in(leila)
    form = app.get(f"/m/{new}/edit").forms["item-form"]
    form.set("tags", "Deck", index=0)
    form.submit(status=303)
    form = app.get("/recent?filter=on").forms["filter-form"]
    assert [text for _value, _chosen, text in form["by"].options] == ["Anybody", "Jonas Bakke", "Leila Haddad"]
    form["by"].select(text="Jonas Bakke")
    assert titles(form.submit()) == ["Old one"]
    assert titles(app.get("/recent?tag=DECK")) == ["New one"]
    assert titles(app.get("/recent?until=2026-11-21")) == ["Old one"]
    assert titles(app.get("/recent?since=2026-11-21&until=2026-11-23")) == ["New one"]
    assert "Nothing matches" in app.get("/recent?tag=crane")


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-02-30", "since=0001-01-01", "until=9999-12-31"])
def test_a_day_that_is_none_is_said_and_the_list_stays(
    query: str, shelf: Shelf, leila: Person, sign_in: SignIn
) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    shelf.item("Training", "Bearing")
    page = sign_in(leila).get(f"/recent?filter=on&{query}")
    assert "That is no day. Write it like 2026-11-30." in page
    assert titles(page) == ["Bearing"]


def test_what_cannot_be_meant_is_left_out(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    shelf.item("Training", "Bearing")
    app = sign_in(leila)
    for query in ("kind=hologram", "sort=0", "by=1", "length=x", "view=%27", "state=ready", "after=x&kind=video"):
        page = app.get(f"/?{query}")
        assert titles(page) == ([] if "after" in query else ["Bearing"])
    assert "The list ends here" in app.get("/?after=x")


def test_rows_are_remembered_by_the_browser(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    shelf.item("Training", "Bearing", duration=61.0, size=2_000_000)
    app = sign_in(leila)
    page = app.get("/").click("", href="view=list")
    row = [cell.get_text(" ", strip=True) for cell in page.html.select("#items td")]
    assert (titles(page), row[:4]) == (["Bearing"], ["Training", "Leila Haddad", "1:01", "2.0 MB"])
    assert app.get("/recent").html.select("table")
    app.get("/?view=grid")
    assert not app.get("/recent").html.select("table")


def test_rows_name_no_folder_that_one_cannot_see(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Secret project")
    shelf.item("Secret project", "Trailer")
    shelf.give("Secret project/Trailer", leila)
    page = sign_in(leila).get("/?view=list")
    assert titles(page) == ["Trailer"]
    assert "Secret project" not in page


def test_what_is_shared_apart_from_its_folder_is_counted_in_the_side_bar_and_paged(
    shelf: Shelf, leila: Person, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privmedia.library.list_views.CARDS", 2)
    monkeypatch.setattr("privmedia.library.list_views.FOLDERS_PAGE", 2)
    app = sign_in(leila)
    assert app.get("/").html.select_one('.snav a[href="/shared"] .tail') is None
    shelf.folder("Top")
    shelf.give("Top", leila)
    for name in ("One", "Two", "Three"):
        shelf.folder(f"Closed/{name}/Below")
        shelf.give(f"Closed/{name}", leila)
    shelf.item("Closed", "Alone")
    shelf.item("Closed", "Hidden")
    shelf.give("Closed/Alone", leila)
    assert app.get("/").html.select_one('.snav a[href="/shared"] .tail').get_text() == "4"
    page = app.get("/shared")
    assert len(page.html.select(".fcard")) == 2
    first = page.click("All folders")
    assert len(first.html.select(".fcard")) == 2
    rest = app.get(first.html.select_one("#more")["href"])
    assert [card.b.get_text() for card in rest.html.select(".fcard")] == ["Two"]
    assert rest.html.select_one("#more") is None
    shelf.give("Closed", leila)
    assert app.get("/").html.select_one('.snav a[href="/shared"] .tail') is None


def test_shared_with_me_is_what_lies_in_a_folder_one_cannot_see(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Closed/Opened")
    shelf.folder("Open")
    shelf.give("Closed/Opened", leila)
    shelf.give("Open", leila)
    for path, title in (("Closed", "Given alone"), ("Closed", "Not given"), ("Open", "In the library")):
        shelf.item(path, title)
    shelf.give("Closed/Given alone", leila)
    app = sign_in(leila)
    page = app.get("/shared")
    assert titles(page) == ["Given alone"]
    assert [card.b.text for card in page.html.select(".fcard")] == ["Opened"]
    assert "Closed" not in page
    assert titles(app.get("/")) == ["In the library", "Given alone"]


def test_an_administrator_reaches_everything_through_the_library(
    shelf: Shelf, make_person: Callable[..., Person], sign_in: SignIn
) -> None:
    shelf.folder("Closed/Inside")
    shelf.item("Closed", "Film")
    shelf.give("Closed/Film", None)
    page = sign_in(make_person("ada@example.test", admin=True)).get("/shared")
    assert "Nothing was shared with you apart from its folder" in page


def test_a_star_is_set_and_taken_off_and_leads_back(
    shelf: Shelf, leila: Person, jonas: Person, sign_in: SignIn, installation: Installation
) -> None:
    folder = shelf.folder("Training")
    shelf.give("Training", None)
    item = shelf.item("Training", "Bearing")
    app = sign_in(leila)
    assert "You have not starred anything yet" in app.get("/starred")
    back = star(app, f"/f/{folder}", item, status=303)
    assert back.location == f"{ADDRESS}/f/{folder}"
    assert titles(app.get("/starred")) == ["Bearing"]
    assert titles(sign_in(jonas).get("/starred")) == []
    star(app, f"/m/{item}", item, status=303)
    star(app, "/starred", item, "unstar", status=303)
    assert titles(app.get("/starred")) == []
    with reading(installation.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.like("item.%star")).order_by(Event.id)).all()
    assert kinds == ["item.star", "item.unstar"]


def test_with_script_only_the_button_comes_back(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    item = shelf.item("Training", "Bearing")
    button = star(sign_in(leila), "/", item, headers={"HX-Request": "true"}).html.button
    assert (button["name"], button["value"], button["aria-pressed"]) == ("unstar", item, "true")


def test_a_star_on_what_one_may_not_see_any_more_is_gone_without_a_trace(
    shelf: Shelf, leila: Person, sign_in: SignIn
) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    item = shelf.item("Training", "Bearing")
    app = sign_in(leila)
    never = app.get("/starred").html.main
    star(app, "/", item, status=303)
    shelf.take("Training", leila)
    assert app.get("/starred").html.main == never
    shelf.give("Training", leila)
    assert titles(app.get("/starred")) == ["Bearing"]


def test_what_one_may_not_see_cannot_be_starred_and_is_like_what_is_missing(
    shelf: Shelf, leila: Person, sign_in: SignIn, installation: Installation
) -> None:
    shelf.folder("Closed")
    item = shelf.item("Closed", "Board meeting")
    app = sign_in(leila)
    token = app.get("/login").follow().forms[1]["csrf_token"].value
    answers = [
        app.post("/starred", {"csrf_token": token, "star": uid}, status=404).body for uid in (item, new_uid(), "x", "")
    ]
    assert len(set(answers)) == 1
    app.post("/starred", {"csrf_token": "wrong", "star": item}, status=403)
    with reading(installation.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Star)) == 0


def test_my_uploads_say_what_is_not_ready(shelf: Shelf, leila: Person, sign_in: SignIn) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila, Permission.UPLOAD)
    shelf.item("Training", "Ready", by=leila)
    shelf.item("Training", "Broken", by=leila, state=State.FAILED, shown=False)
    shelf.item("Training", "Waiting", by=leila, state=State.WAITING, shown=False)
    page = sign_in(leila).get("/mine")
    assert chips(page) == ["In any state", "Being prepared 1", "Could not be prepared 1"]
    assert titles(page.click("Could not be prepared", href="state=failed")) == ["Broken"]


def test_an_item_whose_rules_take_nothing_over_is_a_draft(
    shelf: Shelf, leila: Person, sign_in: SignIn, installation: Installation
) -> None:
    shelf.folder("Training")
    shelf.give("Training", leila)
    shelf.item("Training", "Bearing")
    shelf.give("Training/Bearing", leila)
    with writing(installation.sessions) as session:
        Rules(session, installation).set_inherits(Paths(session, installation).place("Training/Bearing"), False)
    assert "Draft" in sign_in(leila).get("/").html.select_one("#items").text


def test_folders_beyond_the_cards_stand_on_a_page_of_their_own(
    shelf: Shelf, make_person: Callable[..., Person], sign_in: SignIn
) -> None:
    for number in range(100):
        shelf.folder(f"Folder {number:03}")
    inner = shelf.folder("Folder 000/Inside/Deep")
    app = sign_in(make_person("ada@example.test", admin=True))
    page = app.get("/")
    assert len(page.html.select(".fcard")) == 12
    page = page.click("All 102 folders")
    assert len(page.html.select(".fcard")) == 96
    last = page.click("Show more")
    assert [card.b.text for card in last.html.select(".fcard")] == [f"Folder {n:03}" for n in range(96, 100)]
    side = page.html.select_one("#tree")
    assert len(side.select("li")) == 61
    found = app.get("/folders?q=deep")
    assert found.html.select_one(f"main a[href='/f/{inner}']")
    assert "Folder 000 / Inside" in found
    assert "No folder you can open has “crane” in its name." in app.get("/folders?q=crane")


def test_a_folder_opened_in_the_tree_stays_open_in_this_browser(
    shelf: Shelf, leila: Person, sign_in: SignIn
) -> None:
    shelf.folder("Training/Thruster T4")
    shelf.folder("Training/Secret")
    shelf.give("Training", leila)
    with writing(shelf.installation.sessions) as session:
        secret = Paths(session, shelf.installation).folder("Training/Secret")
        Rules(session, shelf.installation).set_inherits(secret, False)
    app = sign_in(leila)
    page = app.get("/recent")
    assert "Thruster T4" not in page
    button = page.html.select_one("button.fold")
    fields = {"csrf_token": page.html.select_one("#tree [name=csrf_token]")["value"], "open": button["value"]}
    back = app.post("/side-bar", fields, headers={"Referer": f"{ADDRESS}/recent"}, status=303)
    assert back.location == f"{ADDRESS}/recent"
    assert "Thruster T4" in app.get("/mine")
    assert "Secret" not in app.get("/mine")
    fields["close"] = fields.pop("open")
    back = app.post("/side-bar", fields, headers={"Referer": "https://evil.example/recent"}, status=303)
    assert back.location == f"{ADDRESS}/"
    assert "Thruster T4" not in app.get("/mine")


def test_the_upload_form_finds_a_folder_by_name_and_offers_those_used_lately_first(
    shelf: Shelf, leila: Person, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privmedia.library.tree.MOST_TARGETS", 3)
    for name in ("Anchor", "Bearing", "Crane", "Deck", "Engine"):
        shelf.folder(name)
        shelf.give(name, leila, Permission.UPLOAD)
    shelf.item("Engine", "Film", by=leila)
    app = sign_in(leila)
    page = app.get("/upload/plain")
    groups = {
        group["label"]: [option.text.split(" (")[0] for option in group.select("option")]
        for group in page.html.select("#upload-folder optgroup")
    }
    assert groups == {"Used lately": ["Engine"], "Folders": ["Anchor", "Bearing", "Crane"]}
    form = page.forms["find-folder"]
    form["q"] = "dec"
    assert [option.text.split(" (")[0] for option in form.submit().html.select("#upload-folder option")] == ["Deck"]
    assert "No folder you may add to has “xyz” in its name." in app.get("/upload/plain?q=xyz")


def test_the_folder_that_is_named_can_be_chosen_however_many_there_are(
    shelf: Shelf, leila: Person, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privmedia.library.tree.MOST_TARGETS", 1)
    for name in ("Anchor", "Bearing", "Zinc"):
        last = shelf.folder(name)
        shelf.give(name, leila, Permission.UPLOAD)
    form = sign_in(leila).get(f"/upload/plain?folder={last}").forms["upload-form"]
    assert form["folder"].value == last
