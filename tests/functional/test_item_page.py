"""The page of each kind of item: pictures and the way to the next, documents page by page, sound with its outline."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from privmedia.access.permissions import NOTHING
from privmedia.access.principals import user
from privmedia.accounts.models import User
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import PAGES, File, Item, Kind, State, Version
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from tests.functional.visitors import World, token_of

Add = Callable[..., str]


@pytest.fixture
def add(world: World, installation: Installation) -> Add:
    """Add an item to the closed folder: `add("Quay", Kind.IMAGE, "play.jpg")`; answers its public id."""

    def added(
        title: str, kind: Kind, *names: str, pages: int | None = None, hidden_from: str = "", drawing: bool = False,
        size: tuple[int | None, int | None] = (None, None),
    ) -> str:
        with writing(installation.sessions) as session:
            library = Library(session, installation)
            received = Received(uid=new_uid(), filename=f"{title}.bin", media_type="x/y", size=1, kind=kind)
            folder = library.folder(world.ids["folder"])
            version = library.add_item(folder=folder, title=title, received=received, by=None)
            version.item.state, version.item.shown, version.pages = State.READY, True, pages
            version.width, version.height = size
            for name in names:
                session.add(File(version_id=version.id, name=name, stored_as=name, media_type="image/webp", size=1))
            if drawing:
                Jobs(session, installation).enqueue(PAGES, version.id)
            if hidden_from:
                someone = session.scalars(select(User).where(User.email == hidden_from)).one()
                blocked = Wanted(user(someone.id), NOTHING, deny=True)
                Rules(session, installation).set(version.item, blocked)
            return received.uid

    return added


def test_arrows_lead_to_the_pictures_beside_it_that_one_may_see(world: World, add: Add) -> None:
    quay = add("Quay", Kind.IMAGE, "play.jpg", "poster.webp")
    add("Secret", Kind.IMAGE, "play.jpg", "poster.webp", hidden_from="viewer@example.test")
    add("Talk", Kind.AUDIO, "play.mp3")
    crew = add("Crew", Kind.IMAGE, "play.jpg", "poster.webp")
    viewer, editor = world.browsers["viewer"], world.browsers["editor"]
    page = viewer.get(f"/m/{quay}")
    assert page.html.select_one("a[data-before]")["href"] == f"/m/{crew}"
    assert page.html.select_one("a[data-after]") is None
    assert "Secret" not in page
    assert page.html.select_one(".place").get_text() == "2 of 2"
    assert editor.get(f"/m/{quay}").html.select_one(".place").get_text() == "3 of 3"
    assert "Before: Secret" in editor.get(f"/m/{quay}")
    strip = viewer.get(f"/m/{crew}").html.select(".strip a")
    found = [(link["href"], link.get("aria-current")) for link in strip]
    assert found == [(f"/m/{crew}", "true"), (f"/m/{quay}", None)]


def test_a_browser_chooses_among_the_sizes_of_a_picture(world: World, add: Add) -> None:
    quay = add("Quay", Kind.IMAGE, "play.jpg", "picture-640.webp", "picture-1280.webp", size=(1600, 900))
    small = add("Crew", Kind.IMAGE, "play.jpg", size=(600, 400))
    heic = add("Launch", Kind.IMAGE, "play.webp", "picture-1280.webp", size=(4800, 6400))
    viewer = world.browsers["viewer"]
    picture = viewer.get(f"/m/{quay}").html.select_one(".picture img")
    here = f"/smedia/{quay}"
    assert picture["srcset"] == f"{here}/picture-640.webp 640w, {here}/picture-1280.webp 1280w, {here}/play.jpg 1600w"
    assert picture["src"] == f"{here}/play.jpg"
    assert not viewer.get(f"/m/{small}").html.select_one(".picture img").has_attr("srcset")
    assert viewer.get(f"/m/{heic}").html.select_one(".picture img")["srcset"].endswith("/play.webp 2880w")


def test_a_picture_is_described_by_whoever_may_edit_it(world: World, add: Add) -> None:
    quay, editor = add("Quay", Kind.IMAGE, "play.jpg"), world.browsers["editor"]
    form = editor.get(f"/m/{quay}/edit").forms["item-form"]
    form["alt"] = "Two tugs at the quay\x07, at dawn"
    form.submit().follow()
    shown = world.browsers["viewer"].get(f"/m/{quay}").html.select_one(".frame img")
    assert shown["alt"] == "Two tugs at the quay, at dawn"
    form["alt"] = "x" * 501
    assert form.submit(expect_errors=True).status_int == 422
    assert 'name="alt"' not in editor.get(f"/m/{world.ids['item']}/edit")


def test_what_a_picture_shows_stays_when_a_form_does_not_speak_of_it(
    world: World, add: Add, installation: Installation
) -> None:
    with writing(installation.sessions) as session:
        session.scalars(select(Item)).one().alt = "kept"
    editor = world.browsers["editor"]
    fields = {"csrf_token": token_of(editor), "title": "Bearing", "description": "", "tags": ""}
    editor.post(f"/m/{world.ids['item']}/edit", fields)
    with writing(installation.sessions) as session:
        assert session.scalars(select(Item)).one().alt == "kept"


def test_a_document_is_read_page_by_page(world: World, add: Add) -> None:
    uid = add("Manual", Kind.DOCUMENT, "poster.webp", "page-1.webp", "page-2.webp", pages=3, drawing=True)
    viewer = world.browsers["viewer"]
    first = viewer.get(f"/m/{uid}").html
    assert first.select_one(".frame img")["src"] == f"/smedia/{uid}/page-1.webp"
    assert first.select_one("a[data-before]") is None
    assert first.select_one("a[data-after]")["href"] == "?page=2"
    second = viewer.get(f"/m/{uid}?page=2").html
    assert second.select_one(".frame img")["alt"] == "Page 2 of Manual"
    assert second.select_one("a[data-before]")["href"] == "?page=1"
    assert "This page is being drawn." in viewer.get(f"/m/{uid}?page=3")
    assert "You may not download the document." in viewer.get(f"/m/{uid}")


def test_a_page_that_could_not_be_drawn_says_so_and_the_next_is_shown(world: World, add: Add) -> None:
    uid = add("Manual", Kind.DOCUMENT, "page-1.webp", "page-3.webp", pages=3)
    lost = world.browsers["viewer"].get(f"/m/{uid}?page=2")
    assert "This page cannot be drawn: the file is damaged here." in lost
    assert "Another program may still show it" not in lost
    assert lost.html.select_one("a[data-after]")["href"] == "?page=3"
    assert "Another program may still show it" in world.browsers["manager"].get(f"/m/{uid}?page=2")


@pytest.mark.parametrize(("asked", "shown"), [("0", 1), ("-1", 1), ("x", 1), ("99999", 2), ("9" * 30, 1), ("٢", 1)])
def test_a_page_there_is_not_is_the_nearest_there_is(world: World, add: Add, asked: str, shown: int) -> None:
    uid = add("Manual", Kind.DOCUMENT, "page-1.webp", "page-2.webp", pages=2)
    page = world.browsers["viewer"].get(f"/m/{uid}", {"page": asked})
    assert page.html.select_one(".frame img")["src"] == f"/smedia/{uid}/page-{shown}.webp"


def test_a_long_document_says_how_far_it_is_shown(world: World, add: Add) -> None:
    uid = add("Manual", Kind.DOCUMENT, "page-300.webp", pages=312)
    assert "The first 300 pages are shown here." in world.browsers["viewer"].get(f"/m/{uid}?page=312")


def test_sound_is_drawn_where_its_outline_is_known(world: World, add: Add) -> None:
    drawn, plain = add("Talk", Kind.AUDIO, "play.mp3", "waveform.json"), add("Hum", Kind.AUDIO, "play.mp3")
    viewer = world.browsers["viewer"]
    page = viewer.get(f"/m/{drawn}").html
    assert page.select_one("[data-player]")["data-waveform"] == f"/smedia/{drawn}/waveform.json"
    assert page.select_one("audio[controls]")
    assert "data-waveform" not in viewer.get(f"/m/{plain}").html.select_one("[data-player]").attrs


def test_a_film_with_a_storyboard_gives_it_to_the_player(world: World, add: Add) -> None:
    drawn = add("Film", Kind.VIDEO, "play.mp4", "storyboard.webp", "storyboard.vtt")
    plain = add("Other", Kind.VIDEO, "play.mp4")
    viewer = world.browsers["viewer"]
    track = viewer.get(f"/m/{drawn}").html.select_one("track[kind=metadata][label=thumbnails]")
    assert track["src"] == f"/smedia/{drawn}/storyboard.vtt"
    assert viewer.get(f"/m/{plain}").html.select_one("track[kind=metadata]") is None


def test_details_say_how_loud_a_sound_is(world: World, installation: Installation, add: Add) -> None:
    uid = add("Talk", Kind.AUDIO, "play.mp3")
    with writing(installation.sessions) as session:
        version = session.scalars(select(Version).join(Item).where(Item.uid == uid)).one()
        version.probe = {"container": "mp3", "audio": [{"codec": "mp3"}], "loudness": -17.6}
    assert "-18 LUFS" in world.browsers["viewer"].get(f"/m/{uid}").html.select_one("#details").text


def test_details_name_the_codecs_as_people_do(world: World, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        version = session.scalars(select(Version)).one()
        version.width, version.height = 1920, 1080
        version.probe = {"container": "mov", "video": [{"codec": "h264", "tag": "avc1"}], "audio": [{"codec": "aac"}]}
    details = world.browsers["viewer"].get(f"/m/{world.ids['item']}").html.select_one("#details")
    assert "H.264, AAC" in details.text
