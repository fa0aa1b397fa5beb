"""Moving items and folders: the effect before, the deed, the way back, and what is refused."""
from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Kind, State
from privmedia.library.paths import Paths
from privmedia.library.pointers import Pointers
from privmedia.library.rules import Rules
from privmedia.library.service import Library, Received
from tests.functional.access_site import Site
from tests.functional.visitors import token_of

pytestmark = pytest.mark.both_databases
THRUSTER = "Product training/Thruster T4"


@pytest.fixture
def brand(site: Site, installation: Installation) -> str:
    """A folder of another group of people; answers its public id."""
    with writing(installation.sessions) as session:
        return Paths(session, installation).make_folders("Brand kit")[-1].uid


@pytest.fixture
def maren(site: Site, brand: str) -> TestApp:
    """She manages what there is, and may add to the other folder; Jonas may watch there, and the group here."""
    site.set("Product training", site.user("maren"), Permission.MANAGE)
    site.set("Product training", "group:1", Permission.VIEW)
    site.set("Brand kit", site.user("maren"), Permission.MANAGE)
    site.set("Brand kit", site.user("oskar"), Permission.VIEW)
    return site.as_("maren")


def add_item(installation: Installation, path: str, title: str) -> str:
    with writing(installation.sessions) as session:
        received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
        folder = Paths(session, installation).folder(path)
        version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=None)
        version.item.shown, version.item.state = True, State.READY
        return received.uid


def chosen(app: TestApp, address: str, to: str) -> Any:
    """The page with the effect of a folder."""
    form = app.get(address).forms["choose-form"]
    form["to"] = to
    return form.submit()


def assert_whole(installation: Installation) -> None:
    with reading(installation.sessions) as session:
        assert Pointers(session, installation.clock).differences() == []


def test_who_loses_and_gains_sight_is_told_before_and_the_button_repeats_the_worst(
    site: Site, maren: TestApp, brand: str, installation: Installation
) -> None:
    page = chosen(maren, f"/m/{site.video}/move", brand)
    effect = page.html.select_one("section.effect")
    assert "Before 2 people, after 2" in effect.text
    assert [row.b.text for row in effect.select(".e")] == ["Service engineers", "Oskar Lund", "Maren Aasen"]
    assert "Move it, 1 person loses sight" in page.html.select_one("#move-form button").text
    assert "Leave it" in page
    assert site.as_("jonas").get(f"/m/{site.video}")
    answer = page.forms["move-form"].submit(status=303).follow()
    assert "“Main bearing” moved to Brand kit." in answer
    assert "1 person lost sight. 1 person gained sight." in answer
    assert answer.request.path == f"/m/{site.video}"
    assert site.as_("oskar").get(f"/m/{site.video}")
    site.as_("jonas").get(f"/m/{site.video}", status=404)
    assert_whole(installation)
    back = next(form for form in answer.forms.values() if form.action == "/move/back")
    assert "It is back where it was." in back.submit(status=303).follow()
    assert site.as_("jonas").get(f"/m/{site.video}")
    site.as_("oskar").get(f"/m/{site.video}", status=404)
    assert_whole(installation)


def test_rules_of_its_own_go_along(site: Site, maren: TestApp, brand: str, installation: Installation) -> None:
    site.set(f"{THRUSTER}/Main bearing", site.user("jonas"), Permission.DOWNLOAD)
    page = chosen(maren, f"/m/{site.video}/move", brand)
    assert "keeps View and Download" in page.html.select_one("section.effect").text
    page.forms["move-form"].submit(status=303)
    assert site.as_("jonas").get(f"/m/{site.video}")
    assert_whole(installation)


