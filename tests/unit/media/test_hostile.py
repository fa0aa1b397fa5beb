"""Files made to fetch, to read, to fill, to hang: nothing leaves, nothing is read, the next file is prepared."""
from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from privmedia.errors import RefusedType
from privmedia.media import (
    CannotCopy,
    Damaged,
    Decision,
    Kind,
    Verdict,
    decide,
    ffmpeg,
    make_playable,
    make_poster,
    probe,
    sandbox,
    sniff,
)
from privmedia.media.filetype import TYPES
from tests.faults import FULL
from tests.unit.media.conftest import Seen, Studio, pdf
from tests.unit.media.test_sandbox import listener

Look = Callable[[Path], Seen]
CANARY = b"CANARY-5b1e7c"
LISTS = ("hls", "hls-local", "ffconcat", "dash", "sdp")


def pointing(kind: str, port: int, local: Path) -> bytes:
    """A file of one kind that names an address on this machine, or a file next to it."""
    start = "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n"
    return {
        "hls": f"{start}http://127.0.0.1:{port}/a.ts\n#EXT-X-ENDLIST\n",
        "hls-local": f"{start}{local}\n#EXT-X-ENDLIST\n",
        "ffconcat": f"ffconcat version 1.0\nfile '{local}'\n",
        "dash": f'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1:{port}/</BaseURL></MPD>',
        "sdp": f"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n",
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1:{port}/a.png"/></svg>',
    }[kind].encode()


@pytest.mark.parametrize("kind", [*LISTS, "svg"])
def test_a_list_of_addresses_called_a_film_is_refused_and_nobody_is_called(tmp_path: Path, kind: str) -> None:
    with listener() as (port, calls):
        path = tmp_path / "film.mp4"
        path.write_bytes(pointing(kind, port, tmp_path))
        with pytest.raises(RefusedType):
            sniff(path, "film.mp4")
    assert calls == []


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("taken_for", ["mp4", "matroska", "mpegts"])
def test_even_taken_for_media_it_reaches_neither_the_network_nor_other_files(
    studio: Studio, work: Path, tmp_path: Path, kind: str, taken_for: str
) -> None:
    """The first guard is told the wrong thing here: the others hold by themselves."""
    local = tmp_path / "segment.ts"
    local.write_bytes(studio.make("broadcast.ts").read_bytes() + CANARY)
    path, play, poster = tmp_path / "film", tmp_path / "play.mp4", tmp_path / "poster.webp"
    genuine = studio.make("index-last.mp4")
    found = probe(genuine, sniff(genuine), work=work)
    decision = decide(sniff(genuine), found)
    with listener() as (port, calls):
        path.write_bytes(pointing(kind, port, local))
        with pytest.raises(Damaged):
            probe(path, TYPES[taken_for], work=work)
        with pytest.raises(Damaged):
            make_poster(path, TYPES[taken_for], found, out=poster, small=poster.with_name("small.webp"), work=work)
        with pytest.raises(CannotCopy):
            make_playable(path, TYPES[taken_for], found, decision, out=play, work=work, ffmpeg=ffmpeg.find())
    assert calls == []
    assert not play.exists()
    assert not poster.exists()


def test_a_playlist_inside_the_sandbox_cannot_reach_a_segment_even_with_every_guard_of_ffmpeg_off(
    studio: Studio, work: Path, tmp_path: Path
) -> None:
    """What remains if a demuxer is tricked: the folder of the child, and nothing else."""
    local = tmp_path / "segment.ts"
    local.write_bytes(studio.make("broadcast.ts").read_bytes() + CANARY)
    path = tmp_path / "film.m3u8"
    path.write_bytes(pointing("hls-local", 1, local))
    words = [str(ffmpeg.find()), "-nostdin", "-v", "error", "-allowed_extensions", "ALL", "-f", "hls", "-i", str(path),
             "-c", "copy", "-f", "mpegts"]
    assert sandbox.run([*words, str(work / "stolen.ts")], reads=[path, local], work=work).code == 0
    assert (work / "stolen.ts").stat().st_size > 10_000
    (work / "stolen.ts").unlink()
    sandbox.run([*words, str(work / "stolen.ts")], reads=[path], work=work)
    stolen = work / "stolen.ts"
    assert not stolen.exists() or stolen.stat().st_size == 0


