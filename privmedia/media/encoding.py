"""How films and sounds are encoded: every setting, in this one place, each with its reason.

H.264 and AAC in MP4, because nothing else plays in every browser, on every phone and television there is. What is made
of them, a file that is downloaded as it plays or segments of a stream, is not told here.
"""
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

KEYFRAME_SECONDS = 2
"""Exactly so far apart: a place is found quickly, and a stream is cut there without being encoded again."""

PRESET = "veryfast"
"""Measured with 12 s of 1080p: "faster" takes a third more processor time for a gain nobody sees (0.002 of SSIM), and
"superfast" makes files 4 % larger. Somebody waits for the result."""

CRF = 22
"""Between 18, where the eye loses nothing, and 28, where it shows; each two less make a file about a quarter larger."""

PIXEL_FORMAT = "yuv420p"
"""4:2:0 with 8 bits: the only one that hardware decodes everywhere."""

PROFILE = "high"
"""Plays wherever H.264 plays since about 2010, and is smaller than Main for the same picture."""

SOUND_KBITS = 128
"""AAC-LC in stereo: no difference is heard in speech, and hardly one in music."""
SOUND_ALONE_KBITS = 192
"""Where there is nothing to see people listen more closely, and a file is small anyway."""
SOUND_RATE = 48_000
"""What films have. One rate for all, so that tracks and streams may be changed while something plays."""
SOUND_CHANNELS = 2
"""Surround is mixed down: nearly everybody has two speakers, and not every browser plays more."""
KNOWN_CHANNELS = 8
"""More than those of 7.1 have no agreed meaning: the first two are taken."""

WIDEST = Fraction(16, 9)
NEARLY = Fraction(99, 100)
"""Films of 854 by 480 are 480p, though two thirds of a pixel wider than 16:9."""
FRAME_RATES = tuple(
    Fraction(rate)
    for rate in (1, 2, 5, 8, 10, 12, 15, 20, Fraction(24_000, 1001), 24, 25, Fraction(30_000, 1001), 30, 48, 50,
                 Fraction(60_000, 1001), 60)
)
"""What a film becomes whose rate varies or is another one: screens and editors know these."""
USUAL_RATE = Fraction(25)
"""Where the file says none."""
MOST_THREADS = 8
"""Of one encoder. More make the picture worse, and need memory beyond the limit on machines with many cores."""

# H.264 levels (ITU-T H.264, table A-1): number, macroblocks of a picture, of a second.
LEVELS = ((30, 1620, 40_500), (31, 3600, 108_000), (32, 5120, 216_000), (40, 8192, 245_760), (42, 8704, 522_240))


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: a size and what it may cost.

    `kbits` caps what CRF would spend on noise and confetti, so that a line of that speed always carries it.
    """

    name: str
    height: int
    kbits: int

    @property
    def buffer_kbits(self) -> int:
        """How much of the cap may be spent at once: two seconds, which is one segment."""
        return KEYFRAME_SECONDS * self.kbits


RUNGS = (
    Rung("1080p", 1080, 6000),
    Rung("720p", 720, 3200),
    Rung("480p", 480, 1500),
    Rung("360p", 360, 800),
)
"""The largest first. Above 1080p hardly anybody sees more, and it takes four times as long to make."""


def rungs_for(width: int, height: int) -> tuple[Rung, ...]:
    """The rungs a film of this size, as it is seen, is made in: from the first it fits in downwards, never above it."""
    holding = [rung for rung in RUNGS if _scale(rung, width, height) >= NEARLY]
    return RUNGS[RUNGS.index(holding[-1]) if holding else 0:]


def size_in(rung: Rung, width: int, height: int) -> tuple[int, int]:
    """Width and height in which a film of this size, as it is seen, fits in a rung: even, as 4:2:0 needs them.

    An upright film is as wide as a lying one of the same rung is high.
    """
    scale = min(Fraction(1), _scale(rung, width, height))
    return _even(width * scale), _even(height * scale)


def frame_rate(fps: float | None) -> Fraction:
    """The constant rate a film is given: the nearest of those that screens know, at most 60 a second."""
    if not fps or fps <= 0:
        return USUAL_RATE
    while fps > FRAME_RATES[-1] * Fraction(101, 100):
        fps /= 2
    return min(FRAME_RATES, key=lambda rate: abs(float(rate) - fps))


def film_arguments(rung: Rung, size: tuple[int, int], rate: Fraction, *, threads: int) -> list[str]:
    """ffmpeg's arguments for the encoder of pictures; `size` as of `size_in`, `rate` as of `frame_rate`."""
    return [
        "-c:v", "libx264", "-preset", PRESET, "-crf", str(CRF),
        "-maxrate", f"{rung.kbits}k", "-bufsize", f"{rung.buffer_kbits}k",
        "-profile:v", PROFILE, "-level:v", f"{level(size, rate) / 10:.1f}", "-pix_fmt", PIXEL_FORMAT,
        # A keyframe every two seconds by the clock, none in between where the scene changes, nothing across one.
        "-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_SECONDS})", "-sc_threshold", "0",
        "-g", str(-(-KEYFRAME_SECONDS * rate.numerator // rate.denominator)), "-flags:v", "+cgop",
        "-threads:v", str(min(threads, MOST_THREADS)),
    ]


def sound_arguments(*, alone: bool = False) -> list[str]:
    """ffmpeg's arguments for the encoder of sound, `alone` or with pictures."""
    kbits = SOUND_ALONE_KBITS if alone else SOUND_KBITS
    return ["-c:a", "aac", "-b:a", f"{kbits}k", "-ac", str(SOUND_CHANNELS), "-ar", str(SOUND_RATE)]


def sound_filters(channels: int) -> str:
    """The filters in front of it: what is missing is silence, so that sound and pictures stay together to the end."""
    together = "aresample=async=1:first_pts=0"
    return together if 0 < channels <= KNOWN_CHANNELS else f"pan=stereo|c0=c0|c1=c1,{together}"


def level(size: tuple[int, int], rate: Fraction) -> int:
    """The lowest level of H.264 that has room for these pictures, times ten: what a decoder must be able to do."""
    blocks = -(-size[0] // 16) * -(-size[1] // 16)
    fitting = (number for number, most, per_second in LEVELS if blocks <= most and blocks * rate <= per_second)
    return next(fitting, LEVELS[-1][0])


def _scale(rung: Rung, width: int, height: int) -> Fraction:
    """By how much a film becomes smaller or larger to fill the rung."""
    longer, shorter = max(width, height, 1), max(min(width, height), 1)
    return min(WIDEST * rung.height / longer, Fraction(rung.height, shorter))


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))
