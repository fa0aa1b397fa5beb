"""Preparing what was uploaded: what people find on the item's page afterwards, also when it is interrupted."""
from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import delete, select

from privmedia import media
from privmedia.db import reading, writing
from privmedia.errors import NoSpace
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import MAX_ATTEMPTS
from privmedia.library.jobs import HANDLERS
from privmedia.library.models import PREPARE, File, Item, Kind, State, Version
from privmedia.library.page_jobs import HANDLERS as PAGE_HANDLERS
from privmedia.library.preparation import NO_ROOM
from privmedia.storage import Storage
from tests.faults import FULL
from tests.unit.jobs.conftest import Entered
from tests.unit.media.conftest import Studio, locked_pdf, pdf, photo_with_place, picture, written_pdf

POSTERS = ("poster.webp", "poster-small.webp")
STILL_FRAMES = tuple(f"still-{number}.webp" for number in range(1, 5))
"""Of a film: what its poster can be chosen from."""


def work(installation: Installation) -> None:
    worker.run(installation, HANDLERS, threading.Event(), once=True)


def test_a_film_whose_index_is_last_gets_a_playable_copy_a_poster_and_its_facts(
    installation: Installation, enter: Callable[..., Entered], studio: Studio
) -> None:
    source = studio.make("index-last.mp4")
    entered = enter(source, "Launch.mp4")
    work(installation)
    item, version = entered.item, entered.version
    assert (item.state, item.shown, item.kind, item.reason) == (State.READY, True, Kind.VIDEO, "")
    assert version.duration == pytest.approx(2, abs=0.2)
    assert (version.width, version.height) == (320, 180)
    assert version.sha256 == hashlib.sha256(source.read_bytes()).hexdigest()
    assert entered.files == {
        "original": ("original", "video/mp4"),
        "play.mp4": ("play.mp4", "video/mp4"),
        "poster.webp": ("poster.webp", "image/webp"),
        "poster-small.webp": ("poster-small.webp", "image/webp"),
        **{still: (still, "image/webp") for still in STILL_FRAMES},
    }
    playable = entered.path("play.mp4").read_bytes()
    assert playable.index(b"moov") < playable.index(b"mdat")
    with Image.open(entered.path("poster.webp")) as poster:
        assert poster.format == "WEBP"
    assert entered.path("original").read_bytes() == source.read_bytes()


def test_what_browsers_play_as_it_is_takes_no_more_space(
    installation: Installation, enter: Callable[..., Entered], studio: Studio
) -> None:
    entered = enter(studio.make("faststart.mp4"), "Launch.mp4")
    work(installation)
    assert entered.files["play.mp4"] == ("original", "video/mp4")
    folder = installation.storage.version_folder(entered.uid, 1)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["original", "poster-small.webp", "poster.webp", *STILL_FRAMES, "version.json"]


@pytest.mark.parametrize(
    ("name", "kind", "play"),
    [
        ("sound.mp3", Kind.AUDIO, ("play.mp3", "audio/mpeg")),
        ("only-sound.mp4", Kind.AUDIO, ("play.m4a", "audio/mp4")),
        ("vp9.webm", Kind.VIDEO, ("play.webm", "video/webm")),
    ],
)
def test_sound_and_other_films_are_playable_under_their_own_type(
    installation: Installation, enter: Callable[..., Entered], studio: Studio, name: str, kind: Kind, play: Any
) -> None:
    entered = enter(studio.make(name), name)
    work(installation)
    assert (entered.item.state, entered.item.kind) == (State.READY, kind)
    assert {(file, media_type) for file, (_, media_type) in entered.files.items()} >= {play}


def test_a_picture_is_shown_and_a_document_has_its_first_page_and_is_downloaded(
    installation: Installation, enter: Callable[..., Entered]
) -> None:
    shown = enter(picture("PNG"), "crew.png", Kind.IMAGE)
    document = enter(pdf(3), "manual.pdf", Kind.DOCUMENT)
    work(installation)
    assert (shown.item.state, shown.files["play.png"]) == (State.READY, ("original", "image/png"))
    assert (shown.version.width, shown.version.height) == (320, 180)
    assert (document.item.state, document.version.pages) == (State.READY, 3)
    assert set(document.files) == {"original", *POSTERS}


def test_a_photo_that_says_where_it_was_taken_is_shown_without_saying_so(
    installation: Installation, enter: Callable[..., Entered]
) -> None:
    entered = enter(photo_with_place(), "quay.jpg", Kind.IMAGE)
    work(installation)
    assert "play.jpg" not in entered.files
    for name in ("play.webp", *POSTERS):
        with Image.open(entered.path(name)) as made:
            assert not made.getexif()


def test_a_picture_is_there_in_several_sizes(
    installation: Installation, enter: Callable[..., Entered]
) -> None:
    entered = enter(picture("JPEG", (3600, 2000)), "quay.jpg", Kind.IMAGE)
    work(installation)
    assert set(entered.files) == {
        "original", "play.jpg", *POSTERS, "picture-2560.webp", "picture-1280.webp", "picture-640.webp",
    }
    with Image.open(entered.path("picture-640.webp")) as small:
        assert small.size == (640, 356)


