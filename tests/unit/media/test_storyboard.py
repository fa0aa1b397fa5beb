"""Storyboards: what is shown over the player's bar, and when."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from privmedia.media import Sheet, make_storyboard, storyboard_as_text
from tests.unit.media.conftest import Seen, Studio

Look = Callable[[Path], Seen]


def halves(studio: Studio, keyframes: int) -> Path:
    """Ten seconds, five of them red, then blue."""
    path = studio.folder / f"halves-{keyframes}.mp4"
    colours = [f"color={colour}:size=320x180:rate=10:duration=5" for colour in ("0xd21e1e", "0x1e28d2")]
    inputs = [word for colour in colours for word in ("-f", "lavfi", "-i", colour)]
    studio.ffmpeg(*inputs, "-filter_complex", "[0:v][1:v]concat=n=2:v=1", "-c:v", "libx264", "-g", str(keyframes),
                  "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-preset", "ultrafast", str(path))
    return path


def made(path: Path, look: Look, work: Path, out: Path) -> Sheet | None:
    seen = look(path)
    return make_storyboard(path, seen.file_type, length=seen.probe.duration or 0, out=out, work=work)


def test_each_tile_shows_what_is_seen_at_its_time(studio: Studio, look: Look, work: Path, tmp_path: Path) -> None:
    """Also where the file has one keyframe only."""
    for keyframes in (10, 1000):
        out = tmp_path / f"{keyframes}.webp"
        assert made(halves(studio, keyframes), look, work, out) == Sheet(5, 160, 90)
        with Image.open(out) as sheet:
            assert sheet.size == (800, 90)
            seen = [sheet.convert("RGB").getpixel((160 * number + 80, 45)) for number in range(5)]
        reds = [isinstance(colour, tuple) and colour[0] > colour[2] for colour in seen]
        assert reds == [True, True, False, False, False]


def test_an_upright_film_has_upright_tiles(studio: Studio, look: Look, work: Path, tmp_path: Path) -> None:
    assert made(studio.portrait(), look, work, tmp_path / "out.webp") == Sheet(1, 90, 160)


def test_what_may_not_be_decoded_and_what_shows_nothing_has_none(
    studio: Studio, look: Look, work: Path, tmp_path: Path
) -> None:
    for name in ("magicyuv.avi", "sound.m4a"):
        assert made(studio.make(name), look, work, tmp_path / "out.webp") is None
    assert not (tmp_path / "out.webp").exists()


def test_the_text_tells_the_time_and_place_of_each_tile() -> None:
    text = storyboard_as_text(Sheet(12, 160, 90), length=24.0, picture="storyboard.webp")
    cues = text.split("\n\n")
    assert (cues[0], len(cues)) == ("WEBVTT", 13)
    assert cues[1] == "00:00:00.000 --> 00:00:02.000\nstoryboard.webp#xywh=0,0,160,90"
    assert cues[12] == "00:00:22.000 --> 00:00:24.000\nstoryboard.webp#xywh=160,90,160,90\n"
