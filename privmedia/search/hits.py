"""What search shows: plain values, made by `service`."""
from __future__ import annotations

from dataclasses import dataclass, field

from privmedia.library.cards import ItemCard
from privmedia.library.models import Kind
from privmedia.search.words import Pieces, Query

FOLDERS = "folder"
"""Beside the kinds of items, the kind of result that is a folder."""
NEWEST, BEST = "newest", "best"
SINCE = {"week": 7, "month": 30, "year": 365}
"""Words in addresses for how many days ago at most something was added."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is looked for, and what of it is to be shown."""

    query: Query
    kind: str = ""
    """One of `Kind`, FOLDERS, or empty for all."""
    folder: str = ""
    """Public id of the folder to look in, with all below it."""
    uploader: str = ""
    """Public id of whoever added it."""
    since: str = ""
    order: str = BEST
    after: str = ""
    """Where the page before ended."""

    @property
    def only_items(self) -> bool:
        """Whether something is asked that no folder has."""
        return bool(self.uploader or self.since)


@dataclass(frozen=True)
class Line:
    """A line of text in which something was found: at a time, on a page, or in a name."""

    pieces: Pieces
    at: float | None = None
    """Seconds."""
    page: int | None = None
    name_of: str = ""
    """`file` or `tag`, if it is the name of one."""


@dataclass(frozen=True)
class ItemHit:
    """An item that was found, with where."""

    card: ItemCard
    title: Pieces
    path: str
    """Names of the folders it lies in that the caller can see, joined by " / "."""
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class FolderHit:
    """A folder that was found."""

    uid: str
    name: Pieces
    path: str


@dataclass(frozen=True)
class Person:
    """Somebody who added some of what was found."""

    uid: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How much was found, of what the caller may see."""

    kinds: dict[Kind, int] = field(default_factory=dict)
    folders: int = 0
    more: bool = False
    """There are more items than are counted."""
    people: list[Person] = field(default_factory=list)
    """Who added what was found, by name."""

    @property
    def items(self) -> int:
        return sum(self.kinds.values())

    @property
    def all(self) -> int:
        return self.items + self.folders


@dataclass(frozen=True, kw_only=True)
class Results:
    """One page of what was found."""

    items: list[ItemHit]
    folders: list[FolderHit]
    counts: Counts
    next: str | None = None
    """Where the next page begins."""
    meant: Query | None = None
    """What may have been meant instead, if nothing was found and this would be."""


@dataclass(frozen=True)
class Suggestions:
    """What can be found with what has been typed so far."""

    items: list[ItemHit]
    folders: list[FolderHit]
