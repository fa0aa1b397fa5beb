"""Pages of a PDF as pictures, a few at a time."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from privmedia.media import child
from privmedia.media.sandbox import MIB, Limits

LIMITS = Limits(wall_seconds=240, cpu_seconds=180, file_bytes=16 * MIB)
AT_ONCE = 10


def make_pages(
    path: Path, *, first: int, last: int, work: Path, on_tick: Callable[[], None] | None = None
) -> list[Path]:
    """Pictures of the pages `first` to `last`, from 1, in `work`: `page-<n>.webp`.

    A page that cannot be drawn ends them. `work` is an empty folder.
    Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    made = child.ask("pages", path, first=first, last=last, work=work, limits=LIMITS, on_tick=on_tick)
    return [work.absolute() / f"page-{number}.webp" for number in range(first, first + int(made))]
