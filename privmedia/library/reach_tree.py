"""The walk down the tree of folders for one person: what the rules give where, and which lines a page shows of it."""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from privmedia.access import principals
from privmedia.access.decision import Decision
from privmedia.access.explanation import WHOLE_LIBRARY, not_needed, right_words
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import EVERYONE
from privmedia.access.rules import Rule
from privmedia.accounts.models import Group, User
from privmedia.library.models import ROOT_ACL_ID, ROOT_ID, Kind
from privmedia.text import Sentence, Words


class Show(StrEnum):
    """Which rows: as the chips of the page say it."""

    REACH = "reach"
    BLOCKED = "blocked"
    ALONE = "alone"
    """By a rule on this person alone."""
    ALL = "all"


@dataclass(frozen=True)
class Place:
    """What the rules give one person at one list of rules; `rules` are those that count, from there and from above."""

    acl_id: int
    rules: tuple[Rule, ...]
    rights: Permission
    denied: bool
    named: bool
    """A rule set here speaks of the person."""
    cut: bool
    """What came from above stops here."""
    seen: bool
    """The place exists for the person."""

    @property
    def changes(self) -> bool:
        """Whether something is other here than above, for the person."""
        return self.named or self.cut

    @property
    def own_rules(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.acl_id == self.acl_id]


@dataclass(slots=True)
class Row:
    """One line of the table: a folder, or an item with rules of its own."""

    uid: str
    name: str
    path: str
    depth: int
    place: Place
    changes: bool
    """Something changes for the person here; otherwise it is the same as above."""
    kind: Kind | None = None
    """Of an item; None for a folder."""
    is_root: bool = False
    items: int = 0
    """That the person sees: those that lie in it, and in the folders inside that have no line."""
    folders_inside: int = 0
    """How many folders inside are the same and have no line."""
    lost: Permission = NOTHING
    """What would go, if the person left the group that is asked about."""
    gained: Permission = NOTHING
    above_seen: bool = False

    @property
    def given(self) -> list[bool]:
        return [permission in self.place.rights for permission in Permission]

    @property
    def lost_words(self) -> Sentence:
        return right_words(self.lost)

    @property
    def gained_words(self) -> Sentence:
        return right_words(self.gained)

    def compare(self, after: Place, above: Place | None) -> None:
        """Note what would change here, and whether the person sees what lies above."""
        self.lost = self.place.rights & ~after.rights
        self.gained = after.rights & ~self.place.rights
        self.above_seen = above is not None and above.seen


@dataclass(frozen=True)
class Source:
    """A group, everyone, or the person, and what comes from the rules for it."""

    principal: str
    name: str
    items: int
    places: int
    """Where rules name it and count."""
    blocks: int
    spare: bool
    """Without it nothing would go."""


class FolderLine(NamedTuple):
    id: int
    parent_id: int | None
    uid: str
    name: str
    acl_id: int


class ItemLine(NamedTuple):
    """One with rules of its own."""

    acl_id: int
    uid: str
    name: str
    kind: Kind
    folder_id: int


@dataclass(frozen=True)
class Tree:
    """What the statements found: lists of rules with parent and switch, folders, the person's rules, items."""

    acls: Mapping[int, tuple[int | None, bool]]
    folders: Sequence[FolderLine]
    rules: Mapping[int, Sequence[Rule]]
    items: Sequence[ItemLine]

    def without(self, principal: str) -> Tree:
        """The same, were there no rules for a principal."""
        rules = {acl_id: [rule for rule in some if rule.principal != principal] for acl_id, some in self.rules.items()}
        return replace(self, rules=rules)


@dataclass(frozen=True)
class View:
    """Which folders have a line of their own."""

    every: bool
    """All of them."""
    few: bool
    """All that the person sees: there are few enough."""
    own: bool
    """The person looks: nothing that does not exist for him."""
    admin: bool

    def has_line(self, place: Place, changes: bool, is_root: bool) -> bool:
        if self.own and not place.seen:
            return False
        if is_root:
            return changes or self.admin
        return changes or self.every or (self.few and place.seen)


Counts = Mapping[tuple[int, int], int]
"""How many items a person sees, by folder and by the list of rules that counts for them."""


def walk(tree: Tree, user: User) -> dict[int, Place]:
    """What each list of rules gives: what comes from above unless it is cut, Blocks always, and what is set there."""
    places: dict[int, Place] = {}
    for first in tree.acls:
        way = []
        step: int | None = first
        while step is not None and step not in places:
            way.append(step)
            step = tree.acls[step][0]
        for acl_id in reversed(way):
            parent_id, inherits = tree.acls[acl_id]
            above = places[parent_id].rules if parent_id is not None else ()
            kept = above if inherits else tuple(rule for rule in above if rule.deny)
            own = tree.rules.get(acl_id, [])
            places[acl_id] = _place(acl_id, (*kept, *own), user, named=bool(own), cut=len(kept) < len(above))
    return places


