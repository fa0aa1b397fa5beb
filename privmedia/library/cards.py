"""What lists and pages show of folders and items: plain values, made by `shelves`."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from privmedia.accounts.identity import COLOURS, initials
from privmedia.accounts.models import User
from privmedia.library.models import POSTER, SMALL_POSTER, Kind, State
from privmedia.text import Sentence


@dataclass(frozen=True, kw_only=True)
class ItemCard:
    """An item as lists show it."""

    uid: str
    folder_id: int
    title: str
    kind: Kind
    state: State
    shown: bool
    draft: bool
    """Its own rules take nothing over from above."""
    public: bool
    """Everybody on the internet can fetch it."""
    starred: bool
    """By whoever looks."""
    progress: int | None
    """Percent done while it is prepared; None where it cannot be told."""
    duration: float | None
    pages: int | None
    size: int
    uploader: str
    uploader_uid: str
    created_at: datetime
    poster_url: str | None
    small_poster_url: str | None
    """The same for lists; the large one where there is none yet."""
    acl_id: int
    """Of the rules that count for it."""
    watched: int | None = None
    """Percent of it that whoever looks has watched; None for what is not begun."""
    folder: tuple[str, str] | None = None
    """Public id and name of its folder, where a list shows it and the folder exists for whoever looks."""
    who: Sentence | None = None
    """Whom it is for, in a word or two, with its icon; where a list shows it."""
    who_icon: str = ""


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
    alt: str
    reason: str | Sentence
    added_by: Uploader | None
    version: int
    """Number of the version that is shown."""
    filename: str
    width: int | None
    height: int | None
    codec: str | None
    loudness: float | None
    """LUFS."""
    sha256: str | None
    play_url: str | None
    srcset: str | None
    """The sizes a picture is there in."""
    files: frozenset[str]
    """Names of the files that may be asked for."""
    original_url: str | None
    drawing: bool
    """Pages of it are still to be drawn."""


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
    """Addresses of the newest items' small posters; where none lies in it directly, of those one folder down."""
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
    more: bool = False
    """There are more folders in it than are shown."""
    children: list[Branch] = field(default_factory=list)


@dataclass(frozen=True)
class FoundFolder:
    """A folder found by its name; `above` is the way down to it, joined by " / "."""

    uid: str
    name: str
    above: str


@dataclass(frozen=True)
class Page:
    """One page of a list; `next` is the public id to go on after, if there is more."""

    items: list[ItemCard]
    next: str | None
    following: int = 0
    """How many the next page has."""


@dataclass(frozen=True)
class Count:
    """How many there are, counted no further than somewhere."""

    number: int
    more: bool = False
    """There are more than were counted."""

    def __str__(self) -> str:
        return f"{self.number:,}{'+' * self.more}"


@dataclass(frozen=True)
class Around:
    """An item among those of its kind in its folder: the newer and the older one, and a few on both sides."""

    before: ItemCard | None = None
    after: ItemCard | None = None
    strip: list[ItemCard] = field(default_factory=list)
    place: int | None = None
    """Which of them it is, the newest being 1; None where there are too many to count."""
    count: int = 1


@dataclass(frozen=True)
class Totals:
    """How many items, of each kind, and folders one may open."""

    kinds: dict[Kind, Count]
    folders: int

    @property
    def items(self) -> Count:
        return Count(sum(count.number for count in self.kinds.values()), any(c.more for c in self.kinds.values()))


@dataclass(frozen=True)
class Target:
    """A folder one may add files to; `path` is names joined by " / "."""

    uid: str
    path: str
    acl_id: int


@dataclass(frozen=True)
class Targets:
    """Folders to choose from: where one added something lately, and others by path."""

    recent: list[Target]
    others: list[Target]
    more: bool
    """There are others that are not listed; they are found by name."""

    @property
    def all(self) -> list[Target]:
        return [*self.recent, *self.others]


def small_of(stored_as: str) -> str:
    """What the small one of a poster is stored as: nothing else says of which poster it is."""
    return f"{stored_as.removesuffix('.webp')}-small.webp"


def poster_url(item_uid: str, number: int, stored_as: str, *, name: str = POSTER) -> str:
    """The address of an item's poster: another one for each picture, so that no browser shows the one before.

    `number` is that of the version; the gate, which decides who gets it, does not look at what tells them apart.
    """
    which = "" if stored_as == POSTER else stored_as.removesuffix(".webp")
    told = f"{number}-{which}".strip("-")
    return f"/smedia/{item_uid}/{name}" + ("" if told == "1" else f"?of={told}")


def small_poster_url(item_uid: str, number: int, stored_as: str, small: str | None) -> str:
    """The address of a poster as lists show it. `small`: what the small one is stored as, if there is one.

    Where there is none, or it is of another poster than the one `stored_as` this, it is the large one.
    """
    return poster_url(item_uid, number, stored_as, name=SMALL_POSTER if small == small_of(stored_as) else POSTER)