def test_what_nothing_understands_says_so_and_is_shown_to_nobody_else(
    installation: Installation, enter: Callable[..., Entered], studio: Studio
) -> None:
    entered = enter(studio.make("magicyuv.avi"), "master.avi")
    work(installation)
    item = entered.item
    assert (item.state, item.shown) == (State.UNPLAYABLE, False)
    assert item.reason == "This file is MagicYUV. No browser plays that."
    assert set(entered.files) == {"original"}


def test_a_damaged_file_says_so_and_is_not_tried_again(
    installation: Installation, enter: Callable[..., Entered], studio: Studio, clock: Any
) -> None:
    entered = enter(studio.cut("index-last.mp4", 0.6), "Launch.mp4")
    work(installation)
    item = entered.item
    assert (item.state, item.shown) == (State.FAILED, False)
    assert item.reason.startswith("The file is damaged: ")
    assert entered.version.sha256 is not None
    with reading(installation.sessions) as session:
        failed = session.scalars(select(Job).where(Job.kind == PREPARE)).one()
    assert (failed.state, failed.attempts, failed.error) == (JobState.FAILED, 1, item.reason)


def test_preparing_again_gives_the_same(
    installation: Installation, enter: Callable[..., Entered], studio: Studio
) -> None:
    entered = enter(studio.make("index-last.mp4"), "Launch.mp4")
    work(installation)
    before = (entered.files, entered.item.state, entered.version.sha256, entered.path("play.mp4").read_bytes())
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(PREPARE, entered.version_id)
    work(installation)
    after = (entered.files, entered.item.state, entered.version.sha256, entered.path("play.mp4").read_bytes())
    assert after == before


@pytest.mark.parametrize("number", range(1, 9) if FULL else (2, 6, 8))
def test_interrupted_anywhere_it_is_taken_up_again_and_ends_the_same(
    installation: Installation,
    enter: Callable[..., Entered],
    studio: Studio,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    """Cut off before poster, stills and copy have their places, each in turn, and before it is written down."""
    entered = enter(studio.make("index-last.mp4"), "Launch.mp4")
    calls = 0
    real_place = Storage.place_product

    class PowerCut(BaseException):
        pass

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == number:
            raise PowerCut

    def place(*arguments: Any) -> None:
        count()
        real_place(*arguments)

    def write_digest(*_arguments: Any) -> str:
        count()
        return ""

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "place_product", place)
        patch.setattr("privmedia.library.jobs._digest", write_digest)
        with pytest.raises(PowerCut):
            work(installation)
    assert list((installation.storage.incoming / "work").iterdir()) == []
    clock.forward(seconds=61)
    work(installation)
    assert entered.item.state == State.READY
    assert set(entered.files) == {"original", *POSTERS, "play.mp4", *STILL_FRAMES}
    assert entered.path("play.mp4").stat().st_size > 0
    assert entered.version.sha256 == hashlib.sha256(entered.path("original").read_bytes()).hexdigest()


def test_while_it_is_prepared_the_item_says_so_and_how_far_it_is(
    installation: Installation, enter: Callable[..., Entered], studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = enter(studio.make("faststart.mp4"), "Launch.mp4")
    assert entered.item.state == State.WAITING
    seen: list[tuple[State, dict[int, float]]] = []
    real = media.probe

    def probe(*arguments: Any, **more: Any) -> media.Probe:
        with reading(installation.sessions) as session:
            seen.append((entered.item.state, Jobs(session, installation).progress_of(PREPARE, [entered.version_id])))
        return real(*arguments, **more)

    monkeypatch.setattr(media, "probe", probe)
    work(installation)
    assert seen == [(State.PREPARING, {entered.version_id: 0.0})]


def test_a_full_disk_is_waited_for_and_in_the_end_the_page_says_why(
    installation: Installation,
    enter: Callable[..., Entered],
    studio: Studio,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entered = enter(studio.make("index-last.mp4"), "Launch.mp4")

    def full(*_arguments: Any) -> None:
        raise NoSpace

    monkeypatch.setattr(Storage, "place_product", full)
    work(installation)
    assert entered.item.state == State.PREPARING
    for _ in range(MAX_ATTEMPTS):
        clock.forward(hours=2)
        work(installation)
    assert (entered.item.state, entered.item.reason) == (State.FAILED, NO_ROOM)


def test_an_item_that_was_deleted_meanwhile_is_no_fault(
    installation: Installation, enter: Callable[..., Entered], studio: Studio, clock: Any
) -> None:
    entered = enter(studio.make("faststart.mp4"), "Launch.mp4")
    with writing(installation.sessions) as session:
        session.execute(delete(File))
        session.execute(delete(Version))
        session.execute(delete(Item).where(Item.uid == entered.uid))
    work(installation)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Job.state).where(Job.kind == PREPARE)).all() == [JobState.DONE]


def draw_pages(installation: Installation) -> None:
    worker.run(installation, {**HANDLERS, **PAGE_HANDLERS}, threading.Event(), once=True)


