"""Converting what was uploaded: what people find on the item's page meanwhile and afterwards."""
from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import undefer

from privmedia import media
from privmedia.db import reading, writing
from privmedia.errors import NoSpace
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import MAX_ATTEMPTS, Pace
from privmedia.library.jobs import HANDLERS as PREPARING
from privmedia.library.models import (
    CONVERT,
    CONVERT_ANEW,
    PREPARE,
    SHEET,
    STORYBOARD,
    STREAMS,
    TELL_FOLLOWERS,
    TELL_SENDER,
    File,
    Item,
    Kind,
    State,
    Version,
)
from privmedia.library.preparation import NO_ROOM
from privmedia.library.progress import LOOKED_INTO, progress_of
from privmedia.library.results import write_result
from privmedia.library.urgency import urgency
from privmedia.renditions.convert_jobs import HANDLERS as CONVERTING
from privmedia.storage import Storage
from tests.unit.jobs.conftest import Entered
from tests.unit.media.conftest import Studio

Enter = Callable[..., Entered]
LONG_FILM = {
    "container": "mp4", "duration": 3600.0, "width": 1280, "height": 720,
    "video": [{"index": 0, "codec": "h264", "width": 1280, "height": 720}], "audio": [],
}


def prepare(installation: Installation) -> None:
    worker.run(installation, PREPARING, threading.Event(), once=True)


def convert(installation: Installation) -> None:
    worker.run(installation, CONVERTING, threading.Event(), once=True)


def jobs_of(installation: Installation, kind: str) -> list[Job]:
    with reading(installation.sessions) as session:
        found = select(Job).options(undefer(Job.log)).where(Job.kind == kind)
        return list(session.scalars(found.order_by(Job.id)))


def play_files(installation: Installation, entered: Entered) -> list[str]:
    folder = installation.storage.version_folder(entered.uid, 1)
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("play"))