def test_a_folder_moves_with_all_in_it_and_never_into_itself(
    site: Site, maren: TestApp, brand: str, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        inner = Paths(session, installation).make_folders(f"{THRUSTER}/Drawings")[-1].uid
    site.set(f"{THRUSTER}/Drawings", site.user("jonas"), Permission.VIEW)
    page = maren.get(f"/f/{site.thruster}/move")
    offered = [radio["value"] for radio in page.html.select(".ftree input")]
    assert inner not in offered
    assert site.thruster not in offered
    assert page.html.select_one(f'.ftree input[value="{site.training}"]').has_attr("disabled")
    assert "cannot be moved into itself" in maren.get(f"/f/{site.thruster}/move?to={inner}")
    chosen(maren, f"/f/{site.thruster}/move", brand).forms["move-form"].submit(status=303)
    crumbs = maren.get(f"/f/{inner}").html.select_one(".crumbs").text
    assert "Brand kit" in crumbs
    assert "Thruster T4" in crumbs
    assert "Product training" not in crumbs
    assert_whole(installation)


def test_a_name_that_is_there_already_is_refused_in_a_sentence(
    site: Site, maren: TestApp, brand: str, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders("Brand kit/THRUSTER t4")
    page = chosen(maren, f"/f/{site.thruster}/move", brand)
    assert "There is a folder “Thruster T4” there already." in page
    assert "move-form" not in page.forms


def test_of_two_tabs_the_second_is_told_and_nothing_moves(
    site: Site, maren: TestApp, brand: str, installation: Installation
) -> None:
    first, second = (chosen(maren, f"/m/{site.video}/move", brand) for _tab in range(2))
    first.forms["move-form"].submit(status=303)
    refused = second.forms["move-form"].submit(status=409)
    assert "“Main bearing” was moved meanwhile. Nothing was moved now" in refused


def test_if_who_sees_it_there_changed_meanwhile_the_new_effect_is_shown(
    site: Site, maren: TestApp, brand: str
) -> None:
    page = chosen(maren, f"/m/{site.video}/move", brand)
    site.set("Brand kit", "group:1", Permission.VIEW)
    again = page.forms["move-form"].submit(status=409)
    assert "Who sees it there changed while this page was open." in again
    assert again.forms["move-form"].submit(status=303)


def test_who_may_only_edit_gives_themselves_nothing_by_moving(site: Site, brand: str) -> None:
    site.set("Product training", site.user("maren"), Permission.EDIT)
    site.set("Brand kit", site.user("maren"), Permission.MANAGE)
    page = chosen(site.as_("maren"), f"/m/{site.video}/move", brand)
    assert "There you could do more with “Main bearing” than you may now: Download and Manage." in page
    assert "move-form" not in page.forms


def test_folders_one_may_not_add_to_are_not_offered_and_not_taken(site: Site, maren: TestApp, brand: str) -> None:
    site.set("Brand kit", site.user("maren"), Permission.VIEW)
    page = maren.get(f"/m/{site.video}/move")
    assert brand not in [radio["value"] for radio in page.html.select(".ftree input")]
    assert "You may not add to that folder." in maren.get(f"/m/{site.video}/move?to={brand}")
    site.set("Brand kit", site.user("maren"), NOTHING, deny=True)
    hidden, missing = (maren.get(f"/m/{site.video}/move?to={uid}") for uid in (brand, new_uid()))
    assert hidden.html.main.text == missing.html.main.text
    assert "Choose a folder that you may add to." in hidden


def test_several_move_together_and_who_cannot_is_named(
    site: Site, maren: TestApp, brand: str, installation: Installation
) -> None:
    other = add_item(installation, THRUSTER, "Seal kit")
    closed = add_item(installation, THRUSTER, "Q3 town hall")
    hidden = add_item(installation, THRUSTER, "Secret")
    jonas = site.as_("jonas")
    site.set(THRUSTER, site.user("jonas"), Permission.MANAGE)
    site.set("Brand kit", site.user("jonas"), Permission.UPLOAD)
    for title, allow, deny in (("Q3 town hall", Permission.VIEW, False), ("Secret", NOTHING, True)):
        site.set(f"{THRUSTER}/{title}", site.user("jonas"), allow, deny)
    with writing(installation.sessions) as session:
        place = Paths(session, installation).place(f"{THRUSTER}/Q3 town hall")
        Rules(session, installation).set_inherits(place, False)
    address = "/move?" + "&".join(f"item={uid}" for uid in (site.video, other, closed, hidden, new_uid()))
    page = jonas.get(address)
    assert "2 of 3 can be moved. You cannot edit “Q3 town hall”. It stays as it is." in page.html.main.text
    assert "Secret" not in page
    answer = chosen(jonas, address, brand).forms["move-form"].submit(status=303).follow()
    assert "2 items moved to Brand kit." in answer
    pages = [site.as_("ada").get(f"/m/{uid}") for uid in (site.video, other, closed)]
    folders = [page.html.select(".crumbs a")[-1].text for page in pages]
    assert folders == ["Brand kit", "Brand kit", "Thruster T4"]
    assert_whole(installation)


def test_many_folders_are_found_by_name(site: Site, maren: TestApp, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        for number in range(230):
            Paths(session, installation).make_folders(f"Brand kit/Fair {number:03}")
    page = maren.get(f"/m/{site.video}/move")
    assert len(page.html.select(".ftree label")) == 200
    assert "more folders: find them by name." in page
    form = page.forms["choose-form"]
    form["q"] = "brand 229"
    found = form.submit().html.select(".ftree label span")
    assert "Brand kit / Fair 229" in [name.text for name in found]


def test_moving_back_says_the_same_of_what_is_hidden_missing_and_in_the_bin(
    site: Site, brand: str, installation: Installation
) -> None:
    hidden = [f"item:{site.video}", f"folder:{site.thruster}"]
    binned = [add_item(installation, "Brand kit", "Old logo")]
    with writing(installation.sessions) as session:
        binned.append(Paths(session, installation).make_folders("Brand kit/Old fonts")[-1].uid)
    site.set("Brand kit", site.user("maren"), Permission.EDIT)
    maren = site.as_("maren")
    for uid, letter in zip(binned, "mf", strict=True):
        maren.get(f"/{letter}/{uid}/delete").forms["delete-form"].submit(status=303).follow()
    gone = [f"item:{binned[0]}", f"folder:{binned[1]}"]
    missing = [f"item:{new_uid()}", f"folder:{new_uid()}"]
    for to in (brand, site.training, new_uid()):
        answers = set()
        for what in (*hidden, *gone, *missing):
            fields = {"csrf_token": token_of(maren), "was": f"{what}:{to}"}
            page = maren.post("/move/back", fields, status=303).follow()
            answers.add(page.html.main.text)
            assert "Main bearing" not in page
            assert "Thruster T4" not in page
        assert len(answers) == 1
        assert "There is nothing here." in answers.pop()
