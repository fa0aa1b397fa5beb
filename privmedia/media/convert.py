"""Encoding a film or a sound anew, so that every browser plays it: H.264 and AAC in MP4, as `encoding` says."""
from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from privmedia.media import encoding, ffmpeg_run
from privmedia.media.encoding import Rung
from privmedia.media.errors import Damaged
from privmedia.media.filetype import TYPES, FileType, Kind
from privmedia.media.playability import Decision, Verdict, decide
from privmedia.media.probe import Audio, Probe, Video, probe
from privmedia.media.remux import require_whole
from privmedia.media.sandbox import MIB, Limits
from privmedia.text import mark as _

MEMORY = 6144 * MIB
"""Address space. Measured with eight threads: 1.8 GB for 1080p, 2.4 GB for 4K in HDR."""
PROCESSES = 512
"""And threads: ffmpeg has three for each track, and a hundred tracks are allowed."""
SPARE_NICENESS = 19
"""Nobody waits for it: a conversion beside it, which somebody may wait for, gets most of the processors."""
LARGE = 9_000_000
"""Pixels, a little more than 4K. Every thread that decodes holds pictures; of larger ones two threads hold enough."""
SLOWEST_PIXELS_PER_SECOND = 3_000_000
"""Of one core of a slow machine that does other things: a twentieth of real time for 1080p."""
LONGEST_RUN = 72 * 3600
"""Seconds. Three days: nobody waits longer."""
THINNEST_BYTES_PER_SECOND = 16_000
"""What is taken for the length of a file that does not tell it, by its size."""
OUT_OF_MEMORY = "Cannot allocate memory"

NOT_DECODED = _("The file is damaged: it cannot be converted.")
TOO_MUCH_MEMORY = _("The file cannot be converted: it asks for more memory than the server gives one file.")
RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "x2rgb", "x2bgr", "pal8", "mono")
"""How the names of pixel formats begin that are no YUV."""
HDR_CURVES = {"pq": "smpte2084", "hlg": "arib-std-b67"}


def convert(
    path: Path,
    file_type: FileType,
    original: Probe,
    decision: Decision,
    *,
    out: Path,
    work: Path,
    ffmpeg: Path,
    spare: bool = False,
    on_tick: Callable[[], None] | None = None,
    on_progress: Callable[[float], None] | None = None,
    on_log: Callable[[str], None] | None = None,
) -> Probe:
    """Make the file of `decision.play_name` at `out` and say what is in it.

    `work` is an empty folder on the same file system as `out`; `on_progress` is given a share from 0 to 1, `on_log`
    what ffmpeg complained of. `spare`: nobody waits for it. Raises Damaged, TookTooLong, NoSpace, ToolMissing,
    SandboxFailed.
    """
    if decision.verdict is not Verdict.CONVERT:
        raise ValueError(f"nothing to convert for {decision.verdict}")
    path, work = path.absolute(), work.absolute()
    made = work / f"converted{out.suffix}.part"
    conversion = Conversion(path, file_type, original, decision, made)
    finished = ffmpeg_run.run(
        ffmpeg,
        conversion.arguments(tone_maps=has_filter(ffmpeg, "zscale")),
        reads=[path], work=work, limits=conversion.limits(spare=spare), length=original.duration,
        on_tick=on_tick, on_progress=on_progress, on_log=on_log,
    )
    if finished.code != 0:
        raise Damaged(TOO_MUCH_MEMORY if OUT_OF_MEMORY in finished.stderr else NOT_DECODED)
    result = conversion.check(work, on_tick)
    os.replace(made, out)
    return result


