"""The bin: what is deleted is gone at once, waits for who may bring it back, and goes for good with its files."""
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select, text, update
from webtest import TestApp

from privmedia.access.permissions import NOTHING, Permission
from privmedia.accounts.identity import as_identity
from privmedia.accounts.models import User
from privmedia.db import WITH_BIN, reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.effect import Effect
from privmedia.library.effects import Effects
from privmedia.library.models import Deletion, Folder, Item, Kind, Leftover, State
from privmedia.library.paths import Paths
from privmedia.library.pointers import Pointers
from privmedia.library.rules import Rules
from privmedia.library.service import DEEPEST, Library, Received
from privmedia.operations.check import check
from privmedia.organising.jobs import empty_in_time, remove_leftovers, take_apart
from tests.conftest import FakeClock
from tests.functional.access_site import Site
from tests.functional.visitors import token_of
from tests.shared_links import make_link

pytestmark = pytest.mark.both_databases
THRUSTER = "Product training/Thruster T4"


@pytest.fixture
def editor(site: Site) -> TestApp:
    site.set(THRUSTER, site.user("maren"), Permission.EDIT)
    return site.as_("maren")


def delete(app: TestApp, address: str) -> Any:
    return app.get(f"{address}/delete").forms["delete-form"].submit(status=303)


def titles(app: TestApp) -> list[str]:
    return [title.text for title in app.get("/bin").html.select("table.bin th b")]


def restore(app: TestApp) -> Any:
    page = app.get("/bin")
    form = next(form for number, form in page.forms.items() if "/restore" in form.action)
    return form.submit(status=303).follow()


def add_item(installation: Installation, path: str, title: str, by: int | None = None) -> str:
    """An item with a file on the disk."""
    uid = new_uid()
    with installation.storage.receive() as incoming:
        incoming.write(b"abcd")
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    with writing(installation.sessions) as session:
        received = Received(uid=uid, filename="a.mp4", media_type="video/mp4", size=4, kind=Kind.VIDEO)
        folder = Paths(session, installation).folder(path)
        version = Library(session, installation).add_item(folder=folder, title=title, received=received, by=by)
        version.item.shown, version.item.state = True, State.READY
    installation.storage.settle(uid, 1)
    return uid


def work(installation: Installation) -> None:
    """Everything a worker would do now with what leaves the bin."""
    empty_in_time(installation)
    for _round in range(20):
        with writing(installation.sessions) as session:
            leaving = session.scalars(select(Deletion.id).where(Deletion.leaving)).all()
            for number in leaving:
                take_apart(session, installation, number)
        remove_leftovers(installation)


def assert_whole(installation: Installation) -> None:
    with reading(installation.sessions) as session:
        assert Pointers(session, installation.clock).differences() == []


def test_what_is_deleted_is_nowhere_any_more_and_comes_back_with_its_address(site: Site, editor: TestApp) -> None:
    admin = site.as_("ada")
    pages = ("/", "/recent", f"/f/{site.thruster}", "/search?q=bearing")
    assert all("Main bearing" in admin.get(page).html.main.text for page in pages)
    page = editor.get(f"/m/{site.video}/delete")
    assert "Delete “Main bearing”?" in page
    assert "1 person can see it now" in page
    answer = delete(editor, f"/m/{site.video}").follow()
    assert answer.request.path == f"/f/{site.thruster}"
    assert "“Main bearing” is in the bin." in answer
    for app in (editor, admin):
        for tail in ("", "/edit", "/access", "/delete"):
            gone, missing = (app.get(f"/m/{uid}{tail}", status=404) for uid in (site.video, new_uid()))
            assert gone.body == missing.body
        for address in pages:
            assert "Main bearing" not in app.get(address).html.main.text.replace("“Main bearing” is in the bin", "")
    assert titles(editor) == titles(admin) == ["Main bearing"]
    assert "“Main bearing” is back." in restore(editor)
    assert editor.get(f"/m/{site.video}").html.h1.text == "Main bearing"
    assert titles(editor) == []


