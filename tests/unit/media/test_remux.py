"""Playable files: what a browser would find in them."""
from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from privmedia.errors import NoSpace
from privmedia.media import CannotCopy, Damaged, Probe, ToolMissing, Verdict, ffmpeg, make_playable
from tests.unit.media.conftest import Seen, Studio, picture
from tests.unit.media.test_playability import PLAYED_AS_THEY_ARE, REPACKED

Look = Callable[[Path], Seen]
PROGRAMS = sorted({str(path) for path in (ffmpeg.find(), ffmpeg.bundled()) if path})


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> Path:
    """The installed ffmpeg and the one in the wheel: versions years apart."""
    return Path(request.param)


def frames(program: Path, path: Path) -> str:
    """A sum over every decoded picture."""
    found = subprocess.run(
        [program, "-nostdin", "-v", "error", "-i", path, "-map", "0:v:0", "-f", "framemd5", "-"],
        check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )
    return "\n".join(line.rpartition(",")[2] for line in found.stdout.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("name", REPACKED)
def test_a_repacked_file_starts_at_once_and_loses_nothing(
    studio: Studio, look: Look, work: Path, tmp_path: Path, program: Path, name: str
) -> None:
    path = studio.make(name)
    before = path.read_bytes()
    seen = look(path)
    out = tmp_path / REPACKED[name]
    progress: list[float] = []
    made = make_playable(
        path, seen.file_type, seen.probe, seen.decision, out=out, work=work, ffmpeg=program, on_progress=progress.append
    )
    again = look(out)
    assert again.decision.verdict is Verdict.PLAY
    assert again.probe == made
    assert made.faststart is not False
    assert made.duration == pytest.approx(2.0, abs=0.2)
    assert (made.width, made.height) == (seen.probe.width, seen.probe.height)
    assert not made.located
    if made.video:
        assert frames(program, out) == frames(program, path)
    assert path.read_bytes() == before
    assert list(work.iterdir()) == []
    assert all(0 <= share <= 1 for share in progress)
    assert progress == sorted(progress)


def test_languages_and_turns_are_kept(studio: Studio, look: Look, work: Path, tmp_path: Path, program: Path) -> None:
    path = studio.make("h264.mkv")
    made = repack(look(path), path, work, tmp_path, program)
    assert [(sound.codec, sound.language) for sound in made.audio] == [("aac", "deu")]
    path = studio.portrait()
    seen = look(path)
    assert seen.decision.verdict is Verdict.REMUX
    made = repack(seen, path, work, tmp_path, program)
    assert (made.width, made.height) == (180, 320)
    assert made.video[0].rotation == seen.probe.video[0].rotation


def repack(seen: Seen, path: Path, work: Path, folder: Path, program: Path) -> Probe:
    return make_playable(
        path, seen.file_type, seen.probe, seen.decision, out=folder / (seen.decision.play_name or ""), work=work,
        ffmpeg=program,
    )


@pytest.mark.parametrize("name", PLAYED_AS_THEY_ARE)
def test_what_is_played_as_it_is_takes_no_space(
    studio: Studio, look: Look, work: Path, tmp_path: Path, name: str
) -> None:
    path = studio.make(name)
    seen = look(path)
    out = tmp_path / PLAYED_AS_THEY_ARE[name][0]
    make_playable(path, seen.file_type, seen.probe, seen.decision, out=out, work=work)
    assert out.samefile(path)


def test_a_picture_played_as_it_is_takes_no_space(studio: Studio, look: Look, work: Path, tmp_path: Path) -> None:
    path = studio.write("plain.png", picture("PNG"))
    seen = look(path)
    out = tmp_path / "play.png"
    make_playable(path, seen.file_type, seen.probe, seen.decision, out=out, work=work)
    assert out.samefile(path)


def test_a_film_that_stops_early_is_damaged(studio: Studio, look: Look, work: Path, tmp_path: Path) -> None:
    path = studio.make("index-last.mp4")
    seen = look(path)
    longer = replace(seen, probe=replace(seen.probe, duration=3723.0))
    with pytest.raises(Damaged) as damaged:
        repack(longer, path, work, tmp_path, ffmpeg.find())
    assert damaged.value.sentence == "The file is damaged: it stops after 0:02 of 1:02:03."
    assert not (tmp_path / "play.mp4").exists()


def test_streams_that_do_not_fit_are_left_to_conversion(
    studio: Studio, look: Look, work: Path, tmp_path: Path
) -> None:
    path = studio.make("prores.mov")
    seen = look(path)
    forced = replace(seen.decision, verdict=Verdict.REMUX, play_name="play.webm", muxer="webm", streams=(0,))
    with pytest.raises(CannotCopy):
        make_playable(
            path, seen.file_type, seen.probe, forced, out=tmp_path / "play.webm", work=work, ffmpeg=ffmpeg.find()
        )
    assert not (tmp_path / "play.webm").exists()


@pytest.mark.parametrize("status", [0, 228])
def test_a_full_disk_is_not_blamed_on_the_file(
    studio: Studio, look: Look, work: Path, tmp_path: Path, status: int
) -> None:
    """ffmpeg 5.1 ends with 0 on a full disk, later versions with an error."""
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\necho 'Error writing trailer: No space left on device' >&2\nexit {status}\n")
    program.chmod(0o755)
    path = studio.make("index-last.mp4")
    with pytest.raises(NoSpace):
        repack(look(path), path, work, tmp_path, program)


def test_a_worker_that_loses_its_lease_stops_copying(
    studio: Studio, look: Look, work: Path, tmp_path: Path
) -> None:
    class LeaseLost(Exception):
        pass

    def lose(_share: float) -> None:
        raise LeaseLost

    path = studio.make("index-last.mp4")
    seen = look(path)
    with pytest.raises(LeaseLost):
        make_playable(
            path, seen.file_type, seen.probe, seen.decision, out=tmp_path / "play.mp4", work=work,
            ffmpeg=ffmpeg.find(), on_progress=lose,
        )
    assert not (tmp_path / "play.mp4").exists()


def test_ffmpeg_is_found_by_setting_then_path_then_in_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tmp_path / "my-ffmpeg"
    chosen.write_text("#!/bin/sh\n")
    chosen.chmod(0o755)
    assert ffmpeg.find(str(chosen)) == chosen
    (tmp_path / "ffmpeg").symlink_to(chosen)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ffmpeg.find() == tmp_path / "ffmpeg"
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert "imageio_ffmpeg" in str(ffmpeg.find())


def test_an_ffmpeg_setting_that_leads_nowhere_is_not_passed_over() -> None:
    with pytest.raises(ToolMissing, match="/nowhere/ffmpeg, does not exist"):
        ffmpeg.find("/nowhere/ffmpeg")
