"""Files that nothing names any more, kept apart before they are deleted: `<root>/quarantine/<when>/`.

Each is moved with a line in `manifest.jsonl` beside it, which is on the disk first: by that a person can put it back.
"""
from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from privmedia.storage import durable

MANIFEST = "manifest.jsonl"
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Stray:
    """A file or folder that nothing names, and the sentence that says so."""

    path: Path
    sentence: str


class Quarantine:
    """The quarantine of one installation. `root` is that of all its files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "quarantine"

    def put(self, strays: Iterable[Stray], now: datetime) -> int:
        """Move them here, whole; how many there were. What has gone meanwhile is none. Raises NoSpace, Unavailable."""
        folder = self._folder / f"{now.astimezone(UTC).strftime(STAMP)}-{secrets.token_hex(4)}"
        moved = 0
        with durable.in_our_words():
            for stray in strays:
                if not os.path.lexists(stray.path):
                    continue
                durable.make_folder(folder)
                place = stray.path.relative_to(self._root)
                self._note(folder, {"from": str(place), "why": stray.sentence, "at": now.isoformat()})
                durable.make_folder((folder / place).parent)
                stray.path.rename(folder / place)
                durable.sync_folders([(folder / place).parent, stray.path.parent])
                moved += 1
        return moved

    def older_than(self, moment: datetime) -> Iterator[Path]:
        """The folders of what was put here before a moment."""
        for folder in sorted(self._folder.glob("*Z-*")):
            try:
                put = datetime.strptime(folder.name.partition("-")[0], STAMP).replace(tzinfo=UTC)
            except ValueError:
                continue  # nothing of ours
            if put < moment:
                yield folder

    def remove(self, folder: Path) -> None:
        """Delete one of them for good. Raises Unavailable: then some of it is still there."""
        with durable.in_our_words():
            shutil.rmtree(folder)
            durable.sync_folders([self._folder])

    def _note(self, folder: Path, line: dict[str, str]) -> None:
        handle = os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, durable.FILE_MODE)
        try:
            durable.write_all(handle, json.dumps(line).encode() + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        durable.sync_folders([folder, self._folder])
