"""Hundreds of hostile files go all the way: looked into, pictured, copied, converted. Few of them each time, all with
`PRIVMEDIA_FAULTS=full`. Nobody is called, nothing else is read, nothing goes on running, the next file is prepared."""
from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from privmedia.errors import RefusedType
from privmedia.media import (
    CannotCopy,
    Damaged,
    FileType,
    Probe,
    TookTooLong,
    Verdict,
    conversion,
    convert,
    decide,
    extract_subtitles,
    ffmpeg,
    make_playable,
    make_poster,
    make_storyboard,
    make_waveform,
    probe,
    sniff,
)
from privmedia.media.filetype import TYPES
from privmedia.media.probe import Subtitles
from tests.faults import FULL
from tests.unit.media import hostile
from tests.unit.media.conftest import Studio
from tests.unit.media.test_hostile import CANARY
from tests.unit.media.test_sandbox import listener

MUTATED = 250 if FULL else 4
"""Of each block."""
BLOCKS = 8 if FULL else 1
EVERY = 1 if FULL else 167
"""Which of the handmade ones are looked at."""
SOUND = ("film.mp4", "film.mkv", "film.avi", "film.ts", "talk.mp3")
MADE_FROM = {
    "film.mp4": "two-sounds.mp4", "film.mkv": "h264.mkv", "film.avi": "old.avi", "film.ts": "broadcast.ts",
    "talk.mp3": "sound.mp3",
}
NO_GOOD = (Damaged, CannotCopy, TookTooLong)


@dataclass(frozen=True)
class Stage:
    """Sound files to start from, and what is known of one of them."""

    genuine: dict[str, bytes]
    file_type: FileType
    probe: Probe


@pytest.fixture(scope="module")
def stage(studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    work = tmp_path_factory.mktemp("stage")
    path = studio.make("old.avi")
    genuine = {name: studio.make(source).read_bytes() for name, source in MADE_FROM.items()}
    return Stage(genuine, TYPES["avi"], probe(path, TYPES["avi"], work=work))


def go_through(path: Path, name: str, stage: Stage, folder: Path) -> None:
    """Everything that is ever done with a file, also where an earlier step has refused it."""
    counter = iter(range(100))

    def work() -> Path:
        inside = folder / f"work-{next(counter)}"
        inside.mkdir()
        return inside

    file_type, found = TYPES["mp4"], stage.probe
    with suppress(RefusedType):
        file_type = sniff(path, name)
    if not file_type.demuxer:
        file_type = TYPES["mp4"]
    with suppress(*NO_GOOD):
        found = probe(path, file_type, work=work())
    program = ffmpeg.find()
    with suppress(*NO_GOOD):
        make_poster(path, file_type, found, out=folder / "poster.webp", small=folder / "small.webp", work=work())
    with suppress(*NO_GOOD):
        make_storyboard(path, file_type, length=2, out=folder / "storyboard.webp", work=work())
    with suppress(*NO_GOOD):
        make_waveform(path, file_type, out=folder / "waveform.json", work=work())
    for decision in (decide(file_type, found), conversion(found, "")):
        out = folder / f"{decision.verdict}-{decision.play_name}"
        with suppress(*NO_GOOD):
            if decision.verdict is Verdict.REMUX:
                make_playable(path, file_type, found, decision, out=out, work=work(), ffmpeg=program)
            elif decision.verdict is Verdict.CONVERT:
                # A length that was made up is no reason to wait for hours.
                short = replace(found, duration=min(found.duration or 2.0, 2.0))
                convert(path, file_type, short, replace(decision, copies_film=False), out=out, work=work(),
                        ffmpeg=program)
    with suppress(*NO_GOOD):
        texts = extract_subtitles(path, file_type, [Subtitles(2, "subrip")], work=work(), ffmpeg=program)
        (folder / "subtitles.vtt").write_text("\n".join(texts.values()))


def children() -> set[int]:
    """The processes that this one has started and that live."""
    here = Path(f"/proc/self/task/{os.getpid()}/children")
    return {int(number) for number in here.read_text().split()}


def assert_nothing_came_of_it(folder: Path, before: set[int]) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            assert CANARY not in path.read_bytes()
    assert children() <= before


@pytest.fixture
def neighbour(studio: Studio, tmp_path: Path) -> Path:
    """A file that is none of theirs, and plays."""
    path = tmp_path / "segment.ts"
    path.write_bytes(CANARY + studio.make("broadcast.ts").read_bytes() + CANARY)
    return path


@pytest.fixture
def sound_afterwards(studio: Studio, tmp_path: Path) -> Callable[[], None]:
    def sound_afterwards() -> None:
        work = tmp_path / "afterwards"
        work.mkdir()
        assert probe(studio.make("faststart.mp4"), TYPES["mp4"], work=work).video

    return sound_afterwards


def test_there_are_enough_of_them(stage: Stage, neighbour: Path) -> None:
    assert len(list(hostile.handmade(stage.genuine, 1, neighbour))) >= 200


def test_handmade_files_call_nobody_read_nothing_and_leave_nothing(
    stage: Stage, neighbour: Path, tmp_path: Path, sound_afterwards: Callable[[], None]
) -> None:
    before = children()
    with listener() as (port, calls):
        for number, (what, name, data) in enumerate(hostile.handmade(stage.genuine, port, neighbour)):
            if number % EVERY:
                continue
            folder = tmp_path / str(number)
            folder.mkdir()
            path = folder / "original"
            path.write_bytes(data)
            go_through(path, name, stage, folder)
            path.unlink()
            assert calls == [], what
            assert_nothing_came_of_it(folder, before)
    sound_afterwards()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_files_with_wrong_bytes_get_an_outcome_and_leave_nothing(
    stage: Stage, tmp_path: Path, sound_afterwards: Callable[[], None], block: int
) -> None:
    before = children()
    for number in range(block * MUTATED, (block + 1) * MUTATED):
        name = SOUND[number % len(SOUND)]
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "original"
        path.write_bytes(hostile.mutated(name, stage.genuine[name], number))
        go_through(path, name, stage, folder)
        assert_nothing_came_of_it(folder, before)
    sound_afterwards()


def test_attachments_and_fonts_with_names_that_lead_elsewhere_are_written_nowhere(
    studio: Studio, stage: Stage, tmp_path: Path
) -> None:
    font = studio.write("font.ttf", CANARY)
    path = tmp_path / "film.mkv"
    studio.ffmpeg("-i", str(studio.make("dolby.mkv")), "-attach", str(font), "-metadata:s:t:0",
                  "mimetype=application/x-truetype-font", "-metadata:s:t:0", "filename=../../../evil.ttf", "-c", "copy",
                  str(path))
    folder = tmp_path / "all"
    folder.mkdir()
    go_through(path, "film.mkv", stage, folder)
    assert (folder / "convert-play.mp4").exists()
    assert not list(tmp_path.parent.rglob("evil*"))
    assert_nothing_came_of_it(folder, children())


@pytest.mark.parametrize(("name", "number"), [("film.ts", 353), ("film.mp4", 540)])
def test_what_changes_in_the_middle_is_no_fault_of_the_server(
    stage: Stage, tmp_path: Path, name: str, number: int
) -> None:
    """Of the files with wrong bytes: one begins in the middle of a broadcast, the sound of one changes its form."""
    path = tmp_path / "original"
    path.write_bytes(hostile.mutated(name, stage.genuine[name], number))
    go_through(path, name, stage, tmp_path)
