"""Replacing the file of an item: the old one plays until the new one is ready, and nothing of anybody's is lost."""
from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse, Upload

from privmedia.access.principals import user
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.models import Event
from privmedia.captions.models import Captions, Chapter
from privmedia.db import WITH_BIN, reading, writing
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.library.models import File, Item, State, Version
from privmedia.library.rules import Rules
from privmedia.library.service import Library
from privmedia.operations.worker import run_worker
from privmedia.playback.models import Playback
from privmedia.search.service import Passage, Search
from privmedia.uploads.jobs import clear_away
from privmedia.uploads.reading import FilePart
from privmedia.uploads.receiving import Receipt
from privmedia.versions.replacing import Replacing, keep_version
from tests.functional.visitors import World, ask, token_of
from tests.unit.media.conftest import Studio, picture


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds that every browser plays."""
    return Studio(tmp_path_factory.mktemp("films")).make("silent.mp4")


@pytest.fixture
def editor(world: World, installation: Installation) -> TestApp:
    with writing(installation.sessions) as session:
        version = session.scalars(select(Version)).one()
        version.duration = 600
        said = [Passage("Warm the housing", at=1)]
        Search(session, installation).put(version.item_id, "captions-en", said, version=1)
        session.add(Chapter(version_id=version.id, start=590_000, title="The end"))
    return world.browsers["editor"]


def replace(
    browser: TestApp, world: World, content: bytes, *, name: str = "second.mp4", newest: int = 1
) -> TestResponse:
    fields = {
        "csrf_token": token_of(browser),
        "newest": str(newest),
        "file": Upload(name, content, "application/octet-stream"),
    }
    return browser.post(f"/upload/replace/{world.ids['item']}", fields, expect_errors=True)


def post(browser: TestApp, address: str) -> TestResponse:
    return ask(browser, "POST", address, {"csrf_token": token_of(browser)})


def sent(browser: TestApp, world: World, name: str = "play.mp4") -> str:
    """What the front server is told to send under a name; "" for nothing."""
    answer = browser.get(f"/smedia/{world.ids['item']}/{name}", expect_errors=True)
    return answer.headers.get("X-Accel-Redirect", "").removeprefix("/pmedia/")


def versions(installation: Installation) -> list[Version]:
    with reading(installation.sessions) as session:
        return list(session.scalars(select(Version).order_by(Version.number)))


def item_of(installation: Installation) -> Item:
    with reading(installation.sessions) as session:
        return session.scalars(select(Item), execution_options=WITH_BIN).one()


def second(installation: Installation, editor: TestApp, world: World, film: Path) -> None:
    """A second version, ready and shown."""
    assert replace(editor, world, film.read_bytes()).status_int == 303
    run_worker(installation, once=True)
    assert item_of(installation).current == 2


@pytest.mark.both_databases
def test_the_old_file_plays_until_the_new_one_is_ready(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    page = replace(editor, world, film.read_bytes()).follow()
    assert "Version 2 waits to be prepared." in page
    assert "Version 1 is shown until it is ready." in page
    assert sent(world.browsers["viewer"], world).endswith("/v1/play.mp4")
    assert "Version 2" not in world.browsers["viewer"].get(f"/m/{world.ids['item']}")
    run_worker(installation, once=True)
    assert sent(world.browsers["viewer"], world).endswith("/v2/original")
    assert sent(world.browsers["link_holder"], world).endswith("/v2/original")
    item = item_of(installation)
    assert (item.current, item.newest, item.state, item.title) == (2, 2, State.READY, "Bearing")
    page = editor.get(f"/m/{world.ids['item']}")
    assert "0:02" in page.html.select_one("#details").get_text()
    assert "waits to be prepared" not in page
    with reading(installation.sessions) as session:
        kinds = session.scalars(select(Event.kind).where(Event.kind.startswith("version.")).order_by(Event.id)).all()
    assert kinds == ["version.add", "version.show"]


def test_captions_and_chapters_go_along_and_are_found(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    viewer = world.browsers["viewer"]
    path = sent(viewer, world, "captions-en.vtt")
    assert "/v2/" in path
    assert "Warm the housing." in (installation.storage.private / path).read_text()
    chapters = sent(viewer, world, "chapters.vtt")
    assert "Lockout" in (installation.storage.private / chapters).read_text()
    with reading(installation.sessions) as session:
        new = session.scalars(select(Version).where(Version.number == 2)).one()
        assert session.get_one(Captions, (new.id, "en")).label == "English"
        starts = session.scalars(select(Chapter.start).where(Chapter.version_id == new.id)).all()
    assert starts == [0], "a chapter beyond the end of the new film stays behind"
    assert "Bearing" in viewer.get("/search?q=housing").html.select_one("main").get_text()


def test_a_file_that_cannot_be_prepared_changes_nothing_and_the_page_says_why(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    replace(editor, world, film.read_bytes()[:4000])
    run_worker(installation, once=True)
    assert sent(world.browsers["viewer"], world).endswith("/v1/play.mp4")
    item = item_of(installation)
    assert (item.current, item.state, item.shown) == (1, State.READY, True)
    page = editor.get(f"/m/{world.ids['item']}")
    assert "Version 2 could not be prepared." in page
    assert "damaged" in page
    assert "Version 1 is still shown." in page
    assert "could not be prepared" not in world.browsers["viewer"].get(f"/m/{world.ids['item']}")


def test_another_kind_of_file_is_refused_before_it_is_read(
    world: World, editor: TestApp, installation: Installation
) -> None:
    answer = replace(editor, world, picture("PNG"), name="photo.png")
    assert answer.status_int == 415
    assert "This is no video." in answer
    assert len(versions(installation)) == 1


def test_sound_alone_does_not_take_the_place_of_a_film(
    world: World, editor: TestApp, installation: Installation, tmp_path: Path
) -> None:
    replace(editor, world, Studio(tmp_path).make("only-sound.mp4").read_bytes())
    run_worker(installation, once=True)
    assert item_of(installation).current == 1
    assert versions(installation)[1].state == State.FAILED
    assert "This is no video." in editor.get(f"/m/{world.ids['item']}")


def test_the_second_of_two_is_told_before_anything_is_sent(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    replace(editor, world, film.read_bytes())
    answer = replace(world.browsers["manager"], world, film.read_bytes())
    assert answer.status_int == 409
    assert "added version 2 while this page was open" in answer
    assert answer.html.select_one("input[name=newest]")["value"] == "2"
    assert len(versions(installation)) == 2
    assert replace(world.browsers["manager"], world, film.read_bytes(), newest=2).status_int == 303


def identity_of(installation: Installation, email: str) -> Identity:
    with reading(installation.sessions) as session:
        person = session.scalars(select(User).where(User.email == email)).one()
    return Identity(
        user_id=person.id,
        session_id=None,
        name=person.name,
        email=person.email,
        is_admin=False,
        is_guest=False,
        group_ids=frozenset(),
        csrf_secret="",
        last_used_at=installation.clock(),
    )


@pytest.mark.both_databases
def test_of_two_files_on_their_way_at_once_both_are_kept_and_the_first_is_shown(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    manager = identity_of(installation, "manager@example.test")
    with reading(installation.sessions) as session:
        decision = Replacing(session, installation).decide(session.scalars(select(Item)).one(), "1")
    replace(editor, world, film.read_bytes())
    with Receipt() as receipt:
        receipt.take([FilePart("mine.mp4", iter([film.read_bytes()]))], installation.storage)
        late = keep_version(installation, manager, decision, receipt.arrived[0])
    assert late.number == 3
    assert late.quicker
    assert "is kept and not shown" in world.browsers["manager"].get(f"/m/{world.ids['item']}")
    run_worker(installation, once=True)
    assert item_of(installation).current == 2
    assert [version.state for version in versions(installation)] == [State.READY] * 3
    assert post(world.browsers["manager"], f"/m/{world.ids['item']}/versions/3/show").status_int == 303
    assert item_of(installation).current == 3


def test_whose_right_was_taken_while_the_file_arrived_leaves_nothing(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    identity = identity_of(installation, "editor@example.test")
    with reading(installation.sessions) as session:
        decision = Replacing(session, installation).decide(session.scalars(select(Item)).one(), "1")
    with writing(installation.sessions) as session:
        folder = Library(session, installation).folder(world.ids["folder"])
        Rules(session, installation).clear(folder, user(identity.user_id))
    with Receipt() as receipt:
        receipt.take([FilePart("mine.mp4", iter([film.read_bytes()]))], installation.storage)
        with pytest.raises(NotFound):
            keep_version(installation, identity, decision, receipt.arrived[0])
    assert len(versions(installation)) == 1
    assert not installation.storage.version_folder(world.ids["item"], 2).exists()


@pytest.mark.both_databases
def test_going_back_shows_the_older_file_with_its_own_captions(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    page = post(editor, f"/m/{world.ids['item']}/versions/1/show").follow()
    assert "Version 1 is shown now." in page
    assert sent(world.browsers["viewer"], world).endswith("/v1/play.mp4")
    assert sent(world.browsers["viewer"], world, "captions-en.vtt").endswith("/v1/captions-en.vtt")
    undo = page.html.select_one("form[action$='/versions/2/show']")
    assert undo is not None
    assert post(editor, f"/m/{world.ids['item']}/versions/2/show").status_int == 303
    assert item_of(installation).current == 2


def test_a_version_that_is_not_ready_is_not_shown(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    replace(editor, world, film.read_bytes())
    assert "Only a version that is prepared" in post(editor, f"/m/{world.ids['item']}/versions/2/show").follow()
    assert item_of(installation).current == 1


def test_files_of_an_older_version_are_for_who_may_edit(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    assert sent(editor, world, "play.mp4?v=1").endswith("/v1/play.mp4")
    assert sent(world.browsers["manager"], world, "original/bearing.mp4?v=1").endswith("/v1/original")
    assert sent(editor, world, "original/bearing.mp4?v=1") == "", "the original is for who may download"
    for name in ("viewer", "downloader", "stranger", "link_holder"):
        assert sent(world.browsers[name], world, "play.mp4?v=1") == "", name
        assert sent(world.browsers[name], world, "original/bearing.mp4?v=1") == "", name


@pytest.mark.both_databases
def test_an_old_version_is_deleted_for_good_by_who_manages_the_item(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    manager, address = world.browsers["manager"], f"/m/{world.ids['item']}/versions/1/delete"
    assert "cannot be brought back" in manager.get(address)
    assert "Version 1 is deleted for good." in post(manager, address).follow()
    assert [version.number for version in versions(installation)] == [2]
    assert not installation.storage.version_folder(world.ids["item"], 1).exists()
    assert installation.storage.version_folder(world.ids["item"], 2).exists()
    assert manager.get(address, expect_errors=True).status_int == 404
    with reading(installation.sessions) as session:
        line = session.scalars(select(Event).where(Event.kind == "version.delete")).one()
    assert line.detail["file"] == "bearing.mp4"


def test_an_editor_deletes_for_good_only_what_she_added(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    address = f"/m/{world.ids['item']}/versions/1/delete"
    assert editor.get(address).html.select_one("#delete-version-form") is None
    assert "Only who manages the item" in post(editor, address).follow()
    post(editor, f"/m/{world.ids['item']}/versions/1/show")
    assert "is deleted for good" in post(editor, f"/m/{world.ids['item']}/versions/2/delete").follow()
    assert [version.number for version in versions(installation)] == [1]


def test_the_version_that_is_shown_is_not_deleted(world: World, editor: TestApp, installation: Installation) -> None:
    manager = world.browsers["manager"]
    answer = post(manager, f"/m/{world.ids['item']}/versions/1/delete").follow()
    assert "is the one that is shown" in answer
    assert installation.storage.version_folder(world.ids["item"], 1).exists()
    assert list(installation.storage.unsettled(float("inf"))) == []


def test_what_a_deletion_left_that_was_cut_off_is_cleared_away(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    installation.storage.unsettle(world.ids["item"], 1)
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(Version).where(Version.number == 1)).one())
    installation.storage.unsettle(world.ids["item"], 2)
    clear_away(installation, older_than=timedelta(seconds=-1))
    assert not installation.storage.version_folder(world.ids["item"], 1).exists()
    assert installation.storage.version_folder(world.ids["item"], 2).exists(), "its row is there"


def test_no_number_is_given_twice(world: World, editor: TestApp, installation: Installation, film: Path) -> None:
    replace(editor, world, film.read_bytes())
    post(world.browsers["manager"], f"/m/{world.ids['item']}/versions/2/delete")
    assert [version.number for version in versions(installation)] == [1]
    replace(editor, world, film.read_bytes(), newest=2)
    assert [version.number for version in versions(installation)] == [1, 3]


@pytest.mark.parametrize(("position", "offered"), [(1.0, False), (246.0, True), (500.0, False)])
def test_a_place_is_kept_within_the_new_length_and_dropped_beyond(
    world: World, editor: TestApp, installation: Installation, position: float, offered: bool
) -> None:
    with writing(installation.sessions) as session:
        item = session.scalars(select(Item)).one()
        viewer = session.scalars(select(User).where(User.email == "viewer@example.test")).one()
        now = installation.clock()
        place = {"user_id": viewer.id, "item_id": item.id, "version": 1, "duration": 600, "updated_at": now}
        session.add(Playback(**place, position=position))
        shorter = Version(item=item, number=2, filename="b.mp4", size=4, duration=300, created_at=now)
        session.add(shorter)
        item.current = item.newest = 2
    page = world.browsers["viewer"].get(f"/m/{world.ids['item']}")
    assert ("Continue from 4:06" in page) is offered
    bar = world.browsers["viewer"].get("/recent").html.select_one("progress.seen")
    assert (bar["value"] if bar else None) == ("82" if offered else None)


def test_a_player_that_is_open_learns_that_the_file_was_replaced(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    viewer = world.browsers["viewer"]
    fields = {"csrf_token": token_of(viewer), "position": "100", "duration": "600", "version": "1"}
    assert ask(viewer, "POST", f"/m/{world.ids['item']}/playback", fields).status_int == 409
    with reading(installation.sessions) as session:
        assert session.scalars(select(Playback)).all() == []


def test_a_replaced_item_in_the_bin_comes_back_with_its_new_file(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    replace(editor, world, film.read_bytes())
    post(editor, f"/m/{world.ids['item']}/delete")
    run_worker(installation, once=True)
    assert item_of(installation).current == 2
    assert sent(editor, world) == ""


@pytest.mark.parametrize("number", ["0", "01", "-1", "x", "9" * 12, "3"])
def test_a_version_that_is_none_is_not_found(world: World, editor: TestApp, number: str) -> None:
    assert post(editor, f"/m/{world.ids['item']}/versions/{number}/show").status_int == 404


def test_nothing_chosen_is_said(world: World, editor: TestApp) -> None:
    answer = replace(editor, world, b"", name="")
    assert answer.status_int == 422
    assert "Choose a file." in answer


def test_a_forged_form_brings_nothing(world: World, editor: TestApp, installation: Installation, film: Path) -> None:
    fields = {"csrf_token": "x", "newest": "1", "file": Upload("a.mp4", film.read_bytes(), "video/mp4")}
    assert editor.post(f"/upload/replace/{world.ids['item']}", fields, expect_errors=True).status_int == 403
    assert len(versions(installation)) == 1


def test_a_copy_begins_anew_with_the_version_that_is_shown(
    world: World, editor: TestApp, installation: Installation, film: Path
) -> None:
    second(installation, editor, world, film)
    manager = world.browsers["manager"]
    fields = {"csrf_token": token_of(manager), "to": world.ids["folder"]}
    assert ask(manager, "POST", f"/m/{world.ids['item']}/copy", fields).status_int == 303
    with reading(installation.sessions) as session:
        copy = session.scalars(select(Item).where(Item.uid != world.ids["item"])).one()
        version = session.scalars(select(Version).where(Version.item_id == copy.id)).one()
        names = set(session.scalars(select(File.name).where(File.version_id == version.id)))
    assert (copy.current, copy.newest, version.number, version.state) == (1, 1, 1, State.READY)
    assert {"captions-en.vtt", "still-1.webp"} <= names
