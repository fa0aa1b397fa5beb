"""What else is made of a film once it can be watched: its storyboard, captions from its subtitles."""
from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select

from privmedia.captions.embedded_jobs import HANDLERS as SUBTITLES_JOBS
from privmedia.captions.models import Captions
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job
from privmedia.jobs.service import Jobs
from privmedia.library.jobs import HANDLERS as PREPARING
from privmedia.library.models import STORYBOARD, SUBTITLES, TAKE_OVER, File, Kind, State, Version
from privmedia.renditions.storyboard_jobs import HANDLERS as STORYBOARDS
from tests.unit.jobs.conftest import Entered
from tests.unit.media.conftest import Studio

Enter = Callable[..., Entered]
ENGLISH = "1\n00:00:00,200 --> 00:00:01,000\nHello <i>there</i>\n\n2\n00:00:01,000 --> 00:00:01,900\nand goodbye\n"
GERMAN = "1\n00:00:00,200 --> 00:00:01,000\nGuten Tag\n"


def work(installation: Installation) -> None:
    handlers = {**PREPARING, **STORYBOARDS, **SUBTITLES_JOBS}
    worker.run(installation, handlers, threading.Event(), once=True)


def again(installation: Installation, kind: str, entered: Entered) -> None:
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(kind, entered.version_id)
    work(installation)


def captions(installation: Installation, entered: Entered) -> dict[str, tuple[str, int]]:
    with reading(installation.sessions) as session:
        rows = session.scalars(select(Captions).where(Captions.version_id == entered.version_id))
        return {row.language: (row.label, row.count) for row in rows}


@pytest.fixture
def subtitled(studio: Studio) -> Callable[[str, str], Path]:
    """A film with subtitles: two tracks of English, one of them of foreign words only, and one of German."""

    def subtitled(name: str, codec: str) -> Path:
        path = studio.folder / name
        if not path.exists():
            texts = [studio.write(f"{at}.srt", text.encode()) for at, text in enumerate((ENGLISH, ENGLISH, GERMAN))]
            words = [word for text in texts for word in ("-i", str(text))]
            studio.ffmpeg(
                "-i", str(studio.make("faststart.mp4")), *words, "-map", "0", "-map", "1", "-map", "2", "-map", "3",
                "-c", "copy", "-c:s", codec, "-metadata:s:s:0", "language=eng", "-disposition:s:0", "forced",
                "-metadata:s:s:1", "language=eng", "-metadata:s:s:1", "title=English (SDH)",
                "-metadata:s:s:2", "language=ger", str(path),
            )
        return path

    return subtitled


@pytest.mark.parametrize(("name", "codec"), [("a.mkv", "subrip"), ("b.mkv", "ass"), ("c.mp4", "mov_text")])
def test_subtitles_inside_a_film_become_captions_of_each_language(
    installation: Installation, enter: Enter, subtitled: Callable[[str, str], Path], name: str, codec: str
) -> None:
    entered = enter(subtitled(name, codec), name)
    work(installation)
    found = captions(installation, entered)
    assert found["de"] == ("Deutsch", 1)
    assert found["en"][1] == 2
    assert set(found) == {"de", "en"}
    assert "Guten Tag" in entered.path("captions-de.vtt").read_text()
    text = entered.path("captions-en.vtt").read_text()
    assert "00:00:00.200 --> 00:00:01.000\nHello <i>there</i>\n" in text


def test_captions_that_somebody_gave_stay_and_nothing_is_taken_twice(
    installation: Installation, enter: Enter, subtitled: Callable[[str, str], Path]
) -> None:
    entered = enter(subtitled("a.mkv", "subrip"), "a.mkv")
    work(installation)
    with writing(installation.sessions) as session:
        session.delete(session.get_one(File, (entered.version_id, "captions-en.vtt")))
        session.delete(session.get_one(Captions, (entered.version_id, "en")))
        file = session.get_one(File, (entered.version_id, "captions-de.vtt"))
        file.stored_as = "captions-de-0a1b2c3d.vtt"
    again(installation, SUBTITLES, entered)
    assert entered.files["captions-de.vtt"][0] == "captions-de-0a1b2c3d.vtt"
    before = entered.files
    assert "captions-en.vtt" in before
    again(installation, SUBTITLES, entered)
    assert entered.files == before


def test_a_film_gets_its_storyboard_after_it_can_be_watched_and_sound_gets_none(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    film, sound = enter(studio.make("faststart.mp4"), "a.mp4"), enter(studio.make("sound.mp3"), "b.mp3", Kind.AUDIO)
    work(installation)
    assert (film.item.state, sound.item.state) == (State.READY, State.READY)
    assert film.files["storyboard.vtt"][1] == "text/vtt"
    assert "storyboard.webp#xywh=0,0,160,90" in film.path("storyboard.vtt").read_text()
    with Image.open(film.path("storyboard.webp")) as sheet:
        assert (sheet.format, sheet.size) == ("WEBP", (160, 90))
    assert not any(name.startswith("storyboard") for name in sound.files)


def test_a_storyboard_made_again_takes_the_place_of_the_one_before(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    film = enter(studio.make("faststart.mp4"), "a.mp4")
    work(installation)
    before = film.files["storyboard.webp"][0]
    again(installation, STORYBOARD, film)
    after = film.files["storyboard.webp"][0]
    folder = installation.storage.version_folder(film.uid, 1)
    assert before != after
    assert [path.name for path in folder.glob("storyboard-*.webp")] == [after]
    assert len(list(folder.glob("storyboard-*.vtt"))) == 1


def test_how_loud_a_sound_is_is_kept(installation: Installation, enter: Enter, studio: Studio) -> None:
    sound, film = enter(studio.make("sound.wav"), "a.wav", Kind.AUDIO), enter(studio.make("faststart.mp4"), "b.mp4")
    work(installation)
    assert sound.version.probe is not None
    assert film.version.probe is not None
    assert sound.version.probe["loudness"] == pytest.approx(-21.8, abs=0.5)
    assert film.version.probe["loudness"] is None


def test_a_version_that_is_to_be_shown_has_its_own_captions_before_it_is(
    installation: Installation, enter: Enter, subtitled: Callable[[str, str], Path]
) -> None:
    entered = enter(subtitled("a.mkv", "subrip"), "a.mkv")
    with writing(installation.sessions) as session:
        session.get_one(Version, entered.version_id).takes_over = True
    worker.run(installation, PREPARING, threading.Event(), once=True)
    with reading(installation.sessions) as session:
        found = select(Job.kind, Job.priority).where(Job.kind.in_((SUBTITLES, TAKE_OVER)))
        priorities = {row.kind: row.priority for row in session.execute(found)}
    assert priorities[SUBTITLES] < priorities[TAKE_OVER]