def _place(acl_id: int, rules: tuple[Rule, ...], user: User, *, named: bool, cut: bool) -> Place:
    allow = NOTHING
    for rule in rules:
        allow |= rule.allow
    denied = any(rule.deny for rule in rules)
    rights = Decision(allow, denied, admin=user.is_admin).rights
    seen = bool(rights & (Permission.VIEW | Permission.UPLOAD))
    return Place(acl_id, rules, rights, denied and not user.is_admin, named, cut, seen)


def seen_folders(tree: Tree, places: Mapping[int, Place]) -> int:
    return sum(places[folder.acl_id].seen for folder in tree.folders if folder.id != ROOT_ID)


def names_of(tree: Tree, places: Mapping[int, Place], *, own: bool) -> dict[int, Words]:
    """The name of the folder or item that each list of rules belongs to."""
    above = {folder.id: folder.acl_id for folder in tree.folders}
    names: dict[int, Words] = {
        folder.acl_id: folder.name
        for folder in tree.folders
        if folder.parent_id is not None and above[folder.parent_id] != folder.acl_id
    }
    names |= {item.acl_id: item.name for item in tree.items}
    names[ROOT_ACL_ID] = Sentence(WHOLE_LIBRARY)
    hidden = {acl_id for acl_id in names if own and acl_id != ROOT_ACL_ID and not places[acl_id].seen}
    return {acl_id: name for acl_id, name in names.items() if acl_id not in hidden}


def rows_of(
    tree: Tree, places: Mapping[int, Place], after: Mapping[int, Place], counts: Counts, view: View
) -> list[Row]:
    """The tree as lines, each folder before what lies in it; what has no line is counted with the one above it."""
    below: dict[int | None, list[FolderLine]] = defaultdict(list)
    for folder in tree.folders:
        below[folder.parent_id].append(folder)
    items: dict[int, list[ItemLine]] = defaultdict(list)
    for item in tree.items:
        items[item.folder_id].append(item)
    rows: list[Row] = []
    stack: list[tuple[FolderLine, int, str, Row | None, Place | None]] = [(below[None][0], 0, "", None, None)]
    while stack:
        folder, depth, path, line, above = stack.pop()
        place, is_root = places[folder.acl_id], folder.id == ROOT_ID
        changes = place.changes and (above is None or above.acl_id != folder.acl_id)
        if not is_root and (place.seen or not view.own):
            path = f"{path}/{folder.name}" if path else folder.name
        if view.has_line(place, changes, is_root):
            line = Row(folder.uid, folder.name, path, depth, place, changes, is_root=is_root)
            line.compare(after[folder.acl_id], above)
            rows.append(line)
            depth += not is_root
        elif line is not None and place.seen:
            line.folders_inside += 1
        if line is not None:
            line.items += counts.get((folder.id, folder.acl_id), 0)
        for item in items.get(folder.id, ()):
            mine, seen = places[item.acl_id], counts.get((folder.id, item.acl_id), 0)
            if mine.changes and (mine.seen or not view.own):
                row = Row(item.uid, item.name, f"{path}/{item.name}", depth, mine, True, kind=item.kind, items=seen)
                row.compare(after[item.acl_id], place)
                rows.append(row)
            elif line is not None:
                line.items += seen
        stack.extend((child, depth, path, line, place) for child in reversed(below.get(folder.id, ())))
    return rows


def belongs(row: Row, show: Show) -> bool:
    if show is Show.REACH:
        return row.place.seen or (row.changes and row.above_seen)
    if show is Show.BLOCKED:
        return row.changes and row.place.denied
    if show is Show.ALONE:
        return row.changes and any(rule.is_person for rule in row.place.own_rules)
    return True


def sources_of(
    places: Mapping[int, Place], user: User, groups: Sequence[Group], rules: Iterable[Rule], counts: Counts
) -> list[Source]:
    """The groups, everyone and the person, with what comes from the rules for each: the most first."""
    items: dict[int, int] = defaultdict(int)
    for (_folder_id, acl_id), count in counts.items():
        items[acl_id] += count
    mine = principals.user(user.id)
    names = {EVERYONE: EVERYONE} | {principals.group(group.id): group.name for group in groups} | {mine: user.name}
    given, named, blocks = Counter[str](), Counter[str](), Counter[str]()
    for rule in rules:
        (blocks if rule.deny else named)[rule.principal] += 1
    needed = set()
    for acl_id, place in places.items():
        if place.denied:
            continue
        viewing = {rule.principal for rule in place.rules if Permission.VIEW in rule.allow}
        for principal in viewing:
            given[principal] += items.get(acl_id, 0)
        spare = {id(rule) for rule in not_needed(place.rules)}
        needed |= {rule.principal for rule in place.rules if id(rule) not in spare}
    sources = [
        Source(principal, name, given[principal], named[principal], blocks[principal], principal not in needed)
        for principal, name in names.items()
        if named[principal] or blocks[principal] or principal.startswith("group:")
    ]
    return sorted(sources, key=lambda source: (source.principal == mine, -source.items, source.name.casefold()))
