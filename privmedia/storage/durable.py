"""Writes that are on the disk when the call returns, and the disk's refusals in our own words.

A failed fsync is never tried again: Linux marks the pages clean after the first failure, so that a second one
would report success for data that is gone.
"""
from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from privmedia.errors import NoSpace, Unavailable
from privmedia.text import mark as _

FILE_MODE = 0o640
FOLDER_MODE = 0o750
# EFBIG: a limit on the size of one file, set for the process or by the file system.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# Between two file systems, or by one that cannot.
NOT_IN_THE_KERNEL = frozenset({errno.EXDEV, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})
BLOCK = 1 << 20  # bytes
DISK_REFUSED = _("The disk of the server refused the file. Nothing of it was kept; tell your administrator.")


@contextlib.contextmanager
def in_our_words() -> Iterator[None]:
    """Turn what the operating system reports about the disk into NoSpace or Unavailable."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise NoSpace from error
        raise Unavailable(DISK_REFUSED) from error


def sync_file(path: Path) -> None:
    """Force a file's content and size to the disk. Raises OSError."""
    _sync(path, os.O_RDONLY | os.O_NOFOLLOW)


def sync_folders(folders: Iterable[Path]) -> None:
    """Force folders' entries to the disk, in the order given. Raises OSError."""
    for folder in folders:
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and its missing parents, all with our mode whatever the umask. Raises OSError."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        make_new_folder(folder)


def make_new_folder(folder: Path) -> None:
    """Make a folder that nobody else has. Raises FileExistsError if it is there already."""
    folder.mkdir()
    try:
        folder.chmod(FOLDER_MODE)
    except OSError:
        folder.rmdir()
        raise


def open_new_file(path: Path) -> int:
    """A handle to write a file that was not there, with our mode whatever the umask. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    try:
        os.fchmod(handle, FILE_MODE)
    except OSError:
        os.close(handle)
        path.unlink()
        raise
    return handle


def open_regular(path: Path) -> tuple[int, os.stat_result]:
    """A handle to read a file and its facts; the caller closes it.

    Raises FileNotFoundError for what is missing and for everything that is not a regular file.
    """
    try:
        # Not blocking: opening a named pipe would otherwise wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENOTDIR):
            raise FileNotFoundError(errno.ENOENT, "not a regular file", str(path)) from error
        raise
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)
        raise FileNotFoundError(errno.ENOENT, "not a regular file", str(path))
    return handle, facts


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write every byte; the system may take fewer at a time. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest):]


def copy(source: int, target: int, *, size: int, offset: int) -> None:
    """Copy a file's first bytes to a place in another, in the kernel where it can. Raises OSError."""
    done = 0
    while done < size:
        try:
            step = os.copy_file_range(source, target, size - done, done, offset + done)
        except OSError as error:
            if error.errno not in NOT_IN_THE_KERNEL:
                raise
            data = os.pread(source, BLOCK, done)
            os.lseek(target, offset + done, os.SEEK_SET)
            write_all(target, data)
            step = len(data)
        if not step:
            raise OSError(errno.EIO, "the file has become shorter")
        done += step


def write_file(path: Path, data: bytes) -> None:
    """A new small file, on the disk when this returns. Raises OSError."""
    handle = open_new_file(path)
    try:
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)
