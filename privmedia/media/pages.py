"""Pages of a PDF as pictures and as text, a few at a time."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from privmedia.media import child
from privmedia.media.sandbox import MIB, Limits

DRAWN_AT_ONCE = 10
READ_AT_ONCE = 50
LEAFLET_LIMITS = Limits(wall_seconds=900, cpu_seconds=600, file_bytes=512 * MIB)


def make_pages(
    path: Path, *, numbers: Sequence[int], work: Path, on_tick: Callable[[], None] | None = None
) -> dict[int, Path]:
    """Pictures of the pages of these numbers, from 1, in `work`; without those that cannot be drawn.

    `work` is an empty folder. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    count = len(numbers)
    limits = Limits(wall_seconds=20 + 22 * count, cpu_seconds=20 + 16 * count, file_bytes=16 * MIB)
    drawn = child.ask("pages", path, numbers=list(numbers), work=work, limits=limits, on_tick=on_tick)
    return {number: work.absolute() / f"page-{number}.webp" for number in drawn if number in numbers}


def read_pages(
    path: Path, *, numbers: Sequence[int], work: Path, on_tick: Callable[[], None] | None = None
) -> dict[int, str]:
    """What stands on the pages of these numbers, from 1, as it comes; without those that cannot be read.

    `work` is an empty folder. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    count = len(numbers)
    limits = Limits(wall_seconds=20 + count, cpu_seconds=15 + count, file_bytes=1 * MIB)
    read = child.ask("texts", path, numbers=list(numbers), work=work, limits=limits, on_tick=on_tick)
    return {
        number: (work / f"page-{number}.txt").read_text(encoding="utf-8", errors="ignore")
        for number in read
        if number in numbers
    }


def make_leaflet(
    path: Path, *, last: int, out: Path, work: Path, on_tick: Callable[[], None] | None = None
) -> int:
    """Write to `out` a PDF of pictures of the pages up to `last`, and nothing else of the original; how many it has.

    `work` is an empty folder on the same file system. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    made = work.absolute() / "leaflet.pdf.part"
    pages = child.ask("leaflet", path, last=last, out=str(made), work=work, limits=LEAFLET_LIMITS, on_tick=on_tick)
    made.replace(out)
    return int(pages)
