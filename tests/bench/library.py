"""The library every stack decides about: its people, folders, rules and items, the same on each run.

Standard library alone: the Django site's own virtual environment reads it, too.
"""
from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

USERS, GROUPS, FOLDERS, ITEMS = 1_000, 100, 1_000, 100_000
GROUPS_EACH, RULES_EACH = 5, 6
ADMINISTRATOR = USERS
# The cookies of the member who asks and of the administrator who uploads.
TOKENS = {
    1: "bench-0123456789abcdefghijklmnopqrstuvwxyz1",
    ADMINISTRATOR: "bench-0123456789abcdefghijklmnopqrstuvwxyz2",
}

FILM = "film"
SIZES = {"1 KB": 1 << 10, "1 MB": 1 << 20, "256 MB": 256 << 20, "4 GB": 4 << 30, FILM: 24_000_000}
ASKED_FOR = {"1 KB": 500, "1 MB": 100, "256 MB": 4, "4 GB": 1, FILM: 40}
"""How many different items of each size are asked for, in turn. Only these have files."""
SEGMENT = 200_000
"""Bytes of a film that a player asks for at once."""
VIEWERS = 1_000
FILE = "play.mp4"
STREAM = "720p-bench.mp4"
"""The name of the same file as a stream's."""


def token_of(user: int) -> str:
    """What a browser is known by in which this person is signed in."""
    return TOKENS.get(user, f"bench-viewer-{user:030d}")


@dataclass(frozen=True)
class Plan:
    """How large the library is. `lengths`: bytes of a file of each size."""

    users: int = USERS
    folders: int = FOLDERS
    items: int = ITEMS
    viewers: int = VIEWERS
    lengths: Mapping[str, int] = field(default_factory=lambda: dict(SIZES))



_UID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class Rules:
    """A list of rules of a folder's own: groups that may view, groups that are denied."""

    id: int
    parent: int | None
    inherits: bool
    view: frozenset[int]
    denied: frozenset[int]


@dataclass(frozen=True)
class Folder:
    id: int
    uid: str
    parent: int | None
    rules: int
    """The nearest list of rules: its own or one above."""


@dataclass(frozen=True)
class Item:
    id: int
    uid: str
    folder: int
    uploader: int
    size: str

    @property
    def path(self) -> str:
        """Where its file lies below `private/`."""
        return f"{self.uid[:2]}/{self.uid[2:4]}/{self.uid}/v1/{FILE}"


@dataclass
class Library:
    """Everything, made from one seed. User 1 is the member who asks."""

    plan: Plan = field(default_factory=Plan)
    members: dict[int, list[int]] = field(default_factory=dict)
    folders: list[Folder] = field(default_factory=list)
    rules: dict[int, Rules] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)

    @classmethod
    def make(cls, plan: Plan | None = None) -> Library:
        dice = random.Random(20261123)
        library = cls(plan or Plan())
        for user in range(1, library.plan.users + 1):
            library.members[user] = sorted(dice.sample(range(1, GROUPS + 1), GROUPS_EACH))
        library._add_folders(dice)
        sizes = list(SIZES)
        library.items = [
            Item(
                number,
                _uid(dice),
                dice.choice(library.folders).id,
                dice.randint(2, library.plan.users),
                sizes[number % len(sizes)],
            )
            for number in range(1, library.plan.items + 1)
        ]
        return library

    def _add_folders(self, dice: random.Random) -> None:
        for number in range(1, self.plan.folders + 1):
            parent = None if number <= 10 else dice.choice(self.folders)
            if parent is None or dice.random() < 0.2:
                own = len(self.rules) + 1
                groups = dice.sample(range(1, GROUPS + 1), RULES_EACH + 1)
                self.rules[own] = Rules(
                    id=own,
                    parent=parent.rules if parent else None,
                    inherits=parent is None or dice.random() > 0.1,
                    view=frozenset(groups[:RULES_EACH]),
                    denied=frozenset(groups[RULES_EACH:] if dice.random() < 0.1 else ()),
                )
            else:
                own = parent.rules
            self.folders.append(Folder(number, _uid(dice), parent.id if parent else None, own))

    def viewing_groups(self, rules_id: int) -> frozenset[int]:
        """The groups that may view where this list holds, Deny left aside."""
        rules = self.rules[rules_id]
        above = self.viewing_groups(rules.parent) if rules.inherits and rules.parent else frozenset()
        return rules.view | above

    def denied_groups(self, rules_id: int) -> frozenset[int]:
        """The groups that are denied there, by this list or by any above it, cut or not."""
        rules = self.rules[rules_id]
        return rules.denied | (self.denied_groups(rules.parent) if rules.parent else frozenset())

    def open_to(self, user: int) -> set[int]:
        """The folders whose items somebody may view."""
        mine = frozenset(self.members[user])
        open_here = {
            rules
            for rules in self.rules
            if self.viewing_groups(rules) & mine and not self.denied_groups(rules) & mine
        }
        return {folder.id for folder in self.folders if folder.rules in open_here}

    @cached_property
    def viewable(self) -> list[Item]:
        """What the member may view, in the order of the items."""
        folders = self.open_to(1)
        return [item for item in self.items if item.folder in folders]

    def asked_for(self, size: str) -> list[Item]:
        """The items of one size that the load asks for: viewable ones, spread over the library."""
        items = [item for item in self.viewable if item.size == size]
        return items[:: max(1, len(items) // ASKED_FOR[size])][: ASKED_FOR[size]]

    @cached_property
    def viewers(self) -> list[tuple[int, Item]]:
        """People, each with a film they may view. Whoever may view none is replaced by somebody who watches twice."""
        films = self.asked_for(FILM)
        found = []
        for user in self.members:
            folders = self.open_to(user)
            theirs = [film for film in films if film.folder in folders]
            if theirs:
                found.append((user, theirs[user % len(theirs)]))
        times = -(-self.plan.viewers // len(found))
        return (found * times)[: self.plan.viewers]

    @cached_property
    def hidden(self) -> Item:
        """An item the member may not see, whose groups she is in nowhere; it has a file."""
        mine = frozenset(self.members[1])
        closed = {rules for rules in self.rules if not self.viewing_groups(rules) & mine}
        folders = {folder.id for folder in self.folders if folder.rules in closed}
        return next(item for item in self.items if item.folder in folders and item.size == "1 KB")


def _uid(dice: random.Random) -> str:
    return "".join(dice.choices(_UID_LETTERS, k=16))
