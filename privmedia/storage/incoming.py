"""One file on its way in: written where nobody serves from, on the disk before anybody hears of it."""
from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Protocol

from privmedia.errors import Unavailable
from privmedia.storage import durable


class Whole(Protocol):
    """A file that has arrived and is on the disk: what it takes to give it its place."""

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def finished(self) -> bool:
        """Whether all of it is on the disk."""


class Incoming:
    """A temporary file that is gone after the `with` block unless it was placed in the meantime."""

    def __init__(self, path: Path) -> None:
        """Raises NoSpace or Unavailable."""
        self.path = path
        self.size = 0
        """Bytes written so far."""
        self.finished = False
        with durable.in_our_words():
            self._handle = durable.open_new_file(path)

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes. Raises NoSpace or Unavailable."""
        with durable.in_our_words():
            durable.write_all(self._handle, data)
        self.size += len(data)

    def finish(self) -> None:
        """Force the file to the disk and see that it is whole.

        Raises NoSpace or Unavailable; the file is lost then, and trying again would only hide it.
        """
        with durable.in_our_words():
            os.fsync(self._handle)
            stored = os.fstat(self._handle).st_size
            self._close()
        if stored != self.size:
            raise Unavailable(durable.DISK_REFUSED)
        self.finished = True

    def discard(self) -> None:
        """Remove it, unless it was placed. Never fails: what stays behind is reaped."""
        with contextlib.suppress(OSError):
            self._close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            # NFS reports a full disk here; Linux has closed the handle all the same.
            os.close(handle)

    def __enter__(self) -> Incoming:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
