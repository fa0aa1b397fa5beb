"""What lists and pages show of folders and items: plain values, made by `shelves`."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from privmedia.accounts.identity import COLOURS, initials
from privmedia.accounts.models import User
from privmedia.library.models import Kind, State
from privmedia.text import Sentence

POSTER = "poster.webp"


@dataclass(frozen=True, kw_only=True)
class ItemCard:
    """An item as lists show it."""

    uid: str
    title: str
    kind: Kind
    state: State
    shown: bool
    progress: int | None
    """Percent done while it is prepared; None where it cannot be told."""
    duration: float | None
    pages: int | None
    uploader: str
    created_at: datetime
    poster_url: str | None
    watched: int | None = None
    """Percent of it that whoever looks has watched; None for what is not begun."""


@dataclass(frozen=True)
class Uploader:
    """Who added an item, as an avatar and a name."""

    name: str
    initials: str
    colour: int

    @classmethod
    def of(cls, user: User) -> Uploader:
        return cls(user.name, initials(user.name), user.id % COLOURS)


@dataclass(frozen=True, kw_only=True)
class ItemDetails(ItemCard):
    """An item as its own page shows it. What is not known, or not allowed, is None."""

    description: str
    reason: str
    added_by: Uploader | None
    filename: str
    size: int
    width: int | None
    height: int | None
    codec: str | None
    sha256: str | None
    play_url: str | None
    original_url: str | None


@dataclass(frozen=True, kw_only=True)
class FolderCard:
    """A folder as lists show it: only what the caller may see of it is counted and pictured."""

    uid: str
    name: str
    acl_id: int
    folders: int
    count: int
    """Items that lie in it directly."""
    posters: list[str] = field(default_factory=list)
    """Addresses of the newest items' posters."""
    who: Sentence | None = None
    """Whom it is for, in a word or two, with its icon."""
    who_icon: str = ""


@dataclass(frozen=True)
class Branch:
    """A folder in the side bar, with those below it if it is open."""

    id: int
    uid: str
    name: str
    has_children: bool
    current: bool
    open: bool
    children: list[Branch] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """One page of a list, newest first; `next` is the public id to go on after, if there is more."""

    items: list[ItemCard]
    next: str | None


@dataclass(frozen=True)
class Totals:
    """How many items and folders one may open."""

    items: int
    more: bool
    """There are more items than are counted."""
    folders: int


@dataclass(frozen=True)
class Target:
    """A folder one may add files to; `path` is names joined by " / "."""

    uid: str
    path: str
    acl_id: int


def poster_url(item_uid: str) -> str:
    """The address of an item's poster; the gate decides who gets it."""
    return f"/smedia/{item_uid}/{POSTER}"
