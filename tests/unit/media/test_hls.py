"""Streams as a player finds them: sizes that are cut at the same moments, and every track of sound."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import av
import pytest

from privmedia.errors import NoSpace
from privmedia.media import (
    Damaged,
    FileType,
    Probe,
    encoding,
    ffmpeg,
    hls,
    make_streams,
    playlists,
    probe,
    sniff,
    wants_streams,
)
from privmedia.media.playlists import Stream
from tests.unit.media.conftest import SMALL, Seen, Studio

Look = Callable[[Path], Seen]
TWO_SOUNDS = (
    "-f", "lavfi", "-i", "testsrc=size=854x480:rate=30000/1001:duration=9",
    "-f", "lavfi", "-i", "sine=frequency=440:duration=9", "-f", "lavfi", "-i", "sine=frequency=880:duration=9",
    "-map", "0", "-map", "1", "-map", "2", "-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu",
    "-pix_fmt", "yuv420p", "-preset", "ultrafast", "-c:a", "aac", "-movflags", "+faststart",
)
AS_IT_CAME = ("-c:v", "libx264", "-g", "250")
AS_WE_ENCODE = ("-c:v", "libx264", "-force_key_frames", "expr:gte(t,n_forced*2)", "-sc_threshold", "0", "-g", "60")
FRAME = 1001 / 30_000
"""Seconds."""


@dataclass(frozen=True)
class Made:
    """Streams that were made, in their folder."""

    folder: Path
    files: dict[str, str]

    @property
    def master(self) -> str:
        return (self.folder / hls.MASTER).read_text()

    def stream(self, name: str) -> Stream:
        return playlists.read_stream((self.folder / f"{name}-ab12.m3u8").read_text())


def film(studio: Studio, name: str, encoder: tuple[str, ...]) -> Path:
    path = studio.folder / name
    if not path.exists():
        studio.ffmpeg(*TWO_SOUNDS[:-6], *encoder, *TWO_SOUNDS[-6:], str(path))
    return path


@pytest.fixture(scope="module", params=[False, True], ids=["as it came", "as we encode"])
def made(request: pytest.FixtureRequest, studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Made:
    ours: bool = request.param
    path = film(studio, f"streams-{ours}.mp4", AS_WE_ENCODE if ours else AS_IT_CAME)
    folder = tmp_path_factory.mktemp("streams")
    work, out = folder / "work", folder / "out"
    work.mkdir()
    out.mkdir()
    seen = probed(path, work)
    files = make_streams(
        path, *seen, encoded_here=ours, tag="ab12", out=out, work=work, ffmpeg=ffmpeg.find()
    )
    assert list(work.iterdir()) == []
    return Made(out, files)


def probed(path: Path, work: Path) -> tuple[FileType, Probe]:
    file_type = sniff(path, path.name)
    return file_type, probe(path, file_type, work=work)


def test_there_is_a_playlist_and_a_file_for_each_size_and_each_sound_and_nothing_else(made: Made) -> None:
    names = ["480p-ab12", "360p-ab12", "sound-1-ab12", "sound-2-ab12"]
    expected = {"master.m3u8", *(f"{name}.{end}" for name in names for end in ("m3u8", "mp4"))}
    assert set(made.files) == expected
    assert {path.name for path in made.folder.iterdir()} == expected
    assert made.files["480p-ab12.mp4"] == "video/mp4"
    assert made.files["sound-1-ab12.mp4"] == "audio/mp4"
    assert made.files["master.m3u8"] == made.files["480p-ab12.m3u8"] == "application/vnd.apple.mpegurl"


def test_every_size_is_cut_at_the_same_moments_each_with_a_keyframe(made: Made) -> None:
    large, small = made.stream("480p"), made.stream("360p")
    assert [round(one.seconds, 3) for one in large.segments] == [round(one.seconds, 3) for one in small.segments]
    assert large.seconds == pytest.approx(9, abs=2 * FRAME)
    for name, stream in (("480p", large), ("360p", small)):
        with av.open(str(made.folder / f"{name}-ab12.mp4")) as container:
            (track,) = container.streams.video
            keyframes = [
                float(packet.pts * track.time_base)
                for packet in container.demux(track)
                if packet.is_keyframe and packet.pts is not None and packet.dts is not None
            ]
        begins = [sum(one.seconds for one in stream.segments[:number]) for number in range(len(stream.segments))]
        for begin in begins:
            assert any(abs(keyframe - keyframes[0] - begin) < FRAME / 2 for keyframe in keyframes)


def test_each_segment_can_be_decoded_by_itself(made: Made, tmp_path: Path) -> None:
    stream = made.stream("360p")
    data = (made.folder / stream.file).read_bytes()
    assert len(data) == stream.segments[-1].start + stream.segments[-1].size
    for segment in stream.segments:
        alone = tmp_path / "segment.mp4"
        alone.write_bytes(data[: stream.head] + data[segment.start : segment.start + segment.size])
        with av.open(str(alone)) as container:
            count = sum(1 for _frame in container.decode(video=0))
        assert count == pytest.approx(segment.seconds / FRAME, abs=1.01)


def test_what_the_master_playlist_says_is_so(made: Made) -> None:
    assert "RESOLUTION=854x480" in made.master
    assert "RESOLUTION=640x360" in made.master
    assert 'LANGUAGE="eng"' in made.master
    assert 'LANGUAGE="deu"' in made.master
    for name in ("480p", "360p"):
        with av.open(str(made.folder / f"{name}-ab12.mp4")) as container:
            context = container.streams.video[0].codec_context
            extra = context.extradata
        assert f"avc1.{extra[1:4].hex()}," in made.master


def test_pictures_and_sound_begin_together(made: Made) -> None:
    """By the times in the fragments themselves: a player may overlook an edit list."""
    film, sound = (made.folder / f"{name}-ab12.mp4" for name in ("360p", "sound-1"))
    for path in (film, sound):
        data = path.read_bytes()
        begins = data.index(b"tfdt") + 4
        assert data[begins : begins + 12] == b"\1" + bytes(11)
    assert b"elst" not in film.read_bytes() or empty_edits(film) == 0


def empty_edits(path: Path) -> int:
    """How many of a file's edits are a pause before it begins."""
    data = path.read_bytes()
    at = data.index(b"elst") + 8
    count = int.from_bytes(data[at : at + 4])
    edits = [data[at + 4 + 12 * number : at + 16 + 12 * number] for number in range(count)]
    return sum(edit[4:8] == b"\xff" * 4 for edit in edits)


