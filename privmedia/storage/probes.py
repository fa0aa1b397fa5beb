"""Probes: files that are made only to be fetched, by whoever looks whether the installation delivers as it should.

    <root>/incoming/probes/<uid>/record    the hash of the one token that opens it, and until when
    <root>/incoming/probes/<uid>/notes     what the application was asked for, a line for each request

The file itself lies where the first version of an item with this id would, and no row names it. It keeps the mark of
`Storage.place`, so that it goes even if whoever made it is killed. Beside it lie decoys: short files at the places
where a wrong configuration looks for it, each saying which mistake leads there.
"""
from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from privmedia.ids import is_uid
from privmedia.storage import durable

MOST_NOTES = 1 << 20
"""Bytes of notes that are kept of one probe."""


class Decoy(StrEnum):
    """A place where a front server looks that was told a wrong one."""

    ROOT = "root"
    """`root` for `alias`: the internal address is put behind the folder as a whole."""
    ROOT_ABOVE = "root-above"
    """The same with the media root."""
    SLASH = "slash"
    """No slash at the end of `alias`: the name of the folder and of the file run together."""
    BESIDE = "beside"
    """No slash at the end of the location: `/pmedia../x` leads out of the folder."""


@dataclass(frozen=True)
class Record:
    """What opens a probe: a token with this hash, until then (seconds since 1970)."""

    token_hash: str
    until: float


class Probes:
    """The probes of one installation. Nothing here is forced to the disk: a power cut may take it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "incoming" / "probes"

    def begin(self, uid: str, record: Record) -> None:
        """From now on the token opens it. Raises NoSpace or Unavailable."""
        with durable.in_our_words():
            durable.make_folder(self._of(uid))
            durable.write_file(self._of(uid) / "record", json.dumps([record.token_hash, record.until]).encode())

    def is_there(self, uid: str) -> bool:
        """Whether somebody looks with it, and has not cleared up yet."""
        return self._of(uid).is_dir()

    def held(self, uid: str) -> Record | None:
        """What opens a probe; None if there is none, or not any more."""
        try:
            token_hash, until = json.loads((self._of(uid) / "record").read_bytes())
            return Record(str(token_hash), float(until))
        except (OSError, ValueError, TypeError):
            return None

    def end(self, uid: str) -> None:
        """The token opens nothing any more; the files stay until `remove`."""
        with contextlib.suppress(OSError):
            (self._of(uid) / "record").unlink(missing_ok=True)

    def write_down(self, uid: str, **facts: Any) -> None:
        """Write down a request. Never fails: who made the probe misses the line, and says so."""
        line = json.dumps(facts).encode() + b"\n"
        with contextlib.suppress(OSError):
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            handle = os.open(self._of(uid) / "notes", flags, durable.FILE_MODE)
            try:
                if os.fstat(handle).st_size < MOST_NOTES:
                    durable.write_all(handle, line)
            finally:
                os.close(handle)

    def notes(self, uid: str) -> list[dict[str, Any]]:
        """What was written down, in order."""
        try:
            text = (self._of(uid) / "notes").read_text()
        except OSError:
            return []
        return [json.loads(line) for line in text.splitlines()]

    def lay_decoys(self, uid: str, path: str) -> None:
        """Put decoys for a file below `private/`. One that may not be written is left out."""
        for decoy, place in self._decoys(uid, path).items():
            with contextlib.suppress(OSError):
                durable.make_folder(place.parent)
                place.write_text(decoy)
                place.chmod(durable.FILE_MODE)

    def there(self) -> Iterator[tuple[str, float]]:
        """The probes that there are, and when each was made (seconds since 1970)."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if is_uid(entry.name):
                    with contextlib.suppress(FileNotFoundError):
                        yield entry.name, entry.stat(follow_symlinks=False).st_mtime

    def remove(self, uid: str, path: str) -> None:
        """All but the file below `private/` itself goes. Never fails: what stays is tried again."""
        for place in self._decoys(uid, path).values():
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)
            # Folders in which there is something else stay.
            for folder in place.parents:
                if folder in (self._root, self._root / "private"):
                    break
                with contextlib.suppress(OSError):
                    folder.rmdir()
        shutil.rmtree(self._of(uid), ignore_errors=True)

    def _of(self, uid: str) -> Path:
        if not is_uid(uid):
            raise ValueError(f"{uid!r} can name no probe")
        return self._folder / uid

    def _decoys(self, uid: str, path: str) -> dict[Decoy, Path]:
        return {
            Decoy.ROOT: self._root / "private" / "pmedia" / path,
            Decoy.ROOT_ABOVE: self._root / "pmedia" / path,
            Decoy.SLASH: self._root / f"private{path}",
            Decoy.BESIDE: self._root / f"probe-{uid}",
        }
