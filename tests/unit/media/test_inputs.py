"""Whatever people upload plays, or says why not: each file of the table from its first bytes to what is played."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from privmedia.media import Probe, Verdict, convert, ffmpeg, make_playable, make_poster
from tests.faults import FULL
from tests.unit.media.conftest import Seen, Studio
from tests.unit.media.inputs import CONVERTED, IN_SHORT, INPUTS, NEVER, Input

Look = Callable[[Path], Seen]
LOOKED_AT = tuple(INPUTS) if FULL else IN_SHORT


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(INPUTS) >= 60
    assert len(IN_SHORT) == 20


def made(path: Path, seen: Seen, out: Path, work: Path) -> Probe:
    """What is played, and what is in it."""
    arguments = (path, seen.file_type, seen.probe, seen.decision)
    if seen.decision.verdict is CONVERTED:
        return convert(*arguments, out=out, work=work, ffmpeg=ffmpeg.find())
    return make_playable(*arguments, out=out, work=work, ffmpeg=ffmpeg.find())


@pytest.mark.parametrize("name", LOOKED_AT)
def test_it_plays_or_says_why_not(studio: Studio, look: Look, work: Path, tmp_path: Path, name: str) -> None:
    wanted, path = INPUTS[name], tmp_path / name
    studio.ffmpeg(*wanted.words, str(path))
    before = path.read_bytes()
    seen = look(path)
    assert seen.decision.verdict is wanted.becomes
    if wanted.reason:
        assert seen.decision.reason == wanted.reason
    if wanted.becomes is NEVER:
        assert seen.decision.reason
        return
    out = tmp_path / str(seen.decision.play_name)
    assert_as_wanted(made(path, seen, out, work), wanted)
    assert look(out).decision.verdict is Verdict.PLAY
    assert path.read_bytes() == before
    if wanted.seen is not None:
        out, small = tmp_path / "poster.webp", tmp_path / "small.webp"
        assert make_poster(path, seen.file_type, seen.probe, out=out, small=small, work=work)


def assert_as_wanted(result: Probe, wanted: Input) -> None:
    assert (result.width, result.height) == (wanted.seen or (None, None))
    assert len(result.audio) == wanted.sounds
    assert result.duration == pytest.approx(wanted.seconds, abs=0.3)
    if wanted.becomes is not CONVERTED:
        return
    assert result.faststart
    assert all(sound.codec == "aac" and sound.channels == 2 for sound in result.audio)
    if wanted.sounds == 2:
        assert [sound.language for sound in result.audio] == ["eng", "deu"]
    for film in result.video:
        assert (film.codec, film.pix_fmt, film.sample_aspect, film.interlaced) == ("h264", "yuv420p", 1.0, False)
        assert not film.transfer
        assert wanted.fps is None or film.fps == pytest.approx(wanted.fps, abs=0.1)


def test_a_film_with_a_hole_in_the_middle_plays_on_behind_it(
    studio: Studio, look: Look, work: Path, tmp_path: Path
) -> None:
    path, data = tmp_path / "original", bytearray(studio.make("ten-seconds.mp4").read_bytes())
    start = data.index(b"mdat") + 4 + (len(data) - data.index(b"mdat")) // 3
    data[start : start + len(data) // 6] = bytes(len(data) // 6)
    path.write_bytes(data)
    seen, said = look(path), list[str]()
    out = tmp_path / "play.mp4"
    arguments = (path, seen.file_type, seen.probe, seen.decision)
    result = convert(*arguments, out=out, work=work, ffmpeg=ffmpeg.find(), on_log=said.append)
    assert result.duration == pytest.approx(10, abs=0.5)
    assert "Invalid data" in "".join(said)
