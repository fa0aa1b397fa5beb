"""The outline of a sound, for the player to draw, and how loud it is."""
from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from privmedia.media import child
from privmedia.media.filetype import FileType
from privmedia.media.sandbox import Limits

LIMITS = Limits(wall_seconds=900, cpu_seconds=600)


@dataclass(frozen=True)
class Heard:
    """What was found by listening to all of a sound. `loudness` is in LUFS (EBU R 128); None for silence."""

    loudness: float | None


def make_waveform(
    path: Path, file_type: FileType, *, out: Path, work: Path, on_tick: Callable[[], None] | None = None
) -> Heard | None:
    """Write `{"peaks": [0 … 100]}` to `out` and say how loud it is; None for what cannot be decoded here.

    `work` is an empty folder on the same file system. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    found = child.ask("waveform", path, name=file_type.name, work=work, limits=LIMITS, on_tick=on_tick)
    if not found:
        return None
    out.write_text(json.dumps({"peaks": found["peaks"]}, separators=(",", ":")))
    return Heard(found["loudness"])
