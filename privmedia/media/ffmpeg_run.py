"""One run of the ffmpeg program on a file somebody sent: what it may open, how far it is, how it ended.

Every argument is ours: nothing of the file's name or text gets in. Not here: what is made of the file.
"""
from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from privmedia.errors import NoSpace
from privmedia.media import sandbox
from privmedia.media.codecs import DECODERS
from privmedia.media.encoding import MOST_THREADS
from privmedia.media.errors import SandboxFailed, ToolMissing
from privmedia.media.sandbox import Finished, Limits
from privmedia.text import mark as _

ALWAYS = ("-nostdin", "-hide_banner", "-loglevel", "error", "-nostats", "-progress", "pipe:1")
DISK_FULL = ("No space left on device", "Disk quota exceeded")
NO_ENCODER = "Unknown encoder"
KILLED = 128 + signal.SIGKILL
CANNOT_ENCODE = _("The ffmpeg program on this server cannot make H.264 and AAC. Tell your administrator.")


def reading(path: Path, demuxer: str, *, decoders: Iterable[str] = DECODERS) -> list[str]:
    """The arguments that open a file: with this demuxer and these decoders, and no way to any other file or address."""
    return [
        "-protocol_whitelist", "file,pipe", "-format_whitelist", demuxer, "-codec_whitelist", ",".join(decoders),
        "-f", demuxer, "-i", f"file:{path}",
    ]


def threads() -> int:
    """How many an encoder or decoder is given."""
    return min(MOST_THREADS, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def run(
    program: Path,
    arguments: Sequence[str],
    *,
    reads: Sequence[Path],
    work: Path,
    limits: Limits,
    length: float | None = None,
    on_tick: Callable[[], None] | None = None,
    on_progress: Callable[[float], None] | None = None,
    on_log: Callable[[str], None] | None = None,
) -> Finished:
    """Run it to its end; what its end means for the file is the caller's business.

    `on_progress` is given how much of `length` (seconds) is done, 0 to 1; `on_log` what the program complained of.
    Raises NoSpace, TookTooLong, ToolMissing, SandboxFailed.
    """

    def report(line: str) -> None:
        name, _, value = line.partition("=")
        if on_progress and length and name == "out_time_us" and value.strip().isdigit():
            on_progress(min(1.0, int(value) / 1_000_000 / length))

    finished = sandbox.run(
        [str(program), *ALWAYS, *arguments], reads=reads, work=work, limits=limits, on_line=report, on_tick=on_tick
    )
    if on_log and finished.stderr:
        on_log(finished.stderr)
    # First of all: ffmpeg 5.1 ends with status 0 on a full disk.
    if any(words in finished.stderr for words in DISK_FULL):
        raise NoSpace
    if NO_ENCODER in finished.stderr:
        raise ToolMissing(CANNOT_ENCODE)
    if finished.code == KILLED:
        raise SandboxFailed("Preparing the file was stopped by the system.")
    return finished
