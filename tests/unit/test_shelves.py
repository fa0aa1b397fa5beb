"""The side bar, folders and counts of random libraries, beside what one gets by looking at every folder and item."""
from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.principals import EVERYONE, user
from privmedia.accounts.identity import Identity
from privmedia.accounts.service import Accounts
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.cards import Branch, Count
from privmedia.library.counting import Counting
from privmedia.library.models import ROOT_ID, Folder, Item, Kind, State
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library, Received
from privmedia.library.shelves import Shelves
from privmedia.library.tree import Tree

FOLDERS, ITEMS = 24, 30


def make_library(session: Session, installation: Installation, chance: random.Random) -> tuple[Identity, list[Item]]:
    """Folders in folders, rules for one person and everyone here and there, items with and without rules."""
    library, rules = Library(session, installation), Rules(session, installation)
    accounts = Accounts(session, installation)
    person = accounts.add_user(email="leila@example.test", guest=chance.random() < 0.3)
    places: list[Any] = [library.root()]
    for number in range(FOLDERS):
        places.append(library.add_folder(parent=chance.choice(places), name=f"Folder {number}"))
    items = []
    for number in range(ITEMS):
        received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
        by = person.id if chance.random() < 0.2 else None
        version = library.add_item(folder=chance.choice(places[1:]), title=f"Item {number}", received=received, by=by)
        version.item.shown, version.item.state = chance.random() < 0.8, State.READY
        items.append(version.item)
    session.flush()
    allows = [Permission.VIEW, Permission.VIEW, Permission.UPLOAD, Permission.EDIT]
    for place in [*chance.sample(places, 8), *chance.sample(items, 5)]:
        deny = chance.random() < 0.2
        principal = chance.choice([user(person.id), EVERYONE])
        rules.set(place, Wanted(principal, NOTHING if deny else chance.choice(allows), deny))
        if chance.random() < 0.3 and place is not places[0]:
            rules.set_inherits(place, False)
    session.flush()
    identity = Identity(
        user_id=person.id,
        session_id=None,
        name=person.name,
        email=person.email,
        is_admin=False,
        is_guest=person.is_guest,
        group_ids=frozenset(),
        csrf_secret="",
        last_used_at=installation.clock(),
    )
    return identity, items


def shown(branches: list[Branch]) -> list[Any]:
    """The tree as it is drawn: what is not open shows only whether there is something in it."""
    return [
        (branch.id, branch.open, branch.current, branch.has_children, shown(branch.children) if branch.open else [])
        for branch in branches
    ]


def drawn(folders: dict[int, Folder], visible: set[int], here: Folder) -> list[Any]:
    """The same, by looking at every folder."""

    def is_top(folder: Folder) -> bool:
        return folder.parent_id == ROOT_ID or folder.parent_id not in visible

    way, step = set(), here
    while step.id in visible:
        way.add(step.id)
        if is_top(step):
            break
        step = folders[step.parent_id or ROOT_ID]

    def draw(folder: Folder) -> Any:
        inside = [folders[each] for each in visible if folders[each].parent_id == folder.id]
        inside.sort(key=lambda each: (each.name_key, each.id))
        is_open = folder.id in way
        return (
            folder.id,
            is_open,
            folder.id == here.id,
            bool(inside),
            [draw(each) for each in inside] if is_open else [],
        )

    tops = [folders[each] for each in visible if is_top(folders[each])]
    return [draw(folder) for folder in sorted(tops, key=lambda each: (each.name_key, each.id))]


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(6))
def test_the_side_bar_and_the_counts_are_what_looking_at_everything_gives(
    seed: int, session: Session, installation: Installation
) -> None:
    identity, items = make_library(session, installation, random.Random(seed))
    rules, shelves = Rules(session, installation), Shelves(session, installation)
    tree, counting = Tree(session, installation), Counting(session, installation)
    folders = {folder.id: folder for folder in session.scalars(select(Folder))}
    visible = {
        folder.id
        for folder in folders.values()
        if folder.id != ROOT_ID
        and Permission.VIEW in rules.access.decision(identity, acl_id=folder.acl_id).folder_rights
    }
    for here in folders.values():
        if here.id in visible or here.id == ROOT_ID:
            assert shown(tree.branches(identity, here)[0]) == drawn(folders, visible, here)
            below = {folder.uid for folder in folders.values() if folder.id in visible and folder.parent_id == here.id}
            tops = {folders[entry[0]].uid for entry in drawn(folders, visible, here)}
            cards = {card.uid: card for card in shelves.folder_cards(identity, tree.children(identity, here))}
            assert set(cards) == (tops if here.id == ROOT_ID else below)
            for folder in folders.values():
                if folder.uid in cards:
                    inside = [each for each in visible if folders[each].parent_id == folder.id]
                    assert cards[folder.uid].folders == len(inside)
    mine = [item for item in items if Permission.VIEW in rules.decision(identity, item).rights]
    totals = counting.totals(identity)
    assert (totals.items, totals.folders) == (Count(len(mine)), len(visible))
    assert [card.uid for card in shelves.items(identity).items] == [item.uid for item in reversed(mine)]
