"""The library's pages: what one sees, makes and names, and what others never learn of."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.access.principals import EVERYONE, user
from privmedia.access.service import Access
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import POSTER, SMALL_POSTER, File, Item, Kind, State, Version
from privmedia.library.paths import Paths
from privmedia.library.pointers import Pointers
from privmedia.library.service import Library, Received
from tests.conftest import Person


@pytest.fixture
def give(installation: Installation) -> Callable[..., None]:
    """Give somebody rights: `give("Training", leila, Permission.VIEW)`; None is everyone."""

    def given(path: str, person: Person | None, allow: Permission, *, deny: bool = False) -> None:
        with writing(installation.sessions) as session:
            place = Paths(session, installation).place(path)
            acl_id = Pointers(session, installation.clock).give_own(place)
            who = user(person.id) if person else EVERYONE
            Access(session, installation).set_rule(acl_id, who, allow=allow, deny=deny)

    return given


@pytest.fixture
def make_folder(installation: Installation) -> Callable[[str], str]:
    """Make folders by path; answers the public id of the last."""

    def made(path: str) -> str:
        with writing(installation.sessions) as session:
            return Paths(session, installation).make_folders(path)[-1].uid

    return made


@pytest.fixture
def make_item(installation: Installation) -> Callable[..., str]:
    """Enter an item that is ready, without a file; answers its public id."""

    def made(path: str, title: str, *, by: Person | None = None, shown: bool = True, poster: bool = False) -> str:
        with writing(installation.sessions) as session:
            received = Received(
                uid=new_uid(), filename=f"{title}.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO
            )
            version = Library(session, installation).add_item(
                folder=Paths(session, installation).folder(path),
                title=title,
                received=received,
                by=by.id if by else None,
            )
            version.item.state, version.item.shown = (State.READY, True) if shown else (State.PREPARING, False)
            for name in (POSTER, SMALL_POSTER) if poster else ():
                session.add(File(version_id=version.id, name=name, stored_as=name, media_type="image/webp", size=1))
            return received.uid

    return made


@pytest.fixture
def admin(make_person: Callable[..., Person]) -> Person:
    return make_person("ingrid@example.test", name="Ingrid Solheim", admin=True)


@pytest.fixture
def member(make_person: Callable[..., Person]) -> Person:
    return make_person("jonas@example.test", name="Jonas Bakke")


SignIn = Callable[[Person], TestApp]


def test_an_empty_library_tells_an_administrator_how_to_begin(admin: Person, sign_in: SignIn) -> None:
    page = sign_in(admin).get("/")
    assert "Start your library" in page
    made = next(form for form in page.forms.values() if "name" in form.fields)
    made["name"] = "Product training"
    folder = made.submit(status=303).follow()
    assert folder.html.h1.text == "Product training"


def test_an_empty_library_tells_a_member_whom_to_ask(member: Person, sign_in: SignIn) -> None:
    assert "Nothing has been shared with you yet" in sign_in(member).get("/")


def test_a_member_sees_only_what_is_open_to_him(
    member: Person, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    make_folder("Open")
    make_folder("Closed")
    make_item("Open", "Harbour tour")
    make_item("Closed", "Board meeting")
    give("Open", member, Permission.VIEW)
    page = sign_in(member).get("/")
    assert "Harbour tour" in page
    assert "1 item in 1 folder" in page
    assert "Closed" not in page
    assert "Board meeting" not in page


def test_missing_and_denied_are_one_page_to_the_byte(
    member: Person, sign_in: SignIn, make_folder: Any, make_item: Any
) -> None:
    folder, item = make_folder("Closed"), ""
    item = make_item("Closed", "Board meeting")
    app = sign_in(member)
    for kind, denied in (("f", folder), ("m", item)):
        for tail in ("", "/edit", "/access"):
            there, nowhere = (app.get(f"/{kind}/{uid}{tail}", status=404) for uid in (denied, new_uid()))
            assert there.body == nowhere.body
            assert there.headerlist == nowhere.headerlist
            app.get(f"/{kind}/no-id{tail}", status=404)
            posted = [app.post(f"/{kind}/{uid}{tail}", status="*").status_int for uid in (denied, new_uid())]
            assert posted[0] == posted[1]


def test_strangers_are_sent_to_sign_in_whatever_the_address(testapp: TestApp, make_folder: Any) -> None:
    uid = make_folder("Closed")
    for address in (f"/f/{uid}", f"/f/{new_uid()}", f"/m/{new_uid()}", "/recent"):
        answer = testapp.get(address, status=303)
        assert "/login?next=%2F" in answer.location


def test_a_folder_within_a_closed_one_stands_at_the_top(
    member: Person, sign_in: SignIn, make_folder: Any, give: Any
) -> None:
    inner = make_folder("Closed/Open")
    give("Closed/Open", member, Permission.VIEW)
    app = sign_in(member)
    assert f"/f/{inner}" in app.get("/")
    page = app.get(f"/f/{inner}")
    assert "Closed" not in page


def test_a_drop_box_shows_only_ones_own(
    member: Person, make_person: Any, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    other = make_person("ewa@example.test")
    folder = make_folder("Drop box")
    give("Drop box", None, Permission.UPLOAD)
    make_item("Drop box", "Mine", by=member)
    theirs = make_item("Drop box", "Theirs", by=other)
    app = sign_in(member)
    page = app.get(f"/f/{folder}")
    assert "Mine" in page
    assert "Theirs" not in page
    app.get(f"/m/{theirs}", status=404)


def test_until_it_is_prepared_only_the_uploader_and_editors_see_an_item(
    member: Person, make_person: Any, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    editor = make_person("leila@example.test")
    folder = make_folder("Training")
    give("Training", member, Permission.VIEW)
    give("Training", editor, Permission.EDIT)
    item = make_item("Training", "Not yet", shown=False)
    assert "Not yet" not in sign_in(member).get(f"/f/{folder}")
    sign_in(member).get(f"/m/{item}", status=404)
    assert "Making the playable copies" in sign_in(editor).get(f"/m/{item}")


def test_a_name_can_be_taken_once_in_a_folder_whatever_its_case(
    admin: Person, sign_in: SignIn, make_folder: Any
) -> None:
    make_folder("Straße")
    form = sign_in(admin).get("/f/top/new").forms["folder-form"]
    form["name"] = "STRASSE"
    answer = form.submit(status=422)
    assert "There is a folder “STRASSE” here already." in answer
    assert answer.forms["folder-form"]["name"].value == "STRASSE"


@pytest.mark.parametrize("name", ["", "   ", "a/b", "x" * 201])
def test_a_bad_folder_name_comes_back_with_a_sentence(name: str, admin: Person, sign_in: SignIn) -> None:
    form = sign_in(admin).get("/f/top/new").forms["folder-form"]
    form["name"] = name
    answer = form.submit(status=422)
    assert answer.html.select_one(".invalid-feedback")


def test_an_editor_renames_a_folder_and_describes_an_item(
    member: Person, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    folder = make_folder("Trainning")
    give("Trainning", member, Permission.EDIT)
    item = make_item("Trainning", "bearing_final_2")
    app = sign_in(member)
    form = app.get(f"/f/{folder}/edit").forms["folder-form"]
    form["name"] = "Training"
    assert form.submit(status=303).follow().html.h1.text == "Training"
    form = app.get(f"/m/{item}/edit").forms["item-form"]
    form["title"] = "Replacing the <main> bearing"
    form["description"] = "Warm the housing first."
    page = form.submit(status=303).follow()
    assert page.html.h1.text == "Replacing the <main> bearing"
    assert "Warm the housing first." in page


def test_somebody_with_view_alone_is_told_so_when_he_tries_to_edit(
    member: Person, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    folder = make_folder("Training")
    give("Training", member, Permission.VIEW)
    item = make_item("Training", "Bearing")
    app = sign_in(member)
    for address in (f"/f/{folder}/edit", f"/f/{folder}/new", f"/m/{item}/edit", f"/m/{item}/access"):
        assert "You do not have access to this" in app.get(address, status=403)


def test_more_than_a_page_of_items_goes_on_with_a_link(
    admin: Person, sign_in: SignIn, make_folder: Any, make_item: Any
) -> None:
    folder = make_folder("Many")
    for number in range(50):
        make_item("Many", f"Clip {number:02}")
    first = sign_in(admin).get(f"/f/{folder}")
    assert "Clip 49" in first
    assert "Clip 01" not in first
    second = first.click("Show 2 more")
    assert "Clip 01" in second
    assert "Clip 02" not in second


def test_the_page_says_who_can_see_it(
    member: Person, admin: Person, sign_in: SignIn, make_folder: Any, give: Any
) -> None:
    folder = make_folder("Training/Thruster")
    app = sign_in(admin)
    assert "Only administrators can see this." in app.get(f"/f/{folder}")
    give("Training", member, Permission.VIEW)
    assert "1 person can see this folder" in app.get(f"/f/{folder}")
    assert "Jonas Bakke, from Training." in app.get(f"/f/{folder}")
    assert "Only you can see this (and administrators)." in sign_in(member).get(f"/f/{folder}")


def test_an_item_in_a_closed_folder_does_not_name_the_folder(
    member: Person, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any, installation: Installation
) -> None:
    make_folder("Secret project")
    item = make_item("Secret project", "Trailer")
    give("Secret project/Trailer", member, Permission.VIEW)
    page = sign_in(member).get(f"/m/{item}")
    assert "Trailer" in page
    assert "Secret project" not in page
    with reading(installation.sessions) as session:
        assert session.query(Item).count() == session.query(Version).count() == 1


def test_a_forged_form_is_refused_before_anything_else(admin: Person, sign_in: SignIn) -> None:
    app = sign_in(admin)
    app.post("/f/top/new", {"name": "Forged"}, status=403)
    form = app.get("/f/top/new").forms["folder-form"]
    form["name"] = "Forged"
    assert "no longer valid" in form.submit(headers={"Sec-Fetch-Site": "cross-site"}, status=403)
    assert "no longer valid" in form.submit(headers={"Origin": "https://evil.example"}, status=403)
    form.submit(headers={"Origin": "http://media.example.test", "Sec-Fetch-Site": "same-origin"}, status=303)


def test_a_limit_of_a_playable_item_is_said_on_its_page(
    admin: Person, sign_in: SignIn, make_folder: Any, make_item: Any, installation: Installation
) -> None:
    make_folder("Training")
    item = make_item("Training", "Bearing")
    with writing(installation.sessions) as session:
        Library(session, installation).item(item).reason = "Some browsers cannot play HEVC."
    assert "Some browsers cannot play HEVC." in sign_in(admin).get(f"/m/{item}")


def test_a_page_after_an_item_one_may_not_see_is_like_one_after_nothing(
    member: Person, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    make_folder("Training")
    make_folder("Board")
    give("Training", member, Permission.VIEW)
    make_item("Training", "Older")
    hidden, seen = make_item("Board", "Minutes"), make_item("Training", "Newer")
    app = sign_in(member)
    assert "Older" in app.get(f"/recent?after={seen}")
    for address in ("/", "/recent", "/mine"):
        # Forms on the page lead back to its own address.
        none = new_uid()
        missing = app.get(address, {"after": none}).text.replace(none, "-")
        assert app.get(address, {"after": hidden}).text.replace(hidden, "-") == missing


def test_a_folders_card_says_whom_it_is_for(
    admin: Person, member: Person, sign_in: SignIn, make_folder: Any, give: Any
) -> None:
    for name in ("For all", "For one", "For nobody"):
        make_folder(name)
    give("For all", None, Permission.VIEW)
    give("For one", member, Permission.VIEW)
    cards = [card.get_text(" ", strip=True) for card in sign_in(admin).get("/").html.select(".fcard")]
    assert cards == ["For all empty · Everyone", "For nobody empty · Administrators", "For one empty · Jonas Bakke"]


def test_a_folder_without_pictures_shows_those_of_the_folders_inside_that_one_may_see(
    admin: Person, member: Person, sign_in: SignIn, make_folder: Any, make_item: Any, give: Any
) -> None:
    for path in ("Training/Bridge", "Training/Closed", "Training/Thruster", "Own/Inside", "Own/Without"):
        make_folder(path)
    old, new = (make_item("Training/Bridge", title, poster=True) for title in ("Old", "New"))
    closed = make_item("Training/Closed", "Closed", poster=True)
    thruster = make_item("Training/Thruster", "T4", poster=True)
    below, own = make_item("Own/Inside", "Below", poster=True), make_item("Own", "Own", poster=True)
    give("Training", member, Permission.VIEW)
    give("Own", member, Permission.VIEW)
    give("Training/Closed", member, Permission(0), deny=True)

    def pictures(person: Person) -> dict[str, list[str]]:
        cards = sign_in(person).get("/").html.select(".fcard")
        return {card.b.text: [image["src"].split("/")[2] for image in card.select("img")] for card in cards}

    assert pictures(member) == {"Training": [new, thruster, old], "Own": [own]}
    assert pictures(admin) == {"Training": [new, closed, thruster], "Own": [own]}
    assert below not in str(pictures(admin))
