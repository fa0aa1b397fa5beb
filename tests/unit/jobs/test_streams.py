"""Films in several sizes: when they are made, what is there then, and what changes with the film and its captions."""
from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from sqlalchemy import select

from privmedia.accounts.identity import Identity
from privmedia.captions.cues import Cue
from privmedia.captions.keeping import Place, keep_captions, remove_captions
from privmedia.captions.stream_jobs import HANDLERS as LISTING
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.library.jobs import HANDLERS as PREPARING
from privmedia.library.models import PREPARE, STREAMS, State
from privmedia.renditions.convert_jobs import HANDLERS as CONVERTING
from privmedia.renditions.stream_jobs import HANDLERS as CUTTING
from tests.conftest import Person
from tests.unit.jobs.conftest import Entered
from tests.unit.media.conftest import PICTURE, SOUND, Studio

Enter = Callable[..., Entered]
ALL = {**PREPARING, **CONVERTING, **CUTTING, **LISTING}
SOMEBODY = Identity(
    user_id=1, session_id=None, name="Maren", email="maren@example.test", is_admin=True, is_guest=False,
    group_ids=frozenset(), csrf_secret="", last_used_at=datetime(2026, 11, 23, tzinfo=UTC),
)


def work(installation: Installation) -> None:
    worker.run(installation, ALL, threading.Event(), once=True)


@pytest.fixture(scope="module")
def two_sounds(studio: Studio) -> Path:
    """A film of two seconds that browsers play as it is, in Norwegian and in German."""
    path = studio.folder / "two-languages.mp4"
    studio.ffmpeg(
        *PICTURE, *SOUND, "-map", "0:v", "-map", "1:a", "-map", "1:a", "-metadata:s:a:0", "language=nor",
        "-metadata:s:a:1", "language=deu", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast",
        "-c:a", "aac", "-movflags", "+faststart", str(path),
    )
    return path


def streams(entered: Entered) -> dict[str, str]:
    """What there is of streams: name to what it is stored as."""
    return {name: stored for name, (stored, _type) in entered.files.items() if name.startswith("hls/")}


def on_the_disk(entered: Entered) -> set[str]:
    folder = entered.installation.storage.version_folder(entered.uid, 1)
    return {path.name for path in folder.iterdir() if path.name.startswith("hls-")}


def master(entered: Entered) -> str:
    return entered.path("hls/master.m3u8").read_text()


def put(entered: Entered, language: str, label: str) -> None:
    place = Place(entered.item.id, entered.uid, 1)
    said = [Cue(start=0, end=1000, text="Warm it.")]
    keep_captions(entered.installation, SOMEBODY, place, language=language, label=label, read=said)


def test_a_film_with_two_sounds_is_ready_first_and_has_its_streams_afterwards(
    installation: Installation, enter: Enter, two_sounds: Path
) -> None:
    entered = enter(two_sounds, "talk.mp4")
    worker.run(installation, PREPARING, threading.Event(), once=True)
    assert (entered.item.state, streams(entered)) == (State.READY, {})
    work(installation)
    found = streams(entered)
    assert set(on_the_disk(entered)) == set(found.values())
    lines = [line for line in master(entered).splitlines() if line and not line.startswith("#")]
    assert len(lines) == 1
    assert f"hls/{lines[0]}" in found
    assert 'LANGUAGE="nor"' in master(entered)
    assert 'LANGUAGE="deu"' in master(entered)
    # A playlist names its file by the name it has in the same folder of addresses.
    text = entered.path(f"hls/{lines[0]}").read_text()
    named = {line for line in text.splitlines() if line and not line.startswith("#")}
    assert {f"hls/{name}" for name in named} <= set(found)


def test_a_short_film_with_one_sound_has_none(installation: Installation, enter: Enter, studio: Studio) -> None:
    entered = enter(studio.make("faststart.mp4"), "short.mp4")
    work(installation)
    assert (entered.item.state, streams(entered)) == (State.READY, {})
    with reading(installation.sessions) as session:
        assert session.scalars(select(Job).where(Job.kind == STREAMS)).all() == []