def prepare_anew(installation: Installation, entered: Entered) -> None:
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(PREPARE, entered.version.id)
    work(installation)


def test_the_pages_of_a_document_are_drawn_after_everything_else(
    installation: Installation, enter: Callable[..., Entered]
) -> None:
    entered = enter(pdf(12), "manual.pdf", Kind.DOCUMENT)
    draw_pages(installation)
    pages = {f"page-{number}.webp" for number in range(1, 13)}
    assert set(entered.files) == {"original", *POSTERS, *pages}
    with Image.open(entered.path("page-12.webp")) as page:
        assert (page.format, max(page.size)) == ("WEBP", 1800)


def test_pages_that_were_drawn_before_a_worker_was_killed_are_not_drawn_again(
    installation: Installation, enter: Callable[..., Entered], monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    entered = enter(pdf(12), "manual.pdf", Kind.DOCUMENT)
    asked: list[int] = []
    real = media.make_pages

    class PowerCut(BaseException):
        pass

    def make_pages(path: Path, *, numbers: Sequence[int], **details: Any) -> dict[int, Path]:
        asked.append(numbers[0])
        if len(asked) == 2:
            raise PowerCut
        return real(path, numbers=numbers, **details)

    monkeypatch.setattr(media, "make_pages", make_pages)
    with pytest.raises(PowerCut):
        draw_pages(installation)
    assert "page-10.webp" in entered.files
    clock.forward(seconds=61)
    draw_pages(installation)
    assert asked == [1, 11, 11]
    assert "page-12.webp" in entered.files


def test_pages_of_before_are_shown_until_they_are_drawn_anew(
    installation: Installation, enter: Callable[..., Entered]
) -> None:
    entered = enter(pdf(12), "manual.pdf", Kind.DOCUMENT)
    draw_pages(installation)
    pages = {f"page-{number}.webp" for number in range(1, 13)}
    before = {name: entered.path(name).stat().st_mtime_ns for name in pages}
    prepare_anew(installation, entered)
    assert set(entered.files) == {"original", *POSTERS, *pages}
    assert {name: entered.path(name).stat().st_mtime_ns for name in pages} == before
    draw_pages(installation)
    assert set(entered.files) == {"original", *POSTERS, *pages}
    assert all(entered.path(name).stat().st_mtime_ns > when for name, when in before.items())


def test_without_a_poster_to_tell_them_by_no_page_of_before_stays(
    installation: Installation, enter: Callable[..., Entered]
) -> None:
    entered = enter(written_pdf(None, "Two"), "manual.pdf", Kind.DOCUMENT)
    draw_pages(installation)
    assert set(entered.files) == {"original", "page-2.webp"}
    before = entered.path("page-2.webp").stat().st_mtime_ns
    prepare_anew(installation, entered)
    draw_pages(installation)
    assert set(entered.files) == {"original", "page-2.webp"}
    assert entered.path("page-2.webp").stat().st_mtime_ns > before


def test_a_page_that_cannot_be_drawn_is_left_out(installation: Installation, enter: Callable[..., Entered]) -> None:
    entered = enter(written_pdf("One", "Two", None, "Four"), "manual.pdf", Kind.DOCUMENT)
    draw_pages(installation)
    drawn = {f"page-{number}.webp" for number in (1, 2, 4)}
    assert set(entered.files) == {"original", *POSTERS, *drawn}


def test_a_document_with_a_password_says_so(installation: Installation, enter: Callable[..., Entered]) -> None:
    entered = enter(locked_pdf(), "manual.pdf", Kind.DOCUMENT)
    draw_pages(installation)
    assert entered.item.state == State.READY
    assert entered.item.reason.startswith("This document has a password.")


def test_sound_gets_its_outline_and_a_film_none(
    installation: Installation, enter: Callable[..., Entered], studio: Studio
) -> None:
    sound, film = enter(studio.make("sound.mp3"), "talk.mp3", Kind.AUDIO), enter(studio.make("vp9.webm"), "film.webm")
    work(installation)
    assert sound.files["waveform.json"] == ("waveform.json", "application/json")
    peaks = json.loads(sound.path("waveform.json").read_text())["peaks"]
    assert 20 <= len(peaks) <= 1000
    assert max(peaks) == 100
    assert min(peaks) >= 0
    assert "waveform.json" not in film.files


def test_what_people_gave_outlives_another_preparation(
    installation: Installation, enter: Callable[..., Entered], studio: Studio
) -> None:
    entered = enter(studio.make("faststart.mp4"), "Launch.mp4")
    work(installation)
    with writing(installation.sessions) as session:
        for name in ("captions-en.vtt", "chapters.vtt"):
            stored = name.replace(".vtt", "-0a1b2c3d.vtt")
            session.add(
                File(version_id=entered.version_id, name=name, stored_as=stored, media_type="text/vtt", size=1)
            )
        Jobs(session, installation).enqueue(PREPARE, entered.version_id)
    before = entered.files
    work(installation)
    assert entered.files == before
