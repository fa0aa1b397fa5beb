"""The few real files: one of each size, hard-linked to every item that is asked for."""
from __future__ import annotations

import os
from pathlib import Path

from tests.bench.library import SIZES, Library


def place(library: Library, media_root: Path) -> None:
    """Make the files below `media_root` that the load asks for; what is there already stays."""
    private = media_root / "private"
    private.mkdir(parents=True, exist_ok=True)
    for size, length in SIZES.items():
        original = private / f"bench-{length}"
        if not original.exists() or original.stat().st_size != length:
            _write(original, length)
        hidden = [library.hidden] if library.hidden.size == size else []
        for item in [*library.asked_for(size), *hidden]:
            target = private / item.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            os.link(original, target)


def _write(path: Path, length: int) -> None:
    with path.open("wb") as file:
        while length:
            length -= file.write(os.urandom(min(length, 1 << 20)))
