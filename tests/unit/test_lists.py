"""Lists of random libraries: every filter and order, page by page, beside what one gets by looking at every item."""
from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.db import reading
from privmedia.installation import Installation
from privmedia.library.cards import Count
from privmedia.library.counting import Counting
from privmedia.library.lists import Length, Lists, Order, Place, Wanted
from privmedia.library.models import ROOT_ID, Folder, Item, ItemTag, Kind, Star, State, Version
from privmedia.library.rules import Rules
from privmedia.library.tree import Tree
from tests.unit.test_shelves import make_library

PAGE = 4
TITLES = ("Bearing", "bearing", "Zürich", "Straße", "Émile", "anchor", "Anchor")


def vary(session: Session, installation: Installation, chance: random.Random, identity: Identity) -> None:
    """Kinds, lengths, sizes, days, tags, uploaders and stars at random, with many that are equal."""
    other = Accounts(session, installation).add_user(email="other@example.test", name="Otto Other")
    for item in session.scalars(select(Item)):
        version = session.scalars(select(Version).where(Version.item_id == item.id)).one()
        item.kind, item.state = chance.choice(list(Kind)), chance.choice([State.READY, State.READY, State.FAILED])
        item.title = chance.choice(TITLES)
        item.created_at = installation.clock() - timedelta(days=chance.randint(0, 3))
        version.duration = chance.choice([None, 60.0, 400.0, 4000.0])
        version.size = chance.randint(1, 4)
        if item.uploader_id is None and chance.random() < 0.5:
            item.uploader_id = other.id
        if chance.random() < 0.4:
            user_id = chance.choice([identity.user_id, other.id])
            session.add(Star(user_id=user_id, item_id=item.id, created_at=item.created_at))
        if chance.random() < 0.4:
            session.add(ItemTag(item_id=item.id, key="deck", name="Deck"))
    session.flush()


def every_question(session: Session, installation: Installation) -> Iterator[Wanted]:
    """Each filter with each order, and some filters together."""
    now, other = installation.clock(), session.scalars(select(User.uid).where(User.name == "Otto Other")).one()
    folder = session.scalars(select(Folder.id).where(Folder.id != ROOT_ID)).first()
    filters = [
        Wanted(),
        *(Wanted(kind=kind) for kind in Kind),
        *(Wanted(place=place) for place in Place),
        *(Wanted(length=length) for length in Length),
        Wanted(folder_id=folder),
        Wanted(by=other),
        Wanted(by="a" * 16),
        Wanted(tag="deck"),
        Wanted(states=(State.FAILED,)),
        Wanted(since=now - timedelta(days=1)),
        Wanted(before=now - timedelta(days=1)),
        Wanted(kind=Kind.VIDEO, by=other, since=now - timedelta(days=2)),
        Wanted(place=Place.STARRED, kind=Kind.AUDIO),
    ]
    return (replace(wanted, order=order) for wanted in filters for order in Order)


class Looking:
    """The same answers by looking at every item."""

    def __init__(self, session: Session, installation: Installation, identity: Identity) -> None:
        rules = Rules(session, installation)
        self.session, self.identity = session, identity
        self.items = [
            item for item in session.scalars(select(Item)) if Permission.VIEW in rules.decision(identity, item).rights
        ]
        self.version = {version.item_id: version for version in session.scalars(select(Version))}
        self.stars = {(star.user_id, star.item_id) for star in session.scalars(select(Star))}
        self.tagged = set(session.scalars(select(ItemTag.item_id)))
        self.uploader = {user.id: user.uid for user in session.scalars(select(User))}
        self.folders = {
            folder.id
            for folder in session.scalars(select(Folder))
            if Permission.VIEW in rules.access.decision(identity, acl_id=folder.acl_id).folder_rights
        }

    def matches(self, wanted: Wanted, item: Item) -> bool:
        duration = self.version[item.id].duration
        apart = item.acl_id is not None and item.folder_id not in self.folders
        least, most = wanted.length.seconds if wanted.length else (0.0, 0.0)
        return all(
            (
                wanted.folder_id in (None, item.folder_id),
                wanted.place is not Place.MINE or item.uploader_id == self.identity.user_id,
                wanted.place is not Place.STARRED or (self.identity.user_id, item.id) in self.stars,
                wanted.place is not Place.SHARED or apart,
                wanted.kind in (None, item.kind),
                not wanted.states or item.state in wanted.states,
                not wanted.by or self.uploader.get(item.uploader_id or 0) == wanted.by,
                not wanted.tag or item.id in self.tagged,
                wanted.since is None or item.created_at >= wanted.since,
                wanted.before is None or item.created_at < wanted.before,
                wanted.length is None or (duration is not None and least <= duration < most),
            )
        )

    def ids(self, wanted: Wanted) -> list[int]:
        found = [item for item in self.items if self.matches(wanted, item)]
        found.sort(key=lambda item: (item.created_at, item.id), reverse=True)
        if wanted.order.by_length:
            without = [item for item in found if self.version[item.id].duration is None]
            found = [item for item in found if item not in without]
        else:
            without = []
        found.sort(key=lambda item: (self.key(wanted.order, item), item.id), reverse=wanted.order.down)
        return [item.id for item in [*found, *without]]

    def key(self, order: Order, item: Item) -> Any:
        version = self.version[item.id]
        keys = {"created_at": item.created_at, "title_key": item.title_key, "duration": version.duration}
        return keys.get(order.key.key, version.size)