def test_links_to_it_stop_with_it_and_work_again_with_it(site: Site, editor: TestApp, browser: Any) -> None:
    by_item = make_link(site.installation, site.video, site.people["ada"].id)
    by_folder = make_link(site.installation, site.thruster, site.people["ada"].id, folder=True)
    visitors = {link.uid: browser() for link in (by_item, by_folder)}
    for link in (by_item, by_folder):
        visitors[link.uid].set_cookie("visit", link.visit)

    def statuses() -> list[int]:
        return [visitor.get(f"/link/{uid}", status="*").status_int for uid, visitor in visitors.items()]

    assert "1 link stops now." in editor.get(f"/m/{site.video}/delete")
    assert "2 links stop now." in editor.get(f"/f/{site.thruster}/delete")
    assert statuses() == [200, 200]
    delete(editor, f"/f/{site.thruster}")
    assert statuses() == [410, 410]
    restore(editor)
    assert statuses() == [200, 200]


def test_undo_beside_what_was_said_brings_it_back(site: Site, editor: TestApp) -> None:
    page = delete(editor, f"/m/{site.video}").follow()
    undo = next(form for form in page.forms.values() if form.action == "/bin/undo")
    assert undo.submit(status=303).follow().request.path == f"/m/{site.video}"


def test_a_folder_takes_its_content_along_and_brings_the_same_back(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders(f"{THRUSTER}/Drawings")
    inner = add_item(installation, f"{THRUSTER}/Drawings", "Section A")
    other = add_item(installation, THRUSTER, "Deleted before")
    delete(editor, f"/m/{other}")
    answer = delete(editor, f"/f/{site.thruster}").follow()
    assert "Thruster T4" not in [link.text for link in answer.html.select(".fcard b")]
    for uid in (site.video, inner, other):
        editor.get(f"/m/{uid}", status=404)
    assert titles(editor) == ["Deleted before", "Thruster T4"]
    assert "2 items" in editor.get("/bin").html.select_one("table.bin").text
    with writing(installation.sessions) as session:
        gone = session.scalars(select(Deletion).order_by(Deletion.id.desc())).first()
        assert gone is not None
    editor.post(f"/bin/{gone.uid}/restore", {"csrf_token": token_of(editor)}, status=303)
    assert [editor.get(f"/m/{uid}", status="*").status_int for uid in (site.video, inner, other)] == [200, 200, 404]
    assert_whole(installation)


def test_a_name_that_was_taken_meanwhile_is_given_a_number(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    delete(editor, f"/f/{site.thruster}")
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders(THRUSTER)
    assert "It is back as “Thruster T4 (2)”: its old name was taken meanwhile." in restore(editor)
    assert editor.get(f"/f/{site.thruster}").html.h1.text == "Thruster T4 (2)"


def test_a_folder_with_something_one_may_not_edit_stays(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders(f"{THRUSTER}/Closed")
    site.set(f"{THRUSTER}/Closed", site.user("maren"), NOTHING, deny=True)
    page = editor.get(f"/f/{site.thruster}/delete")
    assert "you may not change it" in page
    assert "Closed" not in page
    assert "delete-form" not in page.forms
    editor.post(f"/f/{site.thruster}/delete", {"csrf_token": token_of(editor)}, status=403)
    assert editor.get(f"/m/{site.video}")


def test_nobody_sees_in_the_bin_what_rules_gave_them_only_later(site: Site, editor: TestApp) -> None:
    site.set("Product training", site.user("jonas"), Permission.VIEW)
    delete(editor, f"/m/{site.video}")
    jonas = site.as_("jonas")
    assert titles(jonas) == []
    site.set("Product training", site.user("jonas"), Permission.MANAGE)
    assert titles(jonas) == []
    assert "The bin is empty" in jonas.get("/bin")
    (deletion,) = deletions(site.installation)
    missing = new_uid()
    for tail in ("restore", "delete"):
        denied, nothing = (
            jonas.post(f"/bin/{uid}/{tail}", {"csrf_token": token_of(jonas)}, status=404) for uid in (deletion, missing)
        )
        assert denied.body.replace(deletion.encode(), b"") == nothing.body.replace(missing.encode(), b"")


def test_who_lost_the_right_since_does_not_see_it_either(site: Site, editor: TestApp) -> None:
    delete(editor, f"/m/{site.video}")
    site.set(THRUSTER, site.user("maren"), Permission.VIEW)
    assert titles(editor) == []


def test_who_uploaded_into_a_drop_box_finds_their_own(site: Site, installation: Installation) -> None:
    site.set(THRUSTER, site.user("oskar"), Permission.UPLOAD)
    uid = add_item(installation, THRUSTER, "From outside", by=site.people["oskar"].id)
    oskar = site.as_("oskar")
    assert delete(oskar, f"/m/{uid}").status_int == 303
    assert titles(oskar) == ["From outside"]
    assert "Product training" not in oskar.get("/bin")


def deletions(installation: Installation) -> list[str]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Deletion.uid).order_by(Deletion.id)))


