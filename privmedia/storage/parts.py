"""Uploads that come in parts: the bytes that have arrived, and whose turn it is to add to them.

    <root>/incoming/tus/<uid>.part   the bytes; how many there are is the offset, so both are always the same truth
    <root>/incoming/tus/<uid>.turn   the request that may write, and how far the bytes count for certain
    <root>/incoming/tus/<uid>.whole  for a moment: a body on its way to the name of the bytes

The newest request takes the turn. Whoever had it finds that out before the next block is written, however long that
block was under way: nothing waits for a sender that fell silent, and bytes of two requests never mix. Both are looked
at and changed under a lock of the file system, which the kernel lets go when a process dies.
"""
from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from privmedia.errors import Conflict, NotFound, Unavailable
from privmedia.ids import is_uid
from privmedia.storage import durable
from privmedia.storage.bodies import KeptBody
from privmedia.text import mark as _

ANOTHER_REQUEST = _("Another request goes on with this upload.")
LONGEST_WAIT = 10.0
"""Seconds to wait for a request that is finishing the same upload."""
LOOK_AGAIN = 0.05  # seconds
TURN = struct.Struct("=16sq")
"""A request's own token, and the number of bytes that count for certain, or ALL."""
ALL = -1
NOBODY = bytes(16)
WHOLE = ".whole"


class Busy(Conflict):
    """Another request holds the upload: it finishes it, or it is newer."""

    sentence = ANOTHER_REQUEST