def pages(lists: Lists, identity: Identity, wanted: Wanted) -> list[int]:
    """All pages of a list, one after the other."""
    found: list[int] = []
    while page := lists.ids(identity, wanted, PAGE):
        found += page
        last = lists.session.get_one(Item, page[-1])
        wanted = replace(wanted, after=last.uid)
    return found


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("way", "seed"), [("in one window", 11), ("in small windows", 4), ("while writing", 5), ("gathered", 11)]
)
def test_every_list_in_every_order_is_what_looking_at_every_item_gives(
    way: str,
    seed: int,
    session: Session,
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
) -> None:
    chance = random.Random(seed)
    identity, _items = make_library(session, installation, chance)
    vary(session, installation, chance, identity)
    if way != "gathered":
        monkeypatch.setattr("privmedia.library.lists.FEW", 0)
    if way == "in small windows":
        monkeypatch.setattr("privmedia.library.lists.WINDOWS", (2, 5))
    session.commit()
    with reading(installation.sessions) as reader:
        asked = session if way == "while writing" else reader
        lists, looking = Lists(asked, installation), Looking(asked, installation, identity)
        assert len(looking.items) > 2 * PAGE
        for wanted in every_question(asked, installation):
            found, expected = pages(lists, identity, wanted), looking.ids(wanted)
            if database == "postgresql" and "title" in wanted.order:
                # Its own idea of the alphabet: the same items, in an order that goes on from page to page.
                assert sorted(found) == sorted(expected), wanted
            else:
                assert found == expected, wanted


@pytest.mark.both_databases
@pytest.mark.parametrize("few", [0, 1000])
@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_beside_the_filters_count_what_one_may_see(
    seed: int, few: int, session: Session, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("privmedia.library.lists.FEW", few)
    chance = random.Random(seed)
    identity, _items = make_library(session, installation, chance)
    vary(session, installation, chance, identity)
    session.commit()
    with reading(installation.sessions) as reader:
        counting, looking = Counting(reader, installation), Looking(reader, installation, identity)
        folders = reader.scalars(select(Folder.id)).all()
        for wanted in [*(Wanted(place=place) for place in Place), *(Wanted(folder_id=folder) for folder in folders)]:
            listed = [item for item in looking.items if looking.matches(wanted, item)]
            expected = {kind: Count(sum(item.kind is kind for item in listed)) for kind in Kind}
            assert counting.kinds(identity, wanted) == {kind: n for kind, n in expected.items() if n.number}
            states = {state: sum(item.state is state for item in listed) for state in State}
            if wanted.is_narrow:
                assert counting.states(identity, wanted) == {state: n for state, n in states.items() if n}
            names = {looking.uploader[item.uploader_id] for item in listed if item.uploader_id}
            assert {uid for uid, _name in counting.uploaders(identity, wanted)} == names


def test_counting_stops_where_it_would_cost_more_than_the_page(
    session: Session, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity, _items = make_library(session, installation, random.Random(1))
    monkeypatch.setattr("privmedia.library.counting.COUNTED", 3)
    counts = Counting(session, installation).totals(identity._replace(is_admin=True))
    assert counts.kinds == {Kind.VIDEO: Count(3, more=True)}
    assert str(counts.items) == "3+"


@pytest.mark.both_databases
def test_folders_are_found_by_name_with_the_way_down_as_far_as_one_sees_it(
    session: Session, installation: Installation
) -> None:
    identity, _items = make_library(session, installation, random.Random(4))
    tree, rules = Tree(session, installation), Rules(session, installation)
    folders = {folder.id: folder for folder in session.scalars(select(Folder))}
    visible = {
        folder.id
        for folder in folders.values()
        if folder.id != ROOT_ID
        and Permission.VIEW in rules.access.decision(identity, acl_id=folder.acl_id).folder_rights
    }

    def above(folder: Folder) -> list[str]:
        up = folders.get(folder.parent_id or 0)
        return [] if up is None or up.id not in visible else [*above(up), up.name]

    expected = {
        (folder.uid, folder.name, " / ".join(above(folder)))
        for folder in folders.values()
        if folder.id in visible and "1" in folder.name
    }
    found = {(one.uid, one.name, one.above) for one in tree.found(identity, "FOLDER 1")}
    assert found == {one for one in expected if one[1].startswith("Folder 1")}
    assert tree.found(identity, "%") == tree.found(identity, "   ") == []