def test_only_who_manages_it_deletes_for_good_and_the_files_go_after_the_rows(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    uid = add_item(installation, THRUSTER, "Old take")
    delete(editor, f"/m/{uid}")
    (deletion,) = deletions(installation)
    assert f"/bin/{deletion}/delete" not in editor.get("/bin")
    editor.post(f"/bin/{deletion}/delete", {"csrf_token": token_of(editor)}, status=403)
    site.set(THRUSTER, site.user("maren"), Permission.MANAGE)
    editor.post(f"/bin/{deletion}/delete", {"csrf_token": token_of(editor)}, status=403)
    admin = site.as_("ada")
    page = admin.get(f"/bin/{deletion}/delete")
    assert "Delete “Old take” for good?" in page
    page.forms["purge-form"].submit(status=303)
    assert titles(admin) == []
    folder = installation.storage.version_folder(uid, 1)
    assert folder.exists()
    work(installation)
    assert not folder.parent.exists()
    with reading(installation.sessions) as session:
        gone = select(Item.id).where(Item.uid == uid)
        assert session.scalar(gone, execution_options=WITH_BIN) is None
        assert session.scalars(select(Leftover)).all() == []
    assert_whole(installation)
    assert admin.get(f"/m/{site.video}")


@pytest.fixture
def closed(site: Site, installation: Installation) -> str:
    """An item in a folder of its own rules below one of Maren's, which she does not see; answers its id."""
    with writing(installation.sessions) as session:
        inner = Paths(session, installation).make_folders(f"{THRUSTER}/Closed")[-1]
        Rules(session, installation).set_inherits(inner, False)
    return add_item(installation, f"{THRUSTER}/Closed", "Secret")


def test_who_manages_a_folder_but_not_all_that_went_with_it_does_not_delete_it_for_good(
    site: Site, closed: str, installation: Installation
) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.MANAGE)
    maren, admin = site.as_("maren"), site.as_("ada")
    delete(admin, f"/f/{site.thruster}")
    (deletion,) = deletions(installation)
    assert titles(maren) == ["Thruster T4"]
    assert f"/bin/{deletion}/delete" not in maren.get("/bin")
    maren.post(f"/bin/{deletion}/delete", {"csrf_token": token_of(maren)}, status=403)
    emptied = maren.post("/bin/empty", {"csrf_token": token_of(maren)}, status=303).follow()
    assert "There was nothing to delete." in emptied
    work(installation)
    restore(maren)
    assert admin.get(f"/m/{closed}")
    delete(admin, f"/f/{site.thruster}")
    assert titles(admin) == ["Thruster T4"]
    assert "1 deleted for good" in admin.post("/bin/empty", {"csrf_token": token_of(admin)}, status=303).follow()


def test_an_item_with_rules_of_its_own_keeps_its_folder_from_going_for_good(
    site: Site, installation: Installation
) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.MANAGE)
    site.set(f"{THRUSTER}/Main bearing", site.user("maren"), NOTHING, deny=True)
    maren = site.as_("maren")
    delete(site.as_("ada"), f"/f/{site.thruster}")
    (deletion,) = deletions(installation)
    maren.post(f"/bin/{deletion}/delete", {"csrf_token": token_of(maren)}, status=403)
    restore(maren)
    site.as_("ada").get(f"/m/{site.video}")


