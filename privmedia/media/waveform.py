"""The outline of a sound, for the player to draw."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from privmedia.media import child
from privmedia.media.filetype import FileType
from privmedia.media.sandbox import Limits

LIMITS = Limits(wall_seconds=900, cpu_seconds=600)


def make_waveform(
    path: Path, file_type: FileType, *, out: Path, work: Path, on_tick: Callable[[], None] | None = None
) -> bool:
    """Write `{"peaks": [0 … 100]}` to `out`; False for what cannot be decoded here.

    `work` is an empty folder on the same file system. Raises Damaged, TookTooLong, NoSpace, SandboxFailed.
    """
    peaks = child.ask("waveform", path, name=file_type.name, work=work, limits=LIMITS, on_tick=on_tick)
    if not peaks:
        return False
    out.write_text(json.dumps({"peaks": peaks}, separators=(",", ":")))
    return True
