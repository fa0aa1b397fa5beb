"""Choosing the poster of an item: a moment of the film, one of its stills, a picture; drawn anew, sent by the gate."""
from __future__ import annotations

import contextlib
import io
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from webtest import TestApp, TestResponse, Upload

from privmedia.audit.models import Event
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import PREPARE, File, Item, Kind, Version
from privmedia.operations.check_files import unreferenced
from privmedia.operations.worker import run_worker
from privmedia.posters import service
from tests.functional.visitors import World, ask, token_of
from tests.unit.media.conftest import BLUE, RED, Studio, picture


@pytest.fixture(scope="module")
def red_then_blue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of red, then a second of blue."""
    studio = Studio(tmp_path_factory.mktemp("films"))
    path = studio.folder / "colours.mp4"
    inputs: list[str] = []
    for colour in (RED, BLUE):
        inputs += ["-f", "lavfi", "-i", f"color=0x{bytes(colour).hex()}:size=320x180:rate=25:duration=1"]
    studio.ffmpeg(
        *inputs, "-filter_complex", "[0:v][1:v]concat=n=2:v=1", "-c:v", "libx264", "-pix_fmt", "yuv420p",
        "-preset", "ultrafast", "-movflags", "+faststart", str(path),
    )
    return path


@pytest.fixture
def editor(world: World, installation: Installation, red_then_blue: Path) -> TestApp:
    """The editor of a film that is prepared, with its stills."""
    browser = world.browsers["editor"]
    fields = {
        "csrf_token": token_of(browser),
        "newest": "1",
        "file": Upload("colours.mp4", red_then_blue.read_bytes(), "video/mp4"),
    }
    browser.post(f"/upload/replace/{world.ids['item']}", fields)
    run_worker(installation, once=True)
    return browser


def choose(browser: TestApp, world: World, **fields: str) -> TestResponse:
    return ask(browser, "POST", f"/m/{world.ids['item']}/poster", {"csrf_token": token_of(browser), **fields})


def send(browser: TestApp, world: World, content: bytes, name: str = "cover.png") -> TestResponse:
    fields = {"csrf_token": token_of(browser), "file": Upload(name, content, "image/png")}
    return browser.post(f"/upload/poster/{world.ids['item']}", fields, expect_errors=True)


def poster(world: World, installation: Installation, browser: str = "viewer") -> tuple[str, bytes]:
    """Its address on the page, and the bytes the front server sends for it."""
    page = world.browsers[browser].get(f"/m/{world.ids['item']}")
    address = page.html.select_one("video")["poster"]
    answer = world.browsers[browser].get(address)
    path = answer.headers["X-Accel-Redirect"].removeprefix("/pmedia/")
    return address, (installation.storage.private / path).read_bytes()


def colour_of(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "WEBP"
        red, _green, blue = image.convert("RGB").getpixel((20, 20))  # type: ignore[misc]  # of RGB it is three numbers
    return "red" if red > blue else "blue"


@pytest.mark.parametrize(("time", "colour"), [("0", "red"), ("0:01.6", "blue"), ("1.5", "blue")])
def test_a_moment_of_the_film_becomes_the_poster(
    world: World, editor: TestApp, installation: Installation, time: str, colour: str
) -> None:
    before, _picture = poster(world, installation)
    assert choose(editor, world, time=time).status_int == 303
    address, data = poster(world, installation)
    assert colour_of(data) == colour
    assert address != before, "no browser shows the one before"
    with reading(installation.sessions) as session:
        assert session.scalars(select(Event).where(Event.kind == "poster.put")).one().detail == {"how": "moment"}


def test_one_of_four_stills_becomes_the_poster_without_script(
    world: World, editor: TestApp, installation: Installation
) -> None:
    page = editor.get(f"/m/{world.ids['item']}/poster")
    assert [one["value"] for one in page.html.select("button[name=still]")] == ["1", "2", "3", "4"]
    assert choose(editor, world, still="4").status_int == 303
    assert colour_of(poster(world, installation)[1]) == "blue"
    assert choose(editor, world, still="1").status_int == 303
    assert colour_of(poster(world, installation)[1]) == "red"
    chosen = editor.get(f"/m/{world.ids['item']}/poster").html.select(".still[aria-pressed=true]")
    assert [one["value"] for one in chosen] == ["1"]


def test_a_picture_is_drawn_anew_and_never_sent_as_it_is(
    world: World, editor: TestApp, installation: Installation
) -> None:
    sent = io.BytesIO()
    Image.new("RGB", (4000, 2000), BLUE).save(sent, "PNG")
    assert send(editor, world, sent.getvalue()).status_int == 303
    _address, data = poster(world, installation)
    assert colour_of(data) == "blue"
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (1280, 640)
    files = installation.storage.version_folder(world.ids["item"], 2)
    assert not [path for path in files.iterdir() if path.read_bytes() == sent.getvalue()]
    assert list((installation.storage.incoming / "form").iterdir()) == []


def test_the_one_that_was_picked_by_itself_comes_back_and_the_other_goes(
    world: World, editor: TestApp, installation: Installation
) -> None:
    before, own = poster(world, installation)
    send(editor, world, picture("PNG"))
    assert choose(editor, world, own="1").status_int == 303
    assert poster(world, installation) == (before, own)
    assert not list(installation.storage.version_folder(world.ids["item"], 2).glob("cover-*"))


def test_a_cover_goes_along_with_a_new_file_and_a_frame_does_not(
    world: World, editor: TestApp, installation: Installation, red_then_blue: Path
) -> None:
    def replaced(newest: int) -> bytes:
        content = Upload("again.mp4", red_then_blue.read_bytes(), "video/mp4")
        fields = {"csrf_token": token_of(editor), "newest": str(newest), "file": content}
        editor.post(f"/upload/replace/{world.ids['item']}", fields)
        run_worker(installation, once=True)
        return poster(world, installation)[1]

    send(editor, world, picture("PNG"))
    cover = poster(world, installation)[1]
    assert replaced(2) == cover
    assert on_the_card(world, installation)[0] == "poster-small.webp"
    choose(editor, world, time="1.6")
    frame = poster(world, installation)[1]
    assert replaced(3) != frame


def on_the_card(world: World, installation: Installation) -> tuple[str, str, tuple[int, int]]:
    """Of the picture a list shows for it: its name in the address, its colour and its size."""
    page = world.browsers["viewer"].get(f"/f/{world.ids['folder']}")
    address = page.html.select_one(".ph img")["src"]
    answer = world.browsers["viewer"].get(address)
    data = (installation.storage.private / answer.headers["X-Accel-Redirect"].removeprefix("/pmedia/")).read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        size = image.size
    return address.partition("?")[0].rpartition("/")[2], colour_of(data), size


def test_lists_show_the_poster_small_whichever_it_is(
    world: World, editor: TestApp, installation: Installation
) -> None:
    folder = installation.storage.version_folder(world.ids["item"], 2)
    assert on_the_card(world, installation)[0] == "poster-small.webp"
    for chosen in ({"still": "4"}, {"still": "1"}, {"time": "1.6"}, {"own": "1"}, {"still": "4"}):
        assert choose(editor, world, **chosen).status_int == 303
        name, colour, _size = on_the_card(world, installation)
        assert (name, colour) == ("poster-small.webp", colour_of(poster(world, installation)[1])), chosen
        small = {path.name for path in folder.glob("*-small.webp")} - {"poster-small.webp"}
        assert len(small) == (0 if "own" in chosen else 1), "the one before is gone"
    send(editor, world, picture("PNG", (2000, 1000)))
    assert on_the_card(world, installation)[2] == (540, 270)


def test_lists_show_the_large_poster_where_there_is_no_small_one_of_it_until_it_is_prepared_anew(
    world: World, editor: TestApp, installation: Installation
) -> None:
    """As it was before there were small ones, with a poster that somebody chose."""
    choose(editor, world, still="4")
    with writing(installation.sessions) as session:
        version = session.scalars(select(Version).where(Version.number == 2)).one()
        session.delete(session.get_one(File, (version.id, "poster-small.webp")))
    (installation.storage.version_folder(world.ids["item"], 2) / "still-4-small.webp").unlink()
    assert on_the_card(world, installation)[:2] == ("poster.webp", "blue")
    with writing(installation.sessions) as session:
        version = session.scalars(select(Version).where(Version.number == 2)).one()
        Jobs(session, installation).enqueue(PREPARE, version.id)
    run_worker(installation, once=True)
    assert on_the_card(world, installation)[:2] == ("poster-small.webp", "blue")
    assert choose(editor, world, own="1").status_int == 303
    assert on_the_card(world, installation)[0] == "poster-small.webp"
    assert unreferenced(installation, on_its_way=timedelta(0)).problems == []


def test_a_recording_gets_a_cover(world: World, editor: TestApp, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        session.scalars(select(Item)).one().kind = Kind.AUDIO
    page = editor.get(f"/m/{world.ids['item']}/poster")
    assert page.html.select_one("h1").get_text() == "Cover"
    assert page.html.select_one("#moment-form") is None
    assert send(editor, world, picture("JPEG"), "cover.jpg").status_int == 303
    assert world.browsers["viewer"].get(f"/m/{world.ids['item']}").html.select_one(".cover img") is not None


def test_what_is_no_picture_is_refused_and_changes_nothing(
    world: World, editor: TestApp, installation: Installation
) -> None:
    before = poster(world, installation)
    for content, status in (
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", 415),
        (b"%PDF-1.4 no picture", 415),
        (b"\x89PNG\r\n\x1a\nbroken", 422),
        (b"", 415),
    ):
        answer = send(editor, world, content)
        assert answer.status_int == status, content
        assert answer.html.select_one(".alert.bad") is not None, content
        assert poster(world, installation) == before, content


def test_what_is_no_moment_is_refused_and_changes_nothing(
    world: World, editor: TestApp, installation: Installation
) -> None:
    before = poster(world, installation)
    times = ({"time": time} for time in ("soon", "9:59:59", "-1", "NaN", ""))
    stills = ({"still": still} for still in ("5", "x", "01x", "999999999999"))
    for fields in (*times, *stills):
        assert choose(editor, world, **fields).status_int == 422, fields
        assert poster(world, installation) == before, fields


def test_no_more_are_drawn_at_once_than_leave_room_for_pages(
    world: World, editor: TestApp, installation: Installation
) -> None:
    before = poster(world, installation)
    with contextlib.ExitStack() as stack:
        for _drawn in range(service.AT_ONCE):
            stack.enter_context(service._drawing)
        answer = choose(editor, world, time="1")
    assert answer.status_int == 503
    assert "Other posters are being drawn" in answer
    assert poster(world, installation) == before
    assert choose(editor, world, time="1").status_int == 303


def test_a_form_that_says_nothing_cannot_be_read(world: World, editor: TestApp) -> None:
    assert choose(editor, world).status_int == 400


def test_who_may_only_view_chooses_no_poster(world: World, editor: TestApp, installation: Installation) -> None:
    before = poster(world, installation)
    assert choose(world.browsers["viewer"], world, still="1").status_int == 403
    assert send(world.browsers["viewer"], world, picture("PNG")).status_int == 403
    assert send(world.browsers["stranger"], world, picture("PNG")).status_int == 404
    assert poster(world, installation) == before
    assert world.browsers["stranger"].get(before[0], expect_errors=True).status_int == 404


def test_a_picture_is_its_own_poster(world: World, editor: TestApp, installation: Installation) -> None:
    with writing(installation.sessions) as session:
        session.scalars(select(Item)).one().kind = Kind.IMAGE
    assert editor.get(f"/m/{world.ids['item']}/poster", expect_errors=True).status_int == 404
    assert send(editor, world, picture("PNG")).status_int == 404


def test_a_poster_is_not_put_on_a_version_that_is_shown_no_more(
    world: World, editor: TestApp, installation: Installation
) -> None:
    """Two tabs: the other one went back to the first version, which has no stills."""
    ask(editor, "POST", f"/m/{world.ids['item']}/versions/1/show", {"csrf_token": token_of(editor)})
    with writing(installation.sessions) as session:
        session.scalars(select(Version).where(Version.number == 1)).one().state = "ready"
    assert choose(editor, world, still="2").status_int == 422
    with reading(installation.sessions) as session:
        files = session.scalars(select(File.stored_as).where(File.name == "poster.webp")).all()
    assert set(files) == {"poster.webp"}