def test_after_thirty_days_it_goes_by_itself_wherever_the_worker_was_killed(
    site: Site, editor: TestApp, installation: Installation, clock: FakeClock
) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders(f"{THRUSTER}/Own rules")
    site.set(f"{THRUSTER}/Own rules", site.user("maren"), Permission.MANAGE)
    inside = add_item(installation, f"{THRUSTER}/Own rules", "Inside")
    site.set(f"{THRUSTER}/Own rules/Inside", site.user("jonas"), Permission.VIEW)
    delete(editor, f"/f/{site.thruster}")
    clock.forward(days=29, hours=23)
    empty_in_time(installation)
    assert titles(site.as_("maren")) == ["Thruster T4"]
    clock.forward(hours=2)
    empty_in_time(installation)
    assert titles(site.as_("maren")) == []
    with writing(installation.sessions) as session:
        (number,) = session.scalars(select(Deletion.id)).all()
        assert take_apart(session, installation, number)
    # Killed here: rows of items are gone, their files and the folders are not.
    assert installation.storage.version_folder(inside, 1).exists()
    work(installation)
    assert not installation.storage.version_folder(inside, 1).exists()
    with reading(installation.sessions) as session:
        names = session.scalars(select(Folder.name).order_by(Folder.id), execution_options=WITH_BIN).all()
        assert names == ["Library", "Product training"]
        assert session.scalars(select(Deletion)).all() == []
    assert_whole(installation)
    but_the_log = list(check(installation))[1:]
    assert [problem for part in but_the_log for problem in part.problems] == []


