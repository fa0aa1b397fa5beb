"""Where files lie, and how they get there.

    <root>/incoming/form/      uploads on their way in, each in one request
    <root>/incoming/body/      bodies of requests, written by the front server: `privmedia.storage.bodies`
    <root>/incoming/tus/       uploads that come in parts: `privmedia.storage.parts`
    <root>/incoming/placing/   a mark for each version whose files are placed and whose row is not committed yet, or
                               whose row is about to go
    <root>/incoming/work/      where derivatives are made
    <root>/incoming/probes/    what is known of files made only to look whether they arrive (`storage.probes`)
    <root>/private/ab/cd/<uid>/v<N>/   one version: `original`, its derivatives, `version.json`
    <root>/public/<token>/     a rendition that was made public, under a second name (`storage.public`)
    <root>/quarantine/         what nothing names any more, for some days (`storage.quarantine`)

All of it is one file system, so that a finished file gets its name in one step. Names are ours, never a user's.
"""
from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from privmedia.errors import Conflict
from privmedia.ids import is_uid
from privmedia.storage import durable
from privmedia.storage.bodies import Bodies
from privmedia.storage.incoming import Incoming, Whole
from privmedia.storage.parts import Parts
from privmedia.storage.probes import Probes
from privmedia.storage.public import PublicFiles
from privmedia.storage.quarantine import Quarantine

ORIGINAL = "original"
ZIPPED = "selection.zip"
SIDECAR = "version.json"
VERSION = re.compile(r"v[1-9][0-9]*")
STORED_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
FOLDERS = ("incoming/body", "incoming/tus", "incoming/form", "incoming/placing", "incoming/work", "private", "public")


@dataclass(frozen=True)
class Placed:
    """A file that lies where it stays."""

    path: Path
    size: int
    finished: bool = True


