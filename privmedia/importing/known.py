"""What the library has already: by where a file came from, and by what is in it."""
from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN
from privmedia.importing.models import Imported
from privmedia.library.models import Item, Version

REMEMBERED = 10_000
"""Hashes of files that the worker has not read yet."""


@dataclass(frozen=True)
class Before:
    """A file that was imported by an earlier run, and the item it is."""

    uid: str
    title: str
    in_bin: bool
    beside: dict[str, list[int]]


@dataclass(frozen=True)
class Twin:
    """A version of an item whose file has as many bytes."""

    version_id: int
    uid: str
    number: int
    title: str
    sha256: str | None


class Known:
    """Reads what is known of files."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def unchanged(self, path: str, facts: os.stat_result) -> Before | None:
        """What a file became that has not changed since."""
        query = (
            select(Item.uid, Item.title, Item.deletion_id, Imported.beside)
            .join(Imported, Imported.item_id == Item.id)
            .where(
                Imported.source == key_of(path),
                Imported.size == facts.st_size,
                Imported.modified == facts.st_mtime_ns,
            )
        )
        row = self._session.execute(query, execution_options=WITH_BIN).one_or_none()
        return None if row is None else Before(row.uid, row.title, row.deletion_id is not None, row.beside)

    def twins(self, size: int) -> list[Twin]:
        """The versions of items, not of those in the bin, whose file has so many bytes."""
        query = (
            select(Version.id, Item.uid, Version.number, Item.title, Version.sha256)
            .join(Item, Item.id == Version.item_id)
            .where(Version.size == size)
            .order_by(Version.item_id, Version.number)
        )
        return [Twin(*row) for row in self._session.execute(query)]


class Digests:
    """Hashes of originals that the worker has not read yet, each worked out once."""

    def __init__(self, read: Callable[[Twin], str | None]) -> None:
        self._read = read
        self._known: dict[int, str | None] = {}

    def of(self, twin: Twin) -> str | None:
        """SHA-256 in hexadecimal; None if the file cannot be read."""
        if twin.sha256 is not None:
            return twin.sha256
        if twin.version_id not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[twin.version_id] = self._read(twin)
        return self._known[twin.version_id]


class Seen:
    """What a dry run has seen, so that it tells of two files that are the same. Kept on the disk where it grows."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("")  # SQLite's name for a database of its own that is gone when it is closed
        self._table.execute("CREATE TABLE seen (size INTEGER, path BLOB)")
        self._table.execute("CREATE INDEX seen_size ON seen (size)")

    def as_long(self, size: int) -> list[str]:
        """The paths of the files of so many bytes."""
        rows = self._table.execute("SELECT path FROM seen WHERE size = ?", (size,))
        return [os.fsdecode(path) for (path,) in rows]

    def add(self, path: str, size: int) -> None:
        self._table.execute("INSERT INTO seen VALUES (?, ?)", (size, os.fsencode(path)))

    def close(self) -> None:
        self._table.close()


def key_of(path: str) -> str:
    """What a path is known by."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()
