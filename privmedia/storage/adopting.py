"""Files that lie elsewhere on this machine and are to lie here as well: copied, or given a second name.

The source is known by an open handle, so that what was looked at is what is taken, whatever happens to its name.
"""
from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from privmedia.errors import Conflict, DomainError, NoSpace
from privmedia.storage import durable

FICLONE = 0x40049409
"""ioctl_ficlone(2): the copy shares its blocks with the source until one of them is changed."""
AT_ONCE = 8 << 20
"""Bytes copied in one step."""
KEPT_FREE = 256 << 20
"""Bytes that a copy leaves on the disk: the database needs room as well."""


class Unreadable(DomainError):
    """The source cannot be read."""

    def __init__(self, error: OSError) -> None:
        super().__init__(f"It cannot be read: {os.strerror(error.errno or errno.EIO)}.")


class Changed(Conflict):
    """The source was changed meanwhile: what was read of it may be half old and half new."""

    sentence = "It was changed while it was read."


@dataclass(frozen=True)
class Adopted:
    """A file in our own file system, on the disk, that waits for its place."""

    path: Path
    size: int
    """Bytes."""
    finished: bool = True


def copied(handle: int, out: Path, *, on_bytes: Callable[[int], None]) -> Adopted:
    """Copy an open file: by sharing its blocks where the file system can, else in the kernel, else by reading.

    On the disk when this returns. `on_bytes` hears how many bytes were added. Raises Changed, Unreadable, NoSpace
    and Unavailable; the caller removes what is at `out` then.
    """
    before = os.fstat(handle)
    os.lseek(handle, 0, os.SEEK_SET)
    with durable.in_our_words():
        target = durable.open_new_file(out)
        try:
            if _is_cloned(handle, target):
                on_bytes(before.st_size)
            else:
                facts = os.fstatvfs(target)
                if before.st_size + KEPT_FREE > facts.f_bavail * facts.f_frsize:
                    raise NoSpace
                _copy_in_kernel(handle, target, on_bytes)
                _copy_rest(handle, target, on_bytes)
            os.fsync(target)
            size = os.fstat(target).st_size
        finally:
            os.close(target)
    if size != before.st_size or has_changed(before, os.fstat(handle)):
        raise Changed
    return Adopted(out, size)


def linked(handle: int, folder: int, name: str, out: Path) -> Adopted | None:
    """Give an open file, `name` in the open folder, a second name here; None where that cannot be, so copy it.

    On the disk when this returns. Its first name stays: nothing is lost, whatever comes. Not for what has other names
    already, by which it could be changed, nor for files of other users, whom we could not keep from it. Raises
    Changed and Unavailable.
    """
    facts = os.fstat(handle)
    if facts.st_nlink != 1 or facts.st_uid != os.geteuid():
        return None
    try:
        os.link(name, out, src_dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        raise Changed from None
    except OSError:
        return None  # another file system, or one without second names
    with durable.in_our_words():
        if not os.path.samestat(facts, os.stat(out, follow_symlinks=False)):
            raise Changed
        os.fchmod(handle, durable.FILE_MODE)
        os.fsync(handle)
    return Adopted(out, facts.st_size)


def is_being_written(handle: int) -> bool:
    """Whether some program has the file open to write into it, where the system tells.

    By a lease (fcntl(2), F_SETLEASE), which is refused in that case and given back at once.
    """
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # sent to us if somebody opens it at this very moment
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    else:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    finally:
        signal.signal(signal.SIGIO, before)


def has_changed(before: os.stat_result, now: os.stat_result) -> bool:
    """Whether a file has another content than it had, as far as its facts tell."""
    return (before.st_size, before.st_mtime_ns) != (now.st_size, now.st_mtime_ns)


def _is_cloned(handle: int, target: int) -> bool:
    try:
        fcntl.ioctl(target, FICLONE, handle)
    except OSError:
        return False
    return True


def _copy_in_kernel(handle: int, target: int, on_bytes: Callable[[int], None]) -> None:
    """As far as that goes; who reads the rest finds out why it went no further."""
    with contextlib.suppress(OSError):
        while count := os.copy_file_range(handle, target, AT_ONCE):
            on_bytes(count)


def _copy_rest(handle: int, target: int, on_bytes: Callable[[int], None]) -> None:
    while True:
        try:
            block = os.read(handle, AT_ONCE)
        except OSError as error:
            raise Unreadable(error) from error
        if not block:
            return
        durable.write_all(target, block)
        on_bytes(len(block))