def test_a_film_that_was_converted_is_cut_where_it_was_encoded_to_be_cut(
    installation: Installation, enter: Enter, studio: Studio
) -> None:
    path = studio.folder / "two-languages.avi"
    studio.ffmpeg(
        *PICTURE, *SOUND, "-map", "0:v", "-map", "1:a", "-map", "1:a", "-c:v", "mpeg4", "-c:a", "mp3", str(path)
    )
    entered = enter(path, "old.avi")
    work(installation)
    name = next(name for name in streams(entered) if name.startswith("hls/360p") and name.endswith(".mp4"))
    # The same pictures, not encoded again.
    assert pictures(entered.path(name)) == pictures(entered.path("play.mp4"))


def pictures(path: Path) -> list[bytes]:
    """The encoded pictures of a film, one by one."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.dts is not None]


def test_streams_made_again_have_other_names_and_nothing_of_the_old_ones_stays(
    installation: Installation, enter: Enter, two_sounds: Path
) -> None:
    entered = enter(two_sounds, "talk.mp4")
    work(installation)
    before = streams(entered)
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(PREPARE, entered.version_id)
    work(installation)
    after = streams(entered)
    assert set(after) & set(before) == {"hls/master.m3u8"}
    assert not set(after.values()) & set(before.values())
    assert on_the_disk(entered) == set(after.values())


def test_captions_are_listed_when_they_come_change_their_name_and_go(
    installation: Installation, enter: Enter, two_sounds: Path, make_person: Callable[..., Person]
) -> None:
    assert make_person("maren@example.test").id == SOMEBODY.user_id
    entered = enter(two_sounds, "talk.mp4")
    work(installation)
    bare = master(entered)
    put(entered, "en", "English")
    put(entered, "pt-br", "Português")
    work(installation)
    assert 'NAME="English",LANGUAGE="en"' in master(entered)
    assert 'NAME="Português",LANGUAGE="pt-br"' in master(entered)
    listed = next(name for name in streams(entered) if name.startswith("hls/captions-en-"))
    assert "../../captions-en.vtt?v=1" in entered.path(listed).read_text()
    assert on_the_disk(entered) == set(streams(entered).values())
    for language in ("en", "pt-br"):
        remove_captions(installation, SOMEBODY, Place(entered.item.id, entered.uid, 1), language=language)
    work(installation)
    assert master(entered) == bare
    assert on_the_disk(entered) == set(streams(entered).values())


def test_captions_that_were_there_before_the_streams_are_listed_with_them(
    installation: Installation, enter: Enter, two_sounds: Path, make_person: Callable[..., Person]
) -> None:
    assert make_person("maren@example.test").id == SOMEBODY.user_id
    entered = enter(two_sounds, "talk.mp4")
    worker.run(installation, PREPARING, threading.Event(), once=True)
    put(entered, "en", "English")
    work(installation)
    assert 'LANGUAGE="en"' in master(entered)


def test_a_film_that_cannot_be_cut_plays_as_before_and_the_job_says_why(
    installation: Installation, enter: Enter, two_sounds: Path, tmp_path: Path
) -> None:
    entered = enter(two_sounds, "talk.mp4")
    worker.run(installation, PREPARING, threading.Event(), once=True)
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'moov atom not found' >&2\nexit 1\n")
    program.chmod(0o755)
    object.__setattr__(installation.settings, "ffmpeg", str(program))
    worker.run(installation, CUTTING, threading.Event(), once=True)
    assert (entered.item.state, streams(entered), on_the_disk(entered)) == (State.READY, {}, set())
    with reading(installation.sessions) as session:
        job = session.scalars(select(Job).where(Job.kind == STREAMS)).one()
        assert (job.state, job.error.startswith("The sizes for slow lines")) == (JobState.FAILED, True)
