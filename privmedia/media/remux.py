"""Making the playable file of an item, where that needs no conversion: copying streams into another container."""
from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath

from privmedia.media import ffmpeg_run, poster, sandbox
from privmedia.media.errors import CannotCopy, Damaged
from privmedia.media.filetype import TYPES, FileType
from privmedia.media.playability import Decision, Verdict, decide
from privmedia.media.probe import Probe, probe
from privmedia.media.words import ENDS_EARLY, said

MIB = sandbox.MIB
# A slow disk still copies this much in a second, reading and writing, twice for an index at the front.
SLOWEST_BYTES_PER_SECOND = 2 * MIB
CHEAPEST_BYTES_PER_CPU_SECOND = 20 * MIB
# Players and ffmpeg disagree by a frame or two at either end.
SHORTER_BY_AT_MOST = 0.05
SHORTER_BY_SECONDS = 2.0
# The second writes the brand of M4A.
MP4_MUXERS = ("mp4", "ipod")
BARE_AAC_INSIDE = ("aac", "mpegps", "mpegts")
# Without an index, from the first frames or the last.
LENGTH_IS_A_GUESS = ("aac", "mp3")


def make_playable(
    path: Path,
    file_type: FileType,
    original: Probe,
    decision: Decision,
    *,
    out: Path,
    work: Path,
    ffmpeg: Path | None = None,
    on_tick: Callable[[], None] | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Probe:
    """Make the file of `decision.play_name` at `out` and say what is in it.

    The original itself becomes a hard link. `work` is an empty folder on the same file system as `out`;
    `ffmpeg` (see `ffmpeg.find`) is needed for Verdict.REMUX only; `on_progress` is given a share from 0 to 1.
    Raises Damaged, CannotCopy (conversion may help), TookTooLong, NoSpace, ToolMissing, SandboxFailed.
    """
    if decision.verdict is Verdict.PLAY:
        link(path, out)
        return original
    if decision.verdict is Verdict.PICTURE:
        poster.make_picture(path, file_type, out=out, work=work, on_tick=on_tick)
        return Probe("webp", width=original.width, height=original.height)
    if decision.verdict is not Verdict.REMUX or ffmpeg is None:
        raise ValueError(f"nothing to make for {decision.verdict}, or no ffmpeg given")
    path, work = path.absolute(), work.absolute()
    made = work / f"remux.{out.suffix.lstrip('.')}.part"
    remux = Remux(path, file_type, original, decision, made)
    remux.run(ffmpeg, work, on_tick, on_progress)
    result = remux.check(work, on_tick)
    os.replace(made, out)
    return result


def link(path: Path, out: Path) -> None:
    """A second name for the same bytes; a copy where the file system has no such thing."""
    try:
        os.link(path, out)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(path, out)


@dataclass(frozen=True)
class Remux:
    """One copying of streams, from `path` to `made`."""

    path: Path
    file_type: FileType
    original: Probe
    decision: Decision
    made: Path

    def arguments(self) -> list[str]:
        """ffmpeg's arguments. Every one is ours: nothing of the file's name or text gets in."""
        words = ["-fflags", "+genpts", *ffmpeg_run.reading(self.path, self.file_type.demuxer)]
        for index in self.decision.streams:
            words += ["-map", f"0:{index}"]
        words += ["-c", "copy", "-map_metadata", "-1", "-map_chapters", "-1"]
        kept = [sound for sound in self.original.audio if sound.index in self.decision.streams]
        for number, sound in enumerate(kept):
            if sound.codec == "aac" and self.file_type.name in BARE_AAC_INSIDE:
                words += [f"-bsf:a:{number}", "aac_adtstoasc"]
            if sound.language:
                words += [f"-metadata:s:a:{number}", f"language={sound.language}"]
        if self.decision.muxer in MP4_MUXERS:
            # FLAC in MP4 counts as experimental in older versions.
            words += ["-movflags", "+faststart", "-write_tmcd", "0", "-strict", "experimental"]
        return [*words, "-f", self.decision.muxer, f"file:{self.made}"]

    def run(
        self,
        ffmpeg: Path,
        work: Path,
        on_tick: Callable[[], None] | None,
        on_progress: Callable[[float], None] | None,
    ) -> None:
        size = self.path.stat().st_size
        limits = sandbox.Limits(
            wall_seconds=120 + size / SLOWEST_BYTES_PER_SECOND,
            cpu_seconds=120 + size // CHEAPEST_BYTES_PER_CPU_SECOND,
            file_bytes=64 * MIB + size + size // 4,
        )
        finished = ffmpeg_run.run(
            ffmpeg, self.arguments(), reads=[self.path], work=work, limits=limits, length=self.original.duration,
            on_tick=on_tick, on_progress=on_progress,
        )
        if finished.code != 0:
            raise CannotCopy

    def check(self, work: Path, on_tick: Callable[[], None] | None) -> Probe:
        """Look at what was made before anybody plays it. Raises Damaged, CannotCopy."""
        made_type = TYPES[PurePath(self.decision.play_name or "").suffix.lstrip(".")]
        try:
            result = probe(self.made, made_type, work=work, on_tick=on_tick)
        except Damaged:
            raise CannotCopy from None
        if decide(made_type, result).verdict is not Verdict.PLAY:
            raise CannotCopy
        require_whole(self.file_type, self.original, result)
        return result


def require_whole(file_type: FileType, original: Probe, made: Probe) -> None:
    """Raise Damaged if what was made ends before the original says it does."""
    length, reached = original.duration or 0, made.duration or 0
    allowed = max(SHORTER_BY_SECONDS, SHORTER_BY_AT_MOST * length)
    if file_type.name not in LENGTH_IS_A_GUESS and length - reached > allowed:
        raise Damaged(said(ENDS_EARLY, reached=clock_time(reached), length=clock_time(length)))


def clock_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
