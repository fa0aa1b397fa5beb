"""The poster of an item, and the picture shown in place of one that browsers cannot show."""
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from privmedia.media import child
from privmedia.media.filetype import FileType
from privmedia.media.probe import Probe
from privmedia.media.sandbox import MIB, Limits

POSTER_LIMITS = Limits(wall_seconds=180, cpu_seconds=120, file_bytes=16 * MIB)
WAITED_FOR = Limits(wall_seconds=30, cpu_seconds=30, file_bytes=16 * MIB)
LARGEST = 3840
"""Pixels of the longer side of what is shown in place of a picture."""
SIZES = (2560, 1280, 640)
"""Widths of smaller copies: for large screens, for a page, for a telephone."""
MUCH_SMALLER = 0.8
"""A copy that is nearly as wide as the picture is not worth its place."""
LONGEST_WEBP = 16383
"""Pixels either way (RFC 9649, section 2.5)."""
PICTURE_LIMITS = Limits(wall_seconds=180, cpu_seconds=120, file_bytes=128 * MIB)


def make_poster(
    path: Path,
    file_type: FileType,
    probe: Probe,
    *,
    out: Path,
    small: Path,
    work: Path,
    on_tick: Callable[[], None] | None = None,
) -> bool:
    """Write poster.webp to `out`, at most 1280 pixels either way; False if the file has nothing to show.

    `small` is for the same as large as lists show it.
    `work` is an empty folder on the same file system. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    if probe.locked or (probe.audio and not probe.video and not probe.cover):
        return False
    return _drawn(path, file_type, out, small, work=work, limits=POSTER_LIMITS, on_tick=on_tick)


def make_still(path: Path, file_type: FileType, *, seconds: float | None, out: Path, small: Path, work: Path) -> bool:
    """Write to `out` the frame of a film shown at a moment, or a picture made smaller, at most 1280 pixels either way.

    `small` as in `make_poster`. False if there is nothing to show. For somebody who waits: it takes 30 seconds at most.
    `work` is an empty folder on the same file system. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    return _drawn(path, file_type, out, small, at=seconds, work=work, limits=WAITED_FOR)


def _drawn(path: Path, file_type: FileType, out: Path, small: Path, *, work: Path, **asked: Any) -> bool:
    made = {work.absolute() / "poster.webp.part": out, work.absolute() / "poster-small.webp.part": small}
    large_as, small_as = (str(path) for path in made)
    done = child.ask("poster", path, name=file_type.name, out=large_as, small=small_as, work=work, **asked)
    if done:
        for part, place in made.items():
            os.replace(part, place)
    return bool(done)


def make_stills(
    path: Path, file_type: FileType, *, count: int, work: Path, on_tick: Callable[[], None] | None = None
) -> list[Path]:
    """Frames from all over a film, in its order, in `work`, which is an empty folder; fewer if it has no more.

    Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    outs = [work.absolute() / f"still-{number}.webp" for number in range(1, count + 1)]
    names = [str(out) for out in outs]
    made = child.ask("stills", path, name=file_type.name, outs=names, work=work, limits=POSTER_LIMITS, on_tick=on_tick)
    return outs[: int(made)]


def make_sizes(
    path: Path, file_type: FileType, probe: Probe, *, work: Path, on_tick: Callable[[], None] | None = None
) -> dict[int, Path]:
    """Smaller copies of a picture as WebP, upright and without what it tells of itself, in `work`, by their width.

    None of one that moves, and none where the picture itself is hardly larger. `work` is an empty folder. Raises
    Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    fitting = smaller_widths(probe)
    made = {width: work.absolute() / f"picture-{width}.webp" for width in fitting}
    outs = [(str(path), fitting[width]) for width, path in made.items()]
    if outs and child.ask(
        "sizes", path, name=file_type.name, outs=outs, work=work, limits=PICTURE_LIMITS, on_tick=on_tick
    ):
        return made
    return {}


def smaller_widths(probe: Probe) -> dict[int, int]:
    """How wide copies of a picture are, largest first, and how long their longer side is, in pixels."""
    width, height = probe.width or 0, probe.height or 0
    longer = {wide: max(wide, round(wide * height / width)) for wide in SIZES if wide <= width * MUCH_SMALLER}
    return {wide: longest for wide, longest in longer.items() if longest <= LONGEST_WEBP}


def make_picture(
    path: Path, file_type: FileType, *, out: Path, work: Path, on_tick: Callable[[], None] | None = None
) -> None:
    """Write a WebP that every browser shows, at most LARGEST pixels either way, without the place it was taken."""
    made = work.absolute() / "picture.webp.part"
    child.ask(
        "picture", path, name=file_type.name, out=str(made), longest=LARGEST,
        work=work, limits=PICTURE_LIMITS, on_tick=on_tick,
    )
    os.replace(made, out)