class Storage:
    """The files of one installation below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.private = root / "private"
        self.incoming = root / "incoming"
        self.parts = Parts(self.incoming / "tus")
        self.bodies = Bodies(self.incoming / "body")
        self.probes = Probes(root)
        self.public = PublicFiles(root / "public")
        self.quarantine = Quarantine(root)

    def make_folders(self) -> None:
        """Make what is missing. Raises NoSpace or Unavailable."""
        with durable.in_our_words():
            for name in FOLDERS:
                durable.make_folder(self.root / name)

    def version_folder(self, uid: str, number: int) -> Path:
        """Where the files of an item's version lie. Raises ValueError for what is no id or no number."""
        return self.private / _version(uid, number)

    @staticmethod
    @lru_cache(maxsize=4096)  # a player asks for the same few files again and again
    def relative_path(uid: str, number: int, stored_as: str) -> str:
        """A stored file's path below `private/`, in plain ASCII: `ab/cd/<uid>/v1/play.mp4`. Raises ValueError."""
        return f"{_version(uid, number)}/{_checked_name(stored_as)}"

    def receive(self) -> Incoming:
        """A new file to write an upload into. Raises NoSpace or Unavailable."""
        return Incoming(self.incoming / "form" / f"{secrets.token_hex(16)}.part")

    def aside(self, name: str) -> bytes | None:
        """What `receive` took in under this name and nobody placed yet; None once it was cleared away."""
        try:
            return (self.incoming / "form" / f"{_checked_name(name)}.part").read_bytes()
        except FileNotFoundError:
            return None

    def place(self, incoming: Whole, uid: str, number: int, *, facts: dict[str, Any]) -> None:
        """Make a finished upload the original of a new version, on the disk with its folders when this returns.

        `facts` go into the sidecar, from which a lost database could be listed. A mark stays until `settle`, so
        that a version whose row was never committed is found and removed. Raises Conflict if the version is
        there already, NoSpace or Unavailable; nothing is left behind then.
        """
        if not incoming.finished:
            raise ValueError("an unfinished upload cannot be placed")
        folder = self.version_folder(uid, number)
        with durable.in_our_words():
            try:
                self._mark(uid, number)
                durable.make_folder(folder.parent)
                # A folder nobody else has is what keeps the rename below from replacing anything.
                durable.make_new_folder(folder)
            except OSError as error:
                with contextlib.suppress(OSError):
                    folder.parent.rmdir()  # stays where there are other versions
                self.settle(uid, number)
                if isinstance(error, FileExistsError):
                    raise Conflict("This version is there already.") from error
                raise
            try:
                incoming.path.rename(folder / ORIGINAL)
                durable.write_file(folder / SIDECAR, json.dumps(facts, ensure_ascii=False, indent=1).encode())
                durable.sync_folders(self._up_to_private(folder))
            except OSError:
                self.remove_version(uid, number)
                raise

    def placed(self, uid: str, number: int) -> Placed:
        """The original of a version. Raises FileNotFoundError as `open_file`."""
        handle, facts = self.open_file(uid, number, ORIGINAL)
        os.close(handle)
        return Placed(self.version_folder(uid, number) / ORIGINAL, facts.st_size)

    def link_version(self, uid: str, number: int, new_uid: str, *, facts: dict[str, Any]) -> None:
        """Give a new item the files of a version: the same bytes under a second name, each free to go by itself.

        Files are never changed once they have their name, so neither is a copy of the other. On the disk with its
        folders when this returns; the mark stays until `settle`. Raises NoSpace or Unavailable, and nothing is left.
        """
        source, folder = self.version_folder(uid, number), self.version_folder(new_uid, 1)
        with durable.in_our_words():
            try:
                self._mark(new_uid, 1)
                durable.make_folder(folder.parent)
                durable.make_new_folder(folder)
                for path in source.rglob("*"):
                    target = folder / path.relative_to(source)
                    if path.is_dir():
                        durable.make_folder(target)
                    elif path.name != SIDECAR:
                        durable.make_folder(target.parent)
                        os.link(path, target, follow_symlinks=False)
                durable.write_file(folder / SIDECAR, json.dumps(facts, ensure_ascii=False, indent=1).encode())
                inner = [path for path in folder.rglob("*") if path.is_dir()]
                durable.sync_folders([*inner, *self._up_to_private(folder)])
            except OSError:
                self.remove_version(new_uid, 1)
                raise

    def place_product(self, made: Path, uid: str, number: int, stored_as: str) -> None:
        """Give a derivative its name, on the disk when this returns. The same one made again replaces the first.

        Raises NoSpace or Unavailable.
        """
        folder = self.version_folder(uid, number)
        target = folder / _checked_name(stored_as)
        if stored_as in (ORIGINAL, SIDECAR):
            raise ValueError(f"{stored_as} is never written twice")
        with durable.in_our_words():
            made.chmod(durable.FILE_MODE)
            durable.sync_file(made)
            made.replace(target)
            durable.sync_folders([folder])

    def link_product(self, uid: str, number: int, stored_as: str, to: int) -> None:
        """Give another version of the item a derivative of this one: the same bytes, each free to go by itself.

        On the disk when this returns; nothing is done if it is there already. Raises NoSpace or Unavailable.
        """
        folder, name = self.version_folder(uid, to), _checked_name(stored_as)
        with durable.in_our_words():
            with contextlib.suppress(FileExistsError):
                os.link(self.version_folder(uid, number) / name, folder / name, follow_symlinks=False)
            durable.sync_folders([folder])

    def place_zip(self, made: Path, uid: str) -> None:
        """Give a zip the place that the files of an item with its public id would have: senders find it there.

        On the disk with its folders when this returns. Raises NoSpace or Unavailable.
        """
        folder = self.version_folder(uid, 1)
        with durable.in_our_words():
            durable.make_folder(folder)
        self.place_product(made, uid, 1, ZIPPED)
        with durable.in_our_words():
            durable.sync_folders(self._up_to_private(folder))

    def remove_product(self, uid: str, number: int, stored_as: str) -> None:
        """Remove a derivative that nothing names any more. Never fails: what stays is seen by nobody."""
        if stored_as in (ORIGINAL, SIDECAR):
            raise ValueError(f"{stored_as} goes with its version")
        folder = self.version_folder(uid, number)
        with contextlib.suppress(OSError):
            (folder / _checked_name(stored_as)).unlink(missing_ok=True)
            durable.sync_folders([folder])

    def read_text(self, uid: str, number: int, stored_as: str) -> str:
        """A stored text, whole. Raises FileNotFoundError as `open_file`."""
        handle, _facts = self.open_file(uid, number, stored_as)
        with os.fdopen(handle, "rb") as file:
            return file.read().decode()

    def unsettle(self, uid: str, number: int) -> None:
        """Mark a version whose row is about to go, so that its files are removed whatever happens in between.

        `settle` takes the mark away where the row stays. Raises NoSpace or Unavailable.
        """
        with durable.in_our_words(), contextlib.suppress(FileExistsError):
            self._mark(uid, number)

    def settle(self, uid: str, number: int) -> None:
        """Take away the mark of `place`: the row is committed, or the files are gone."""
        with contextlib.suppress(OSError):
            self._marker(uid, number).unlink(missing_ok=True)

    def unsettled(self, older_than: float) -> Iterator[tuple[str, int]]:
        """Versions marked before a moment (seconds since 1970) and never settled: something broke off there."""
        for mark in _older_files(self.incoming / "placing", older_than):
            uid, _, number = mark.name.partition(".v")
            if is_uid(uid) and number.isdigit():
                yield uid, int(number)

    def remove_version(self, uid: str, number: int) -> None:
        """Remove a version's files and its mark. Never fails: what stays keeps its mark and is tried again."""
        folder = self.version_folder(uid, number)
        with contextlib.suppress(OSError):
            if folder.exists():
                shutil.rmtree(folder)
                durable.sync_folders([folder.parent])
            with contextlib.suppress(OSError):
                folder.parent.rmdir()  # of the item; it stays while there are other versions
            self.settle(uid, number)

    def remove_item(self, uid: str) -> bool:
        """Remove all files of an item, whatever versions there are; whether none is left. Raises ValueError."""
        folder = self.version_folder(uid, 1).parent
        try:
            if folder.exists():
                shutil.rmtree(folder)
                durable.sync_folders([folder.parent])
        except OSError:
            return False
        return True

    def items_on_disk(self) -> Iterator[str]:
        """The public ids of items that have a folder of files."""
        for outer in sorted(self.private.glob("??")):
            for folder in sorted(outer.glob("??/*")):
                if is_uid(folder.name):
                    yield folder.name

    def foreign(self) -> Iterator[Path]:
        """What lies below `private/` where folders of items and of their versions lie, and is none in its place.

        Links are named and not followed: what they lead to is not ours.
        """
        for outer in _inside(self.private):
            if len(outer.name) != 2 or not _is_folder(outer):
                yield outer
                continue
            for inner in _inside(outer):
                if len(inner.name) != 2 or not _is_folder(inner):
                    yield inner
                    continue
                for folder in _inside(inner):
                    is_there = is_uid(folder.name) and folder.name.startswith(outer.name + inner.name)
                    if not (is_there and _is_folder(folder)):
                        yield folder
                        continue
                    yield from (path for path in _inside(folder) if not VERSION.fullmatch(path.name))

    def open_file(self, uid: str, number: int, stored_as: str) -> tuple[int, os.stat_result]:
        """A handle to read a stored file and its facts; the caller closes it.

        Raises FileNotFoundError for what is missing and for everything that is not a regular file.
        """
        return durable.open_regular(self.version_folder(uid, number) / _checked_name(stored_as))

    @contextlib.contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder to make derivatives in, gone afterwards. Raises NoSpace or Unavailable."""
        with durable.in_our_words():
            folder = Path(tempfile.mkdtemp(dir=self.incoming / "work"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def free_space(self) -> int:
        """Bytes that can still be written."""
        facts = os.statvfs(self.incoming)
        return facts.f_bavail * facts.f_frsize

    def overdue(self, older_than: float) -> int:
        """How much lies there that `reap_incoming` would have removed, had it been called."""
        folders = [self.incoming / name for name in (*self._arriving, "work")]
        return sum(1 for folder in folders for _path in _older_entries(folder, older_than))

    def reap_incoming(self, older_than: float) -> int:
        """Remove what broken uploads and killed workers left before a moment (seconds since 1970); how much."""
        removed = 0
        for name in self._arriving:
            for path in _older_files(self.incoming / name, older_than):
                path.unlink(missing_ok=True)
                removed += 1
        for folder in _older_entries(self.incoming / "work", older_than):
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
        return removed

    @property
    def _arriving(self) -> tuple[str, ...]:
        """The folders in which half a file may be left over, and is ours to remove."""
        return ("form", "body") if self.bodies.are_ours else ("form",)

    def _marker(self, uid: str, number: int) -> Path:
        return self.incoming / "placing" / f"{uid}.v{number}"

    def _mark(self, uid: str, number: int) -> None:
        durable.write_file(self._marker(uid, number), b"")
        durable.sync_folders([self.incoming / "placing"])

    def _up_to_private(self, folder: Path) -> Iterator[Path]:
        # All of them, new or not: another process may have made one and not have forced it to the disk yet.
        while folder != self.private.parent:
            yield folder
            folder = folder.parent


def _version(uid: str, number: int) -> str:
    """The folder of an item's version below `private/`. Raises ValueError for what is no id or no number."""
    if not is_uid(uid) or number < 1:
        raise ValueError(f"{uid!r}, version {number}, can name no folder")
    return f"{uid[:2]}/{uid[2:4]}/{uid}/v{number}"


def _checked_name(stored_as: str) -> str:
    if not STORED_NAME.fullmatch(stored_as):
        raise ValueError(f"{stored_as!r} can name no stored file")
    return stored_as


def _older_files(folder: Path, moment: float) -> Iterator[Path]:
    return (path for path in _older_entries(folder, moment) if not path.is_dir())


def _older_entries(folder: Path, moment: float) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_mtime < moment:
                    yield Path(entry.path)


def _inside(folder: Path) -> list[Path]:
    """What is in a folder, by name; nothing if it is gone meanwhile."""
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
