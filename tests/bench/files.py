"""The few real files: one of each size, hard-linked to every item that is asked for.

The one of 4 GB is sparse: 16 bytes that say their place stand at every megabyte, and between them is nothing. It is
read like any other (the kernel makes pages of zeros and keeps them), but no disk is waited for.
"""
from __future__ import annotations

import os
from pathlib import Path

from tests.bench.library import Library

SPARSE = "4 GB"
EVERY = 1 << 20


def place(library: Library, media_root: Path) -> None:
    """Make the files below `media_root` that the load asks for; what is there already stays."""
    private = media_root / "private"
    private.mkdir(parents=True, exist_ok=True)
    for size, length in library.plan.lengths.items():
        original = private / f"bench-{length}"
        if not original.exists() or original.stat().st_size != length:
            (_write_sparse if size == SPARSE else _write)(original, length)
        hidden = [library.hidden] if library.hidden.size == size else []
        for item in [*library.asked_for(size), *hidden]:
            target = private / item.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            os.link(original, target)


def mark(place: int) -> bytes:
    """The 16 bytes at that place of the sparse file."""
    return b"%016d" % place


def _write_sparse(path: Path, length: int) -> None:
    with path.open("wb") as file:
        for place in range(0, length, EVERY):
            file.seek(place)
            file.write(mark(place))
        file.truncate(length)


def _write(path: Path, length: int) -> None:
    with path.open("wb") as file:
        while length:
            length -= file.write(os.urandom(min(length, 1 << 20)))