@lru_cache(maxsize=8)
def has_filter(program: Path, name: str) -> bool:
    """Whether this ffmpeg was built with a filter."""
    listed = subprocess.run(
        [program, "-hide_banner", "-filters"], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return any(line.split()[1:2] == [name] for line in listed.stdout.splitlines())


@dataclass(frozen=True)
class Conversion:
    """One encoding, from `path` to `made`."""

    path: Path
    file_type: FileType
    original: Probe
    decision: Decision
    made: Path

    @property
    def film(self) -> Video | None:
        """The pictures that are kept; None for sound alone."""
        return next((film for film in self.original.video if film.index in self.decision.streams), None)

    @property
    def sounds(self) -> list[Audio]:
        return [sound for sound in self.original.audio if sound.index in self.decision.streams]

    @property
    def rung(self) -> Rung:
        return encoding.rungs_for(*self.seen_size)[0]

    @property
    def seen_size(self) -> tuple[int, int]:
        """Width and height as a viewer sees them."""
        return self.original.width or 1, self.original.height or 1

    @property
    def length(self) -> float:
        """Seconds; a guess where the file does not tell."""
        return self.original.duration or self.path.stat().st_size / THINNEST_BYTES_PER_SECOND

    def arguments(self, *, tone_maps: bool) -> list[str]:
        """ffmpeg's arguments. `tone_maps`: it has the filters for HDR."""
        threads = str(self.decoding_threads())
        words = ["-filter_threads", threads, "-threads", threads, "-fflags", "+genpts"]
        words += ffmpeg_run.reading(self.path, self.file_type.demuxer)
        for index in self.decision.streams:
            words += ["-map", f"0:{index}"]
        words += ["-map_metadata", "-1", "-map_chapters", "-1", "-max_muxing_queue_size", "1024"]
        if self.film is not None:
            words += ["-c:v", "copy"] if self.decision.copies_film else self.film_arguments(self.film, tone_maps)
        words += encoding.sound_arguments(alone=self.film is None) if self.sounds else []
        for number, sound in enumerate(self.sounds):
            words += [f"-filter:a:{number}", encoding.sound_filters(sound.channels)]
            words += [f"-disposition:a:{number}", "default" if number == 0 else "0"]
            if sound.language:
                words += [f"-metadata:s:a:{number}", f"language={sound.language}"]
        return [*words, "-movflags", "+faststart", "-write_tmcd", "0", "-f", self.decision.muxer, f"file:{self.made}"]

    def film_arguments(self, film: Video, tone_maps: bool) -> list[str]:
        """Those for the pictures: what is done to each, and how they are encoded."""
        size, rate = encoding.size_in(self.rung, *self.seen_size), encoding.frame_rate(film.fps)
        encoder = encoding.film_arguments(self.rung, size, rate, threads=ffmpeg_run.threads())
        return ["-filter:v:0", ",".join(film_filters(film, size, rate, tone_maps=tone_maps)), *encoder]

    def decoding_threads(self) -> int:
        """How many decode at once."""
        large = self.film is not None and self.film.width * self.film.height > LARGE
        return min(2, ffmpeg_run.threads()) if large else ffmpeg_run.threads()

    def limits(self, *, spare: bool = False) -> Limits:
        """Long enough for a slow machine, and no longer. `spare`: with the processor time that others leave."""
        pixels = 0.0
        if self.film is not None and not self.decision.copies_film:
            pixels = self.film.width * self.film.height * float(encoding.frame_rate(self.film.fps))
        seconds = min(LONGEST_RUN, 600 + self.length * (1 + pixels / SLOWEST_PIXELS_PER_SECOND))
        kbits = encoding.SOUND_ALONE_KBITS * max(1, len(self.sounds)) + (self.rung.kbits if self.film else 0)
        copied = self.path.stat().st_size if self.decision.copies_film else 0
        return Limits(
            wall_seconds=seconds,
            cpu_seconds=round(seconds * ffmpeg_run.threads()),
            memory_bytes=MEMORY,
            processes=PROCESSES,
            niceness=SPARE_NICENESS if spare else Limits.niceness,
            file_bytes=round(64 * MIB + copied + self.length * kbits * 1000 / 8 * 1.5),
        )

    def check(self, work: Path, on_tick: Callable[[], None] | None) -> Probe:
        """Look at what was made before anybody plays it. Raises Damaged."""
        made_type = TYPES["mp4" if self.decision.kind is Kind.VIDEO else "m4a"]
        try:
            result = probe(self.made, made_type, work=work, on_tick=on_tick)
        except Damaged:
            raise Damaged(NOT_DECODED) from None
        if decide(made_type, result).verdict is not Verdict.PLAY:
            raise Damaged(NOT_DECODED)
        require_whole(self.file_type, self.original, result)
        return result


def film_filters(film: Video, size: tuple[int, int], rate: Fraction, *, tone_maps: bool) -> list[str]:
    """What is done to each picture, in this order; ffmpeg itself has turned it before.

    Two fields become one picture, not two: half the size, for motion that is as smooth as that of films. From the first
    moment on there is a picture, and none is missing: sound stays with it, and streams can be cut.
    """
    width, height = size
    filters = ["bwdif=mode=send_frame:deint=interlaced"] if film.interlaced else []
    filters.append(f"fps={rate}:start_time=0")
    if film.transfer and tone_maps:
        filters += [
            # Files that say HDR do not all say the rest, and zscale guesses nothing.
            f"setparams=color_primaries=bt2020:color_trc={HDR_CURVES[film.transfer]}:colorspace=bt2020nc",
            # Small first: what follows is done in floating point.
            f"zscale=w={width}:h={height}:transfer=linear:npl=100", "format=gbrpf32le", "zscale=primaries=bt709",
            "tonemap=hable:desat=0", "zscale=transfer=bt709:matrix=bt709:range=limited",
        ]
    else:
        from_rgb = (film.pix_fmt or "").startswith(RGB)
        filters.append(f"scale={width}:{height}:out_range=tv" + ":out_color_matrix=bt709" * from_rgb)
        if from_rgb or film.transfer:
            filters.append("setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709")
    return [*filters, "setsar=1", f"format={encoding.PIXEL_FORMAT}"]