class Part:
    """The bytes of an upload, in the hands of one request, until a newer request takes it over."""

    def __init__(self, path: Path, turn_path: Path) -> None:
        """Take the turn. Raises NotFound if there is no such upload (any more), Busy, NoSpace or Unavailable."""
        self.path = path
        self.finished = False
        self._turn_path = turn_path
        self._token = secrets.token_bytes(16)
        self._closing = contextlib.ExitStack()
        try:
            with durable.in_our_words():
                self._turn = self._open(turn_path)
                self._bytes = self._open(path)
                self._wait()
                try:
                    self._still_there()
                    if os.fstat(self._bytes).st_ino != path.stat().st_ino:
                        self._bytes = self._open(path)  # the request that was waited for put another file there
                    _token, certain = self._whose()
                    if certain != ALL and certain < os.fstat(self._bytes).st_size:
                        os.ftruncate(self._bytes, certain)
                    self._write_turn(ALL)
                    self.size = os.fstat(self._bytes).st_size
                    """Bytes that have arrived: the offset."""
                finally:
                    fcntl.flock(self._turn, fcntl.LOCK_UN)
        except BaseException:
            self._closing.close()
            raise

    def append(self, data: bytes | memoryview) -> None:
        """Add bytes at the end. Raises Busy, NoSpace or Unavailable; what was written before that stays."""
        with self._my_turn():
            durable.write_all(self._bytes, data)
            self.size += len(data)

    def take_over(self, body: KeptBody) -> None:
        """Add a body that lies in a file: the file itself is the beginning, what follows the kernel copies.

        Raises as `append`; what was copied before that stays.
        """
        with self._my_turn():
            if self.size or not self._begin_with(body):
                try:
                    self._copy(body)
                finally:
                    self.size = os.fstat(self._bytes).st_size

    def doubt(self) -> None:
        """Let what follows count only once `trust` was called: a checksum is still to come. Raises as `append`."""
        with self._my_turn():
            self._write_turn(self.size)

    def trust(self) -> None:
        """Let everything count. Raises as `append`."""
        with self._my_turn():
            self._write_turn(ALL)

    def forget(self) -> None:
        """Take back what came after `doubt`. Raises as `append`."""
        with self._my_turn():
            _token, certain = self._whose()
            if certain != ALL:
                os.ftruncate(self._bytes, certain)
                self.size = certain
                self._write_turn(ALL)

    def head(self, size: int) -> bytes:
        """The first bytes of it."""
        with durable.in_our_words():
            return os.pread(self._bytes, size, 0)

    @contextlib.contextmanager
    def finishing(self) -> Iterator[None]:
        """Force the bytes to the disk, and let no other request in before the block is left. Raises as `append`."""
        with self._my_turn():
            os.fsync(self._bytes)
            if os.fstat(self._bytes).st_size != self.size:
                raise Unavailable(durable.DISK_REFUSED)
            self.finished = True
            try:
                yield
            finally:
                self.finished = False

    def remove(self) -> None:
        """Remove the upload. Never fails: what stays is reaped."""
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.path.with_suffix(WHOLE).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._turn_path.unlink(missing_ok=True)

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _open(self, path: Path) -> int:
        try:
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_APPEND if path == self.path else 0))
        except FileNotFoundError:
            raise NotFound from None
        self._closing.callback(os.close, handle)
        return handle

    def _begin_with(self, body: KeptBody) -> bool:
        """Let the body's file be the bytes; False where the file system gives a file no second name."""
        whole = self.path.with_suffix(WHOLE)
        whole.unlink(missing_ok=True)  # of a request that was killed here
        try:
            # The front server removes its name, which must not be free for another body before that.
            os.link(body.path, whole, follow_symlinks=False)
        except OSError as error:
            if error.errno in durable.FULL:
                raise
            return False
        os.fchmod(body.handle, durable.FILE_MODE)
        whole.replace(self.path)
        self._bytes = self._open(self.path)
        self.size = body.size
        return True

    def _copy(self, body: KeptBody) -> None:
        # Not by the handle that appends: the kernel copies to a place only.
        target = os.open(self.path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            durable.copy(body.handle, target, size=body.size, offset=self.size)
        finally:
            os.close(target)

    def _wait(self) -> None:
        until = time.monotonic() + LONGEST_WAIT
        while True:
            try:
                fcntl.flock(self._turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Busy from None
                time.sleep(LOOK_AGAIN)
            else:
                return

    def _still_there(self) -> None:
        """Raises NotFound if the files were placed or removed while this request waited."""
        try:
            there = self._turn_path.stat().st_ino == os.fstat(self._turn).st_ino and self.path.exists()
        except FileNotFoundError:
            there = False
        if not there:
            raise NotFound

    @contextlib.contextmanager
    def _my_turn(self) -> Iterator[None]:
        with durable.in_our_words():
            fcntl.flock(self._turn, fcntl.LOCK_EX)
            try:
                if self._whose()[0] != self._token:
                    raise Busy
                yield
            finally:
                fcntl.flock(self._turn, fcntl.LOCK_UN)

    def _whose(self) -> tuple[bytes, int]:
        token, certain = TURN.unpack(os.pread(self._turn, TURN.size, 0).ljust(TURN.size, b"\xff"))
        return token, certain

    def _write_turn(self, certain: int) -> None:
        os.pwrite(self._turn, TURN.pack(self._token, certain), 0)


class Parts:
    """The uploads of one installation that are under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, uid: str) -> None:
        """A new upload without bytes, on the disk when this returns. Raises NoSpace or Unavailable."""
        with durable.in_our_words():
            durable.write_file(self._turn(uid), TURN.pack(NOBODY, ALL))
            durable.write_file(self._part(uid), b"")
            durable.sync_folders([self._folder])

    def take(self, uid: str) -> Part:
        """Take over an upload. Raises as `Part`."""
        return Part(self._part(uid), self._turn(uid))

    def remove(self, uid: str) -> None:
        """Remove an upload; whoever adds to it finds out before the next block. Raises Busy, NoSpace or Unavailable."""
        with contextlib.suppress(NotFound), self.take(uid) as part:
            part.remove()
        with contextlib.suppress(OSError):
            self._turn(uid).unlink(missing_ok=True)  # left where the bytes were placed and no more

    def last_written(self, uid: str) -> float | None:
        """When bytes arrived last, in seconds since 1970; None if there is no such upload."""
        try:
            return self._part(uid).stat().st_mtime
        except FileNotFoundError:
            return None

    def abandoned(self, before: float) -> Iterator[str]:
        """The uploads to which nothing was added since a moment (seconds since 1970)."""
        for uid in sorted({path.stem for path in self._folder.iterdir() if is_uid(path.stem)}):
            written = self.last_written(uid)
            with contextlib.suppress(FileNotFoundError):
                if (self._turn(uid).stat().st_mtime if written is None else written) < before:
                    yield uid

    def files_of(self, uid: str) -> list[Path]:
        """The files that there are of an upload."""
        part = self._part(uid)
        return [path for path in (part, self._turn(uid), part.with_suffix(WHOLE)) if path.exists()]

    def _part(self, uid: str) -> Path:
        return self._folder / f"{_checked(uid)}.part"

    def _turn(self, uid: str) -> Path:
        return self._folder / f"{_checked(uid)}.turn"


def _checked(uid: str) -> str:
    if not is_uid(uid):
        raise ValueError(f"{uid!r} can name no upload")
    return uid
