"""Several items at once: the bar's form, what cannot be done named, and each done with all the others."""
from __future__ import annotations

import pytest
from webtest import TestApp

from privmedia.access.permissions import Permission
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Kind, State
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.organising.selection import MOST
from tests.functional.access_site import Site
from tests.functional.visitors import token_of

THRUSTER = "Product training/Thruster T4"


@pytest.fixture
def three(site: Site, installation: Installation) -> list[str]:
    """Two items Maren may edit, and one she may only see."""
    uids = []
    with writing(installation.sessions) as session:
        for path, title in ((THRUSTER, "Seal kit"), ("Product training", "Q3 town hall")):
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            folder = Paths(session, installation).folder(path)
            version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=None)
            version.item.shown, version.item.state = True, State.READY
            uids.append(received.uid)
    site.set("Product training", site.user("maren"), Permission.VIEW)
    site.set(THRUSTER, site.user("maren"), Permission.EDIT)
    return [site.video, *uids]


def select(app: TestApp, uids: list[str], do: str) -> TestApp:
    """Tick items in the list of everything, and press a button of the bar."""
    page = app.get("/recent")
    form = page.forms["bulk-form"]
    for box in form.fields["item"]:
        box.checked = box._value in uids
    return form.submit("do", value=do, status=303).follow()


def test_the_bar_deletes_what_may_be_deleted_and_names_the_rest(site: Site, three: list[str]) -> None:
    maren = site.as_("maren")
    page = select(maren, three, "delete")
    assert "2 of 3 can be deleted. You cannot edit “Q3 town hall”. It stays as it is." in page.html.main.text
    assert "Delete 2 items?" in page.html.h1.text
    done = page.forms["delete-form"].submit(status=303).follow()
    assert "2 items are in the bin." in done
    assert "They stay there for 30 days." in done
    assert [maren.get(f"/m/{uid}", status="*").status_int for uid in three] == [404, 404, 200]
    undo = next(form for form in done.forms.values() if form.action == "/bin/undo")
    again = undo.submit(status=303).follow()
    assert "2 items are back." in again
    assert again.request.path == "/recent"
    assert [maren.get(f"/m/{uid}", status="*").status_int for uid in three] == [200, 200, 200]


def test_the_bar_tags_several_and_each_keeps_its_own(site: Site, three: list[str]) -> None:
    maren = site.as_("maren")
    form = select(maren, three[:1], "tag").forms["tag-form"]
    form.fields["tags"][0].value = "T4"
    form.submit(status=303)
    form = select(maren, three, "tag").forms["tag-form"]
    form.fields["tags"][0].value = "bearing, t4"
    assert "2 tagged." in form.submit(status=303).follow()
    tags = [[tag.text for tag in maren.get(f"/m/{uid}").html.select(".tags .tag")] for uid in three]
    assert tags == [["bearing", "T4"], ["bearing", "t4"], []]


def test_a_selection_of_one_is_moved_as_well(site: Site, three: list[str], installation: Installation) -> None:
    with writing(installation.sessions) as session:
        other = Paths(session, installation).make_folders("Brand kit")[-1].uid
    site.set("Brand kit", site.user("maren"), Permission.EDIT)
    maren = site.as_("maren")
    form = select(maren, three[:1], "move").forms["choose-form"]
    form["to"] = other
    done = form.submit().forms["move-form"].submit(status=303).follow()
    assert "“Main bearing” moved to Brand kit." in done
    assert done.request.path == "/recent"
    undo = next(form for form in done.forms.values() if form.action == "/move/back")
    assert undo.submit(status=303).follow().request.path == "/recent"


def test_if_nothing_can_be_done_the_page_says_so(site: Site, three: list[str]) -> None:
    maren = site.as_("maren")
    page = select(maren, three[2:], "move")
    assert "It cannot be moved. You cannot edit “Q3 town hall”." in page.html.main.text
    assert "move-form" not in page.forms


def test_what_one_may_not_see_was_never_selected(site: Site, three: list[str]) -> None:
    jonas = site.as_("jonas")
    for do in ("move", "tag", "delete"):
        hidden, missing = (jonas.get(f"/{do}?item={uid}", status=404) for uid in (three[0], new_uid()))
        assert hidden.body == missing.body


def test_without_a_selection_the_bar_says_so(site: Site, three: list[str]) -> None:
    assert "Nothing was selected." in site.as_("maren").get("/selection?do=move", status=303).follow()


@pytest.fixture
def many(site: Site, installation: Installation) -> list[str]:
    """As many items as can be changed at once."""
    with writing(installation.sessions) as session:
        folder, library = Paths(session, installation).folder(THRUSTER), Library(session, installation)
        uids = []
        for number in range(MOST):
            received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
            version = library.add_item(folder=folder, title=f"Take {number}", received=received, by=None)
            version.item.shown, version.item.state = True, State.READY
            uids.append(received.uid)
    return uids


