"""The storyboard of a film: small pictures on one sheet, and the WebVTT that says when each is shown."""
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from privmedia.media import child
from privmedia.media.filetype import FileType
from privmedia.media.sandbox import MIB, Limits
from privmedia.media.timed_text import moment

MOST_TILES = 100
"""A sheet of 10 by 10: one file of a few hundred KB. More are not told apart on a bar of a few hundred pixels."""
COLUMNS = 10
LONGEST = 160
"""Pixels, of a tile: what the player shows over its bar."""
SECONDS_PER_TILE = 2
"""Of short films: between two keyframes there is nothing new to see."""
LIMITS = Limits(wall_seconds=1800, cpu_seconds=1800, file_bytes=16 * MIB)


@dataclass(frozen=True)
class Sheet:
    """What is on a sheet: how many tiles, and the pixels of each."""

    tiles: int
    width: int
    height: int


def make_storyboard(
    path: Path,
    file_type: FileType,
    *,
    length: float,
    out: Path,
    work: Path,
    on_tick: Callable[[], None] | None = None,
) -> Sheet | None:
    """Write the sheet of a film of this length (seconds) as WebP to `out`; None if there is nothing to show.

    `work` is an empty folder on the same file system. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    tiles = max(1, min(MOST_TILES, round(length / SECONDS_PER_TILE)))
    made = work.absolute() / "storyboard.webp.part"
    found = child.ask(
        "storyboard", path, name=file_type.name, out=str(made), tiles=tiles, columns=COLUMNS, longest=LONGEST,
        work=work, limits=LIMITS, on_tick=on_tick,
    )
    if not found:
        return None
    os.replace(made, out)
    return Sheet(*(int(number) for number in found))


def storyboard_as_text(sheet: Sheet, *, length: float, picture: str) -> str:
    """WebVTT for the player: each tile's time, and where it is on the picture of this name."""
    parts = ["WEBVTT\n"]
    step = length * 1000 / sheet.tiles
    for number in range(sheet.tiles):
        left, top = number % COLUMNS * sheet.width, number // COLUMNS * sheet.height
        times = f"{moment(round(number * step))} --> {moment(round((number + 1) * step))}"
        parts.append(f"{times}\n{picture}#xywh={left},{top},{sheet.width},{sheet.height}\n")
    return "\n".join(parts)
