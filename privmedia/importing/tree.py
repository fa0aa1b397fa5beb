"""Walking through files and trees. Links are never followed: every folder is opened by its name in the one above it.

One folder's names are in memory at a time, so that it does not matter how many files there are.
"""
from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from privmedia.errors import NotFound
from privmedia.importing.sidecars import Sorted, sort_out
from privmedia.library.service import LONGEST_NAME
from privmedia.logs import printable
from privmedia.text import clean_line

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NAMELESS = "folder"


class Why(StrEnum):
    """Why something on the disk is no file to take."""

    HIDDEN = "it is hidden: its name begins with a dot"
    LINK = "it is a link, which is not followed"
    NO_FILE = "it is neither a file nor a folder"
    LONELY = "there is no file here that it belongs to"
    OURS = "it is where privmedia itself keeps its files"
    UNREADABLE = "it cannot be read"


@dataclass(frozen=True)
class Place:
    """A folder that is open."""

    handle: int
    path: str
    """As the system knows it; it need not be text."""
    names: tuple[str, ...]
    """Of the folders below the one that is imported into."""


@dataclass(frozen=True)
class Named:
    """A file in an open folder, as it was when it was listed."""

    place: Place
    name: str
    facts: os.stat_result

    @property
    def path(self) -> str:
        return os.path.join(self.place.path, self.name)

    def open(self) -> int:
        """A handle to read it; the caller closes it. Raises OSError."""
        return os.open(self.name, FILE, dir_fd=self.place.handle)

    def remove(self, facts: os.stat_result) -> bool:
        """Remove it if it still is the file of these facts; whether it is gone."""
        try:
            now = os.stat(self.name, dir_fd=self.place.handle, follow_symlinks=False)
            if not os.path.samestat(now, facts) or now.st_mtime_ns != facts.st_mtime_ns:
                return False
            os.unlink(self.name, dir_fd=self.place.handle)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True


@dataclass(frozen=True)
class Bundle:
    """A file to take, and what lies beside it."""

    file: Named
    beside: Sorted


@dataclass(frozen=True)
class LeftOut:
    """What is no file to take."""

    path: str
    why: Why


def walk(sources: Iterable[str], *, ours: os.stat_result) -> Iterator[Bundle | LeftOut]:
    """Everything in files and folders, folder by folder, in the order of the names.

    A folder keeps its name, `folder/.` means what is in it. `ours` is the root of our own files, which are passed over,
    and so is a source that lies in it. Raises NotFound for a source that is not there.
    """
    for path, only, names in _grouped(sources):
        if any(os.path.samestat(above.stat(), ours) for above in Path(path).parents):
            for source in [path] if only is None else [os.path.join(path, name) for name in sorted(only)]:
                yield LeftOut(source, Why.OURS)
            continue
        with _opened(path) as handle:
            yield from _folder(Place(handle, path, names), ours, only)


def count(sources: Iterable[str]) -> tuple[int, int]:
    """How many files there are, and their bytes: for a progress bar, so that nothing that is wrong is said."""
    files = size = 0
    waiting = [(path, only) for path, only, _names in _grouped(sources)]
    while waiting:
        path, only = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                if entry.name.startswith(".") or (only is not None and entry.name not in only):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, None))
                elif entry.is_file(follow_symlinks=False):
                    files, size = files + 1, size + entry.stat(follow_symlinks=False).st_size
    return files, size


def readable(path: str) -> str:
    """A path for people: names that are no UTF-8 are read as Windows wrote them."""
    raw = os.fsencode(path)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def shown(path: str) -> str:
    """A path on one line, without anything that a terminal would obey."""
    return printable(readable(path))


def _grouped(sources: Iterable[str]) -> Iterator[tuple[str, Collection[str] | None, tuple[str, ...]]]:
    """Folders to walk, each with the names it is about, if not all, and what it is called in the library.

    Files that were named one by one are looked at together: the captions among them are no files of their own.
    """
    files: dict[str, set[str]] = defaultdict(set)
    folders = []
    for source in sources:
        inside = os.path.basename(source) in (".", "..")
        path = os.path.realpath(source)
        if not os.path.lexists(path):
            raise NotFound(f"There is no “{shown(source)}”.")
        if os.path.isdir(path):
            folders.append((path, None, () if inside else (_folder_name(os.path.basename(path)),)))
        else:
            files[os.path.dirname(path)].add(os.path.basename(path))
    yield from ((path, names, ()) for path, names in files.items())
    yield from folders


def _folder(place: Place, ours: os.stat_result, only: Collection[str] | None) -> Iterator[Bundle | LeftOut]:
    if os.path.samestat(os.fstat(place.handle), ours):
        yield LeftOut(place.path, Why.OURS)
        return
    files: list[str] = []
    folders: list[str] = []
    others: list[tuple[str, Why]] = []
    with os.scandir(place.handle) as entries:
        for entry in entries:
            why = _why_not(entry, asked_for=only is not None)
            if why is not None:
                others.append((entry.name, why))
            else:
                (folders if entry.is_dir(follow_symlinks=False) else files).append(entry.name)
    for name, why in sorted(others):
        if only is None or name in only:
            yield LeftOut(os.path.join(place.path, name), why)
    yield from _files(place, files, only)
    for name in sorted(folders) if only is None else ():
        path = os.path.join(place.path, name)
        try:
            handle = os.open(name, FOLDER, dir_fd=place.handle)
        except OSError:
            yield LeftOut(path, Why.UNREADABLE)
            continue
        try:
            yield from _folder(Place(handle, path, (*place.names, _folder_name(name))), ours, None)
        finally:
            os.close(handle)


def _files(
    place: Place, names: Collection[str], only: Collection[str] | None
) -> Iterator[Bundle | LeftOut]:
    bundles, lonely = sort_out(names)
    for name, beside in bundles.items():
        if only is None or name in only:
            try:
                facts = os.stat(name, dir_fd=place.handle, follow_symlinks=False)
            except FileNotFoundError:
                continue  # gone since
            except OSError:  # of a folder whose names may be read, and nothing more
                yield LeftOut(os.path.join(place.path, name), Why.UNREADABLE)
                continue
            yield Bundle(Named(place, name, facts), beside)
    for name in lonely:
        if only is None or name in only:
            yield LeftOut(os.path.join(place.path, name), Why.LONELY)


def _why_not(entry: os.DirEntry[str], *, asked_for: bool) -> Why | None:
    if entry.name.startswith(".") and not asked_for:
        return Why.HIDDEN
    if entry.is_symlink():
        return Why.LINK
    known = entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)
    return None if known else Why.NO_FILE


def _folder_name(name: str) -> str:
    return clean_line(readable(name))[:LONGEST_NAME].strip() or NAMELESS


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise NotFound(f"“{shown(path)}” cannot be opened: {os.strerror(error.errno or 0)}.") from error
    try:
        yield handle
    finally:
        os.close(handle)