@pytest.mark.parametrize(
    ("seconds", "size", "height", "sounds", "wanted"),
    [
        (hls.FROM_SECONDS, 10**6, 720, 1, True),
        (hls.FROM_SECONDS - 1, 10**6, 720, 1, False),
        (60, hls.FROM_BYTES, 720, 1, True),
        (3600, 10**9, 360, 1, False),
        (10, 10**6, 360, 2, True),
        (3600, 10**9, 480, 0, True),
    ],
)
def test_long_films_and_those_with_several_sounds_are_had_in_streams(
    studio: Studio, look: Look, seconds: float, size: int, height: int, sounds: int, wanted: bool
) -> None:
    found = look(studio.make("faststart.mp4")).probe
    changed = replace(found, duration=seconds, width=height * 16 // 9, height=height, audio=found.audio * sounds)
    assert wants_streams(changed, size) is wanted


def test_sound_alone_and_pictures_are_not(studio: Studio, look: Look) -> None:
    assert not wants_streams(look(studio.make("sound.m4a")).probe, 10**9)


def test_a_film_of_many_sounds_has_them_all(studio: Studio, look: Look, work: Path, tmp_path: Path) -> None:
    path = studio.folder / "forty-sounds.mp4"
    studio.ffmpeg(
        *SMALL, "-f", "lavfi", "-i", "sine=duration=1", "-map", "0", *["-map", "1"] * 40, "-c:v", "libx264",
        "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", str(path),
    )
    out = tmp_path / "out"
    out.mkdir()
    seen = look(path)
    files = make_streams(
        path, seen.file_type, seen.probe, encoded_here=False, tag="ab12", out=out, work=work, ffmpeg=ffmpeg.find()
    )
    assert sum(name.startswith("sound-") and name.endswith(".mp4") for name in files) == 40


def test_a_sound_that_ends_early_is_silent_to_the_end_of_the_pictures(
    studio: Studio, look: Look, work: Path, tmp_path: Path
) -> None:
    """A player that comes to where a sound has nothing waits for it for ever."""
    path = studio.folder / "short-sounds.mp4"
    studio.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=6", "-f", "lavfi", "-i", "sine=duration=2",
        "-f", "lavfi", "-i", "sine=duration=6", "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264",
        "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart", str(path),
    )
    out = tmp_path / "out"
    out.mkdir()
    seen = look(path)
    files = make_streams(
        path, seen.file_type, seen.probe, encoded_here=False, tag="ab12", out=out, work=work, ffmpeg=ffmpeg.find()
    )
    made = Made(out, files)
    for name in ("sound-1", "sound-2"):
        assert made.stream(name).seconds == pytest.approx(6, abs=0.1)


def test_what_cannot_be_cut_leaves_nothing(studio: Studio, look: Look, work: Path, tmp_path: Path) -> None:
    """Keyframes ten seconds apart, and the claim that they are where we put them."""
    path = film(studio, "streams-False.mp4", AS_IT_CAME)
    out = tmp_path / "out"
    out.mkdir()
    seen = look(path)
    with pytest.raises(Damaged, match="cannot be cut"):
        make_streams(
            path, seen.file_type, seen.probe, encoded_here=True, tag="ab12", out=out, work=work, ffmpeg=ffmpeg.find()
        )
    assert list(out.iterdir()) == []


def test_a_full_disk_is_told_as_one(
    studio: Studio, look: Look, work: Path, tmp_path: Path
) -> None:
    path = film(studio, "streams-True.mp4", AS_WE_ENCODE)
    seen = look(path)
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho 'out.mp4: No space left on device' >&2\nexit 0\n")
    program.chmod(0o755)
    with pytest.raises(NoSpace):
        make_streams(
            path, seen.file_type, seen.probe, encoded_here=True, tag="ab12", out=tmp_path, work=work, ffmpeg=program
        )


def test_the_ladder_is_that_of_the_encodings() -> None:
    assert [rung.name for rung in encoding.rungs_for(854, 480)] == ["480p", "360p"]
