"""The folders one may put something into, as a tree to choose from; found by name where there are many."""
from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.access.visible import allowed, folder_seen
from privmedia.accounts.identity import Identity
from privmedia.installation import Installation
from privmedia.library.cards import FolderCard
from privmedia.library.models import ROOT_ID, Folder
from privmedia.library.pointers import Pointers
from privmedia.library.who_sees import WhoSees
from privmedia.text import Sentence, Words, clean_line
from privmedia.text import mark as _

MOST = 200
"""How many folders are shown at once. More are found by name."""
TOP = "top"
"""In forms: the library itself."""
THE_LIBRARY = _("The library itself")


@dataclass(frozen=True)
class Choice:
    """A folder of the tree."""

    uid: str
    name: Words
    level: int
    """How far it is set in: how many of the folders above it are in the tree as well."""
    who: Sentence | None
    here: bool
    """It lies there now."""


@dataclass(frozen=True)
class Choices:
    """The tree, or the part of it that fits what was typed."""

    rows: list[Choice]
    more: int
    """How many others there are."""
    typed: str


class Chooser:
    """Reads the tree for one person. Folders one may not add to are not in it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.who = WhoSees(session, installation)
        self.now = installation.clock()

    def choices(
        self,
        identity: Identity,
        right: Permission,
        *,
        here: Collection[int] = (),
        without: Collection[int] = (),
        typed: str = "",
        chosen: str = "",
    ) -> Choices:
        """Folders where the caller has a right, or Edit. `here`: where it lies; `without`: what cannot be chosen."""
        seen = self._seen(identity)
        may = or_(*(allowed(Folder.acl_id, None, identity, one, now=self.now) for one in {right, Permission.EDIT}))
        open_to_me = set(self.session.scalars(select(Folder.id).where(may))) - set(without)
        if right is not Permission.EDIT:
            open_to_me.discard(ROOT_ID)  # the library itself holds folders only
        ways = {number: _way(number, seen) for number in open_to_me | set(here) if number in seen}
        words = clean_line(typed).casefold().split()
        fitting = {
            number: way
            for number, way in ways.items()
            if not words or all(word in " ".join(seen[step].name for step in way).casefold() for word in words)
        }
        ordered = sorted(fitting, key=lambda number: [seen[step].name.casefold() for step in fitting[number]])
        if ROOT_ID in open_to_me and not words:
            ordered.insert(0, ROOT_ID)
        shown = _with_chosen(ordered, chosen, seen)
        cards = [FolderCard(uid=seen[n].uid, name="", acl_id=seen[n].acl_id, folders=0, count=0) for n in shown]
        who = {card.uid: card.who for card in self.who.on_cards(cards)}
        tree = set(shown)
        rows = []
        for number in shown:
            name, level = _as_shown(number, fitting.get(number, []), seen, tree)
            uid = TOP if number == ROOT_ID else seen[number].uid
            rows.append(Choice(uid, name, level, who[seen[number].uid], number in here))
        return Choices(rows, len(ordered) - len(shown), typed)

    def ids_below(self, folder: Folder) -> set[int]:
        """The ids of a folder and of all in it: no places for it to go."""
        return set(self.session.scalars(self.pointers.below(folder)))

    def _seen(self, identity: Identity) -> dict[int, Any]:
        query = select(Folder.id, Folder.parent_id, Folder.uid, Folder.name, Folder.acl_id)
        seen = folder_seen(Folder.acl_id, identity, now=self.now)
        rows = self.session.execute(query.where((Folder.id == ROOT_ID) | seen))
        return {row.id: row for row in rows}


def _way(number: int, seen: dict[int, Any]) -> list[int]:
    """The folder and those above it that exist for the caller, top first; not the library itself."""
    way: list[int] = []
    step: int | None = number
    while step is not None and step in seen and step != ROOT_ID:
        way.insert(0, step)
        step = seen[step].parent_id
    return way


def _with_chosen(ordered: list[int], chosen: str, seen: dict[int, Any]) -> list[int]:
    """As many as are shown, and the one that is chosen in any case."""
    shown = ordered[:MOST]
    return shown + [number for number in ordered[MOST:] if seen[number].uid == chosen]


def _as_shown(number: int, way: list[int], seen: dict[int, Any], tree: set[int]) -> tuple[Words, int]:
    """What a folder is called in the tree, and how far it is set in."""
    if number == ROOT_ID:
        return Sentence(THE_LIBRARY), 0
    above = [step for step in way[:-1] if step in tree]
    # Of what stands between it and the next folder of the tree only the names can be shown.
    from_there = way[way.index(above[-1]) + 1 :] if above else way
    return " / ".join(seen[step].name for step in from_there), len(above)