def test_as_many_as_go_at_once_are_deleted_and_the_page_says_so_without_undo(site: Site, many: list[str]) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.EDIT)
    maren = site.as_("maren")
    fields = [("csrf_token", token_of(maren)), *(("item", uid) for uid in many)]
    done = maren.post("/delete", fields, status=303).follow()
    assert f"{MOST} items are in the bin. They stay there for 30 days." in done
    assert "/bin/undo" not in [form.action for form in done.forms.values()]
    maren.get(f"/m/{many[0]}", status=404)


def test_as_many_as_go_at_once_are_moved(site: Site, many: list[str], installation: Installation) -> None:
    with writing(installation.sessions) as session:
        other = Paths(session, installation).make_folders("Brand kit")[-1].uid
    for path in (THRUSTER, "Brand kit"):
        site.set(path, site.user("maren"), Permission.EDIT)
    maren = site.as_("maren")
    page = maren.get("/move?" + "&".join(f"item={uid}" for uid in many) + f"&to={other}")
    done = page.forms["move-form"].submit(status=303).follow()
    assert f"{MOST} items moved to Brand kit." in done
    assert "/move/back" not in [form.action for form in done.forms.values()]


def test_what_cannot_be_undone_of_many_is_said_once(site: Site, many: list[str]) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.VIEW)
    maren = site.as_("maren")
    token = ("csrf_token", token_of(maren))
    wanted = [f"item:{uid}:{site.training}" for uid in (*many[:99], *(new_uid() for _gone in range(101)))]
    site.set("Product training", site.user("maren"), Permission.UPLOAD)
    page = maren.post("/move/back", [token, *(("was", one) for one in wanted)], status=303).follow()
    said = [alert.text.strip() for alert in page.html.select(".flashes > *")]
    assert said == ["You cannot edit “Take 0”.", "There is nothing here."]
    gone = [("deletion", new_uid()) for _gone in range(MOST)]
    page = maren.post("/bin/undo", [token, *gone], status=303).follow()
    assert len(page.html.select(".flashes > *")) == 1


@pytest.mark.parametrize("do", ["move", "download", "share", "tag", "delete"])
def test_every_page_of_the_bar_leads_back_to_the_very_list(site: Site, three: list[str], do: str) -> None:
    maren = site.as_("maren")
    address = f"/f/{site.thruster}?sort=title&kind=video"
    form = maren.get(address).forms["bulk-form"]
    form.fields["item"][0].checked = True
    page = form.submit("do", value=do, status=303).follow()
    assert [link["href"] for link in page.html.select("main a") if link["href"] == address] != []


def test_what_was_deleted_and_tagged_leads_back_to_the_list_with_its_filters(site: Site, three: list[str]) -> None:
    maren = site.as_("maren")
    address = "/recent?kind=video&sort=title"
    for do, name, fill in (("tag", "tag-form", {"tags": "T4"}), ("delete", "delete-form", {})):
        form = maren.get(address).forms["bulk-form"]
        for box in form.fields["item"]:
            box.checked = box._value == three[1]
        asked = form.submit("do", value=do, status=303).follow().forms[name]
        for field, value in fill.items():
            asked.fields[field][-1].value = value
        assert asked.submit(status=303).location == f"http://media.example.test{address}"


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_no_list_is_on_another_site(site: Site, three: list[str], back: str) -> None:
    maren = site.as_("maren")
    maren.get("/tag", {"item": three[1], "back": back})
    answer = maren.post("/delete", {"csrf_token": token_of(maren), "item": three[1], "back": back}, status=303)
    assert answer.location == "http://media.example.test/"


def test_the_bar_shares_what_one_manages_with_a_link_to_each(site: Site, three: list[str]) -> None:
    maren = site.as_("maren")
    site.set(THRUSTER, site.user("maren"), Permission.MANAGE)
    page = select(maren, three, "share")
    assert "2 of 3 can be shared. You do not manage “Q3 town hall”." in page.html.main.text
    form = page.forms["share-form"]
    assert "What is this link for?" in form.submit(status=422)
    form["name"] = "Class surveyor"
    done = form.submit(status=200)
    lines = done.html.select_one("#new-links").text.split("\n")
    assert len(lines) == 4
    assert {lines[0], lines[2]} == {"Main bearing", "Seal kit"}
    assert all("/s/" in line for line in (lines[1], lines[3]))
    assert done.headers["Cache-Control"] == "no-store"
    assert maren.get("/links").text.count("Class surveyor") >= 2


def test_who_manages_nothing_of_it_shares_nothing(site: Site, three: list[str]) -> None:
    maren = site.as_("maren")
    page = select(maren, three, "share")
    assert "None of the 3 can be shared." in page.html.main.text
    form = {"csrf_token": token_of(maren), "item": three[0], "name": "x", "lasts": "7"}
    assert "It cannot be shared." in maren.post("/share", form, status=422)
    assert "Nothing is shared outside" in site.as_("ada").get("/admin/links?show=all")
