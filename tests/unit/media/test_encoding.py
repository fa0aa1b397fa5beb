"""How films are encoded: sizes, rates and levels, and what the encoder really makes of the settings."""
from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest

from privmedia.media import encoding
from privmedia.media.encoding import RUNGS, film_arguments, frame_rate, level, rungs_for, size_in, sound_arguments
from tests.unit.media.conftest import Studio


@pytest.mark.parametrize(
    ("size", "names", "first"),
    [
        ((1920, 1080), "1080p 720p 480p 360p", (1920, 1080)),
        ((3840, 2160), "1080p 720p 480p 360p", (1920, 1080)),
        ((1920, 804), "1080p 720p 480p 360p", (1920, 804)),
        ((1080, 1920), "1080p 720p 480p 360p", (1080, 1920)),
        ((1440, 1080), "1080p 720p 480p 360p", (1440, 1080)),
        ((1281, 721), "720p 480p 360p", (1280, 720)),
        ((854, 480), "480p 360p", (854, 480)),
        ((1280, 720), "720p 480p 360p", (1280, 720)),
        ((640, 480), "480p 360p", (640, 480)),
        ((320, 180), "360p", (320, 180)),
        ((101, 57), "360p", (100, 56)),
        ((1, 1), "360p", (2, 2)),
        ((16000, 16), "1080p 720p 480p 360p", (1920, 2)),
    ],
)
def test_a_film_is_made_in_its_own_size_and_smaller_ones(
    size: tuple[int, int], names: str, first: tuple[int, int]
) -> None:
    rungs = rungs_for(*size)
    assert " ".join(rung.name for rung in rungs) == names
    assert size_in(rungs[0], *size) == first
    sizes = [size_in(rung, *size) for rung in rungs]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (25.0, Fraction(25)), (23.976, Fraction(24000, 1001)), (29.2, Fraction(30000, 1001)),
        (29.97, Fraction(30000, 1001)), (59.94, Fraction(60000, 1001)), (60.2, Fraction(60)), (100.0, Fraction(50)),
        (119.88, Fraction(60000, 1001)), (240.0, Fraction(60)),
        (1000.0, Fraction(30)), (7.4, Fraction(8)), (0.1, Fraction(1)), (None, Fraction(25)),
        (0.0, Fraction(25)), (90000.0, Fraction(48)),
    ],
)
def test_rates_become_those_that_screens_know(fps: float | None, rate: Fraction) -> None:
    assert frame_rate(fps) == rate


def test_levels_are_those_a_decoder_has_to_reach() -> None:
    wanted = {
        ((1920, 1080), 30): 40,
        ((1920, 1080), 60): 42,
        ((1280, 720), 30): 31,
        ((1280, 720), 60): 32,
        ((854, 480), 25): 30,
        ((854, 480), 30): 31,
        ((320, 180), 60): 30,
    }
    assert {key: level(key[0], Fraction(key[1])) for key in wanted} == wanted


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_keyframes_are_exactly_two_seconds_apart_and_nowhere_else(
    studio: Studio, tmp_path: Path, rate: Fraction
) -> None:
    """Also where the scene changes: half the pictures here have nothing in common with the one before."""
    out = tmp_path / "out.mp4"
    noise = f"nullsrc=size=64x36:rate={rate}:duration=7,geq=random(1)*255:128:128"
    rung = RUNGS[-1]
    studio.ffmpeg("-f", "lavfi", "-i", noise, *film_arguments(rung, (64, 36), rate, threads=2), str(out))
    with av.open(out) as container:
        stream = container.streams.video[0]
        times = [float(packet.pts * packet.time_base) for packet in container.demux(stream) if packet.is_keyframe]
        assert (stream.codec_context.profile, stream.codec_context.pix_fmt) == ("High", "yuv420p")
        assert stream.codec_context.level == 30
    assert times == pytest.approx([0, 2, 4, 6], abs=1.01 / float(rate))
    assert len(times) == 4


@pytest.mark.parametrize("channels", [1, 2, 6, 12])
def test_sound_is_stereo_whatever_it_was(studio: Studio, tmp_path: Path, channels: int) -> None:
    source, out = tmp_path / "sound.wav", tmp_path / "sound.m4a"
    studio.ffmpeg("-f", "lavfi", "-i", "sine=duration=1:sample_rate=22050", "-af",
                  "amerge=inputs=1" if channels == 1 else f"pan={channels}c|" + "|".join(
                      f"c{number}=c0" for number in range(channels)), str(source))
    words = ["-af", encoding.sound_filters(channels), *sound_arguments()]
    subprocess.run([studio.program, "-nostdin", "-v", "error", "-i", source, *words, out], check=True)
    with av.open(out) as container:
        context = container.streams.audio[0].codec_context
        assert (context.channels, context.sample_rate, context.profile) == (2, 48000, "LC")
