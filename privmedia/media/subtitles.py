"""The subtitles inside a film, as WebVTT: those that are text. Pictures of text, as on discs, stay where they are."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from privmedia.media import ffmpeg_run
from privmedia.media.codecs import DECODERS
from privmedia.media.filetype import FileType
from privmedia.media.probe import Subtitles
from privmedia.media.sandbox import MIB, Limits

TEXT_DECODERS = {
    "subrip": ("subrip", "srt"), "ass": ("ass", "ssa"), "mov_text": ("mov_text",), "webvtt": ("webvtt",),
    "text": ("text",),
}
SLOWEST_BYTES_PER_SECOND = 5 * MIB
"""The whole file has to be read: they stand between its pictures."""


def is_text(stream: Subtitles) -> bool:
    """Whether it can be made WebVTT."""
    return stream.codec in TEXT_DECODERS


def extract_subtitles(
    path: Path,
    file_type: FileType,
    streams: Sequence[Subtitles],
    *,
    work: Path,
    ffmpeg: Path,
    on_tick: Callable[[], None] | None = None,
) -> dict[int, str]:
    """The texts of some streams of text by their index, as ffmpeg writes WebVTT; without those it cannot read.

    `work` is an empty folder. Raises TookTooLong, NoSpace, ToolMissing, SandboxFailed.
    """
    path, work = path.absolute(), work.absolute()
    decoders = [name for names in TEXT_DECODERS.values() for name in names]
    words = ffmpeg_run.reading(path, file_type.demuxer, decoders=[*DECODERS, *decoders])
    outs = {stream.index: work / f"subtitles-{stream.index}.vtt" for stream in streams}
    for index, out in outs.items():
        words += ["-map", f"0:{index}", "-map_metadata", "-1", "-c:s", "webvtt", "-f", "webvtt", f"file:{out}"]
    seconds = 120 + path.stat().st_size / SLOWEST_BYTES_PER_SECOND
    limits = Limits(wall_seconds=seconds, cpu_seconds=round(seconds), file_bytes=8 * MIB)
    ffmpeg_run.run(ffmpeg, words, reads=[path], work=work, limits=limits, on_tick=on_tick)
    return {index: out.read_text(encoding="utf-8", errors="replace") for index, out in outs.items() if out.exists()}