def test_what_is_in_the_bin_by_itself_outlives_its_folder(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    uid = add_item(installation, THRUSTER, "Kept in the bin")
    delete(editor, f"/m/{uid}")
    delete(editor, f"/f/{site.thruster}")
    admin = site.as_("ada")
    assert "Its folder was deleted too" in admin.get("/bin")
    folder = deletions(installation)[1]
    admin.post(f"/bin/{folder}/delete", {"csrf_token": token_of(admin)}, status=303)
    work(installation)
    assert titles(admin) == ["Kept in the bin"]
    admin.post(f"/bin/{deletions(installation)[0]}/delete", {"csrf_token": token_of(admin)}, status=303)
    work(installation)
    assert deletions(installation) == []
    assert_whole(installation)


def test_what_lost_its_folder_is_restored_to_another_one(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    delete(editor, f"/m/{site.video}")
    delete(editor, f"/f/{site.thruster}")
    with writing(installation.sessions) as session:
        other = Paths(session, installation).make_folders("Brand kit")[-1].uid
    item = deletions(installation)[0]
    editor.post(f"/bin/{item}/restore", {"csrf_token": token_of(editor), "to": other}, status=409)
    site.set("Brand kit", site.user("maren"), Permission.EDIT)
    asked = editor.post(f"/bin/{item}/restore", {"csrf_token": token_of(editor)}, status=303).follow()
    form = asked.forms["choose-form"]
    form["to"] = other
    page = form.submit()
    assert "1 person will see it there." in page
    back = page.forms["restore-form"].submit(status=303).follow()
    assert "“Main bearing” is back." in back
    assert back.html.select(".crumbs a")[-1].text == "Brand kit"
    site.set("Brand kit", site.user("maren"), Permission.MANAGE)
    folder = deletions(installation)[0]
    refused = editor.post(f"/bin/{folder}/restore", {"csrf_token": token_of(editor), "to": other}, status=409)
    assert "There you could do more with “Thruster T4” than you may now" in refused
    assert_whole(installation)


@pytest.fixture
def other(site: Site, installation: Installation) -> str:
    """Another folder that Maren may edit; answers its id."""
    with writing(installation.sessions) as session:
        uid = Paths(session, installation).make_folders("Brand kit")[-1].uid
    site.set("Brand kit", site.user("maren"), Permission.EDIT)
    return uid


@pytest.mark.parametrize("right", [Permission.EDIT, Permission.MANAGE])
def test_a_folder_with_something_one_may_not_edit_is_not_restored_to_another_one(
    site: Site, closed: str, other: str, right: Permission, installation: Installation
) -> None:
    site.set(THRUSTER, site.user("maren"), right)
    maren = site.as_("maren")
    delete(site.as_("ada"), f"/f/{site.thruster}")
    (deletion,) = deletions(installation)
    fields = {"csrf_token": token_of(maren), "to": other}
    refused = maren.post(f"/bin/{deletion}/restore", fields, status=409)
    assert "Some of what lies in “Thruster T4” has rules of its own" in refused
    assert "Closed" not in refused.html.main.text
    assert titles(maren) == ["Thruster T4"]
    restore(maren)
    assert site.as_("ada").get(f"/m/{closed}").html.select(".crumbs a")[-1].text == "Closed"


def test_what_a_move_does_to_people_inside_is_the_same_out_of_the_bin(
    site: Site, editor: TestApp, other: str, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        Paths(session, installation).make_folders(f"{THRUSTER}/Drawings")
    site.set("Product training", site.user("jonas"), NOTHING, deny=True)
    for path in (f"{THRUSTER}/Drawings", f"{THRUSTER}/Main bearing"):
        site.set(path, site.user("jonas"), Permission.VIEW)

    def effect() -> Effect:
        with reading(installation.sessions) as session:
            thruster = select(Folder).where(Folder.uid == site.thruster)
            place = session.scalars(thruster, execution_options=WITH_BIN).one()
            to = Library(session, installation).folder(other)
            reader = as_identity(session.get_one(User, site.people["ada"].id), frozenset())
            return Effects(session, installation).of_move(place, to, reader=reader)

    before = effect()
    assert [(shift.person.name, shift.places) for shift in before.inside] == [("Jonas Bakke", 2)]
    delete(site.as_("ada"), f"/f/{site.thruster}")
    assert effect() == before


def test_a_folder_whose_parent_is_in_the_bin_too_is_restored_to_another_one(
    site: Site, editor: TestApp, other: str, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        inner = Paths(session, installation).make_folders(f"{THRUSTER}/Drawings")[-1].uid
    delete(editor, f"/f/{inner}")
    delete(editor, f"/f/{site.thruster}")
    fields = {"csrf_token": token_of(editor), "to": other}
    editor.post(f"/bin/{deletions(installation)[0]}/restore", fields, status=303)
    assert editor.get(f"/f/{inner}").html.h1.text == "Drawings"
    assert_whole(installation)


def test_a_deep_folder_is_not_restored_to_where_it_would_lie_too_deep(
    site: Site, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        paths = Paths(session, installation)
        deep = paths.make_folders("/".join(["Deep"] * (DEEPEST - 3)))[-1].uid
        top = paths.make_folders("Tall/2/3/4")[0].uid
    ada = site.as_("ada")
    delete(ada, f"/f/{top}")
    fields = {"csrf_token": token_of(ada), "to": deep}
    refused = ada.post(f"/bin/{deletions(installation)[0]}/restore", fields, status=409)
    assert f"Folders can lie {DEEPEST} deep at most." in refused


def test_the_bin_is_emptied_after_asking(site: Site, editor: TestApp, installation: Installation) -> None:
    site.set(THRUSTER, site.user("maren"), Permission.MANAGE)
    for number in range(3):
        delete(editor, f"/m/{add_item(installation, THRUSTER, f'Take {number}')}")
    page = editor.get("/bin/empty")
    assert "3 deletions go for good" in page
    assert "3 deleted for good" in page.forms["purge-form"].submit(status=303).follow()
    assert titles(editor) == []
    with writing(installation.sessions) as session:
        assert Jobs(session, installation).has_claimable(["purge"])
    work(installation)
    assert deletions(installation) == []


def test_what_is_brought_back_while_it_is_taken_apart_stays(
    site: Site, editor: TestApp, installation: Installation, database: str
) -> None:
    delete(editor, f"/m/{site.video}")
    with writing(installation.sessions) as session:
        deletion = session.scalars(select(Deletion)).one()
        number, deletion.leaving = deletion.id, True

    def take() -> bool:
        with writing(installation.sessions) as session:
            return take_apart(session, installation, number)

    with ThreadPoolExecutor() as other, writing(installation.sessions) as session:
        back = update(Item).where(Item.deletion_id == number).values(deletion_id=None)
        session.execute(back, execution_options={"synchronize_session": False})
        taking = other.submit(take)
        if database == "postgresql":  # SQLite has one writer: there the other has not begun
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not session.scalar(waiting):
                assert not taking.done()
        session.commit()
        taking.result(timeout=30)
    assert editor.get(f"/m/{site.video}").html.h1.text == "Main bearing"
    with reading(installation.sessions) as session:
        assert session.scalars(select(Leftover)).all() == []


def test_rules_given_above_while_it_is_in_the_bin_reach_it_when_it_is_back(
    site: Site, editor: TestApp, installation: Installation
) -> None:
    delete(editor, f"/f/{site.thruster}")
    site.set("Product training", site.user("jonas"), Permission.VIEW)
    assert_whole(installation)
    restore(editor)
    assert site.as_("jonas").get(f"/m/{site.video}")
    assert_whole(installation)