def test_a_film_no_browser_plays_is_prepared_first_then_converted_and_then_shown(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    entered = enter(studio.make("prores.mov"), "master.mov")
    prepare(installation)
    item = entered.item
    assert (item.state, item.shown) == (State.PREPARING, False)
    assert item.reason == "This file is Apple ProRes 422. No browser plays that."
    assert "poster.webp" in entered.files
    assert jobs_of(installation, TELL_SENDER) == []
    convert(installation)
    item, version = entered.item, entered.version
    assert (item.state, item.shown, item.reason) == (State.READY, True, "")
    assert (version.state, version.duration) == (State.READY, pytest.approx(2, abs=0.1))
    stored_as, media_type = entered.files["play.mp4"]
    assert (media_type, stored_as.startswith("play-")) == ("video/mp4", True)
    assert len(jobs_of(installation, TELL_SENDER)) == len(jobs_of(installation, TELL_FOLLOWERS)) == 1


def test_sound_becomes_m4a(installation: Installation, enter: Enter, studio: Studio) -> None:
    entered = enter(studio.make("lossless.m4a"), "talk.m4a", Kind.AUDIO)
    prepare(installation)
    convert(installation)
    assert (entered.item.state, entered.files["play.m4a"][1]) == (State.READY, "audio/mp4")


def test_what_cannot_be_copied_after_all_is_converted(
    installation: Installation, enter: Enter, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any, **_more: Any) -> None:
        raise media.CannotCopy

    entered = enter(studio.make("h264.mkv"), "camera.mkv")
    monkeypatch.setattr(media, "make_playable", refuse)
    prepare(installation)
    assert entered.item.state == State.PREPARING
    convert(installation)
    assert (entered.item.state, "play.mp4" in entered.files) == (State.READY, True)


def test_short_films_are_converted_before_long_ones_and_long_ones_before_none() -> None:
    assert [urgency(CONVERT, length) for length in (None, 30, 600, 36_000, 10**6)] == [100, 100, 110, 500, 500]
    assert urgency(PREPARE, 36_000) < urgency(CONVERT, 0)
    assert urgency(CONVERT, 10**6) < urgency(STORYBOARD, 10), "a film that plays needs its small pictures less"


def test_a_conversion_that_is_done_again_is_watched_as_before_until_the_new_one_is_there(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    entered = enter(studio.make("old.avi"), "old.avi")
    prepare(installation)
    convert(installation)
    before = entered.files
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(PREPARE, entered.version_id)
    prepare(installation)
    assert (entered.item.state, entered.item.shown, entered.files) == (State.READY, True, before)
    (first,), (again,) = jobs_of(installation, CONVERT), jobs_of(installation, CONVERT_ANEW)
    assert again.priority > urgency(CONVERT, 10**6) > first.priority, "what plays already waits for what does not"
    assert {kind: handler.pace for kind, handler in CONVERTING.items()} == {
        CONVERT: Pace.LONG, CONVERT_ANEW: Pace.SPARE,
    }, "nor does it hold up what does not, once it is begun"
    convert(installation)
    after = entered.files
    assert entered.item.state == State.READY
    assert after["play.mp4"] != before["play.mp4"]
    assert {**after, "play.mp4": None} == {**before, "play.mp4": None}
    assert play_files(installation, entered) == [after["play.mp4"][0]]


def test_a_damaged_film_says_so_keeps_what_the_encoder_said_and_is_not_tried_again(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    entered = enter(studio.blanked("ten-seconds.mp4", 0.6), "old.mp4")
    prepare(installation)
    convert(installation)
    item = entered.item
    assert (item.state, item.shown) == (State.FAILED, False)
    assert item.reason == "The file is damaged: it stops after 0:06 of 0:10."
    (job,) = jobs_of(installation, CONVERT)
    assert (job.state, job.attempts, job.error) == (JobState.FAILED, 1, item.reason)
    assert "Invalid data found when processing input" in job.log
    assert play_files(installation, entered) == []
    assert len(jobs_of(installation, TELL_SENDER)) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_cut_off_before_or_after_it_has_its_place_it_is_done_again(
    installation: Installation,
    enter: Enter,
    studio: Studio,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    class PowerCut(BaseException):
        pass

    entered = enter(studio.make("prores.mov"), "master.mov")
    prepare(installation)
    real = Storage.place_product

    def place(*arguments: Any) -> None:
        if number == 2:
            real(*arguments)
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "place_product", place)
        with pytest.raises(PowerCut):
            convert(installation)
    assert "play.mp4" not in entered.files
    assert list((installation.storage.incoming / "work").iterdir()) == []
    clock.forward(seconds=61)
    convert(installation)
    assert entered.item.state == State.READY
    assert entered.path("play.mp4").stat().st_size > 0


def test_how_far_a_conversion_is_counts_on_from_the_preparation(
    installation: Installation, enter: Enter, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = enter(studio.make("prores.mov"), "master.mov")
    prepare(installation)
    seen: list[dict[int, float]] = []
    real = media.convert

    def look(*arguments: Any, **more: Any) -> media.Probe:
        with reading(installation.sessions) as session:
            seen.append(progress_of(Jobs(session, installation), [entered.version_id]))
        return real(*arguments, **more)

    monkeypatch.setattr(media, "convert", look)
    convert(installation)
    assert seen == [{entered.version_id: LOOKED_INTO}]


def test_a_full_disk_is_waited_for_and_in_the_end_the_page_says_why(
    installation: Installation,
    enter: Enter,
    studio: Studio,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entered = enter(studio.make("prores.mov"), "master.mov")
    prepare(installation)

    def full(*_arguments: Any) -> None:
        raise NoSpace

    monkeypatch.setattr(Storage, "place_product", full)
    convert(installation)
    assert entered.item.state == State.PREPARING
    for _ in range(MAX_ATTEMPTS):
        clock.forward(hours=2)
        convert(installation)
    assert (entered.item.state, entered.item.reason) == (State.FAILED, NO_ROOM)


def test_an_item_that_was_deleted_meanwhile_is_no_fault(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    entered = enter(studio.make("prores.mov"), "master.mov")
    prepare(installation)
    with writing(installation.sessions) as session:
        session.execute(delete(File))
        session.execute(delete(Version))
        session.execute(delete(Item).where(Item.uid == entered.uid))
    convert(installation)
    assert [job.state for job in jobs_of(installation, CONVERT)] == [JobState.DONE]


def test_a_worker_that_stops_gives_the_conversion_back_and_leaves_nothing(
    installation: Installation, enter: Enter, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered = enter(studio.make("prores.mov"), "master.mov")
    prepare(installation)
    stop = threading.Event()
    real = media.probe

    def stopping(path: Path, *arguments: Any, **more: Any) -> media.Probe:
        found = real(path, *arguments, **more)
        stop.set()
        return found

    monkeypatch.setattr(media, "probe", stopping)
    worker.run(installation, CONVERTING, stop, once=True)
    (job,) = jobs_of(installation, CONVERT)
    assert (job.state, job.attempts, entered.item.state) == (JobState.QUEUED, 0, State.PREPARING)
    assert list((installation.storage.incoming / "work").iterdir()) == []
    assert play_files(installation, entered) == []


def test_what_is_made_anew_for_a_film_that_has_it_comes_after_all_conversions(
    installation: Installation, enter: Enter
) -> None:
    entered = enter(b"film", "launch.mp4")
    with writing(installation.sessions) as session:
        version = session.get_one(Version, entered.version_id)
        version.duration, version.probe = 3600.0, LONG_FILM
        write_result(session, installation, version, state=State.READY)
        for name in (SHEET, "hls/master.m3u8"):
            session.add(File(version_id=version.id, name=name, stored_as="made", media_type="image/webp", size=4))
        write_result(session, installation, version, state=State.READY)
    for kind in (STORYBOARD, STREAMS):
        first, again = (job.priority for job in sorted(jobs_of(installation, kind), key=lambda job: job.id))
        assert first == urgency(kind, 3600)
        assert again > max(first, urgency(CONVERT, 10**6))