@pytest.mark.parametrize("name", ["index-last.mp4", "h264.mkv", "broadcast.ts", "old.avi", "sound.mp3", "vp9.webm"])
@pytest.mark.parametrize("seed", range(3 if FULL else 1))
def test_a_file_with_wrong_bits_gets_an_outcome_and_leaves_nothing_behind(
    studio: Studio, work: Path, tmp_path: Path, name: str, seed: int
) -> None:
    dice = random.Random(f"{name} {seed}")
    data = bytearray(studio.make(name).read_bytes())
    for _ in range(dice.choice((3, 30, 300))):
        data[dice.randrange(64, len(data))] = dice.randrange(256)
    path = tmp_path / "original"
    path.write_bytes(data)
    file_type = sniff(path, name)
    out = tmp_path / "poster.webp"
    try:
        found = probe(path, file_type, work=work)
        decision = decide(file_type, found)
        made = make_poster(path, file_type, found, out=out, small=out.with_name("small.webp"), work=work)
        assert made is out.exists()
        if decision.verdict is Verdict.REMUX:
            play = tmp_path / str(decision.play_name)
            make_playable(path, file_type, found, decision, out=play, work=work, ffmpeg=ffmpeg.find())
            assert play.exists()
    except (Damaged, CannotCopy):
        assert not list(tmp_path.glob("play.*"))


def test_a_hundred_thousand_pictures_in_one_gif_are_not_all_decoded(studio: Studio, look: Look, work: Path) -> None:
    start = b"GIF89a\x40\x00\x40\x00\x80\x00\x00\xc8\x1e\x1e\xff\xff\xff"
    frame = b"\x21\xf9\x04\x00\x01\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00"
    path = studio.write("many.gif", start + frame * 100_000 + b";")
    seen = look(path)
    assert (seen.probe.width, seen.probe.height) == (64, 64)
    assert make_poster(path, seen.file_type, seen.probe, out=work / "poster.webp", small=work / "small.webp", work=work)


def test_a_page_larger_than_a_house_makes_a_small_poster(studio: Studio, look: Look, work: Path) -> None:
    path = studio.write("huge.pdf", pdf().replace(b"300 400", b"9000000 9000000"))
    seen = look(path)
    out = work / "poster.webp"
    assert make_poster(path, seen.file_type, seen.probe, out=out, small=out.with_name("small.webp"), work=work)
    assert out.stat().st_size < 100_000


def test_a_film_of_more_streams_than_anybody_makes_is_refused(studio: Studio, work: Path) -> None:
    path = studio.folder / "streams.mkv"
    studio.ffmpeg("-i", str(studio.make("one-second.mp4")), *("-map", "0:v") * 120, "-c", "copy", str(path))
    with pytest.raises(Damaged):
        probe(path, sniff(path), work=work)


def test_the_name_of_a_file_never_becomes_an_argument(studio: Studio, look: Look, tmp_path: Path, work: Path) -> None:
    folder = tmp_path / "-i http:"
    folder.mkdir()
    path = folder / "-vf%0d $(touch pwned);\nconcat:a|b.mp4"
    path.write_bytes(studio.make("index-last.mp4").read_bytes())
    seen = look(path)
    assert seen.decision == Decision(
        Verdict.REMUX, Kind.VIDEO, "play.mp4", "video/mp4", muxer="mp4", streams=(0, 1)
    )
    out = tmp_path / "play.mp4"
    make_playable(path, seen.file_type, seen.probe, seen.decision, out=out, work=work, ffmpeg=ffmpeg.find())
    assert look(out).decision.verdict is Verdict.PLAY
