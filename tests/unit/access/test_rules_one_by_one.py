"""The rules of access, each as a small table of who may do what where."""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from privmedia.access.decision import Decision
from privmedia.access.permissions import ALL, NOTHING, Permission, closed
from privmedia.access.rules import last_day
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Group, Membership, User
from privmedia.errors import Conflict, Invalid
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, Folder, Item, Kind
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted, end_of
from privmedia.library.why import Why
from tests.conftest import FakeClock

VIEW, DOWNLOAD, UPLOAD, EDIT, MANAGE = Permission
pytestmark = pytest.mark.both_databases


class House:
    """Folders A, A/B, A/B/C and an item in B; Leila in the group Crew, Milo in none, Gus a guest in Crew."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self.rules = Rules(session, installation)
        self.why = Why(session, installation)
        self.now = installation.clock()
        self.a, self.b, self.c = Paths(session, installation).make_folders("A/B/C")
        self.crew = Group(uid=new_uid(), name="Crew", name_key="crew", created_at=self.now)
        self.leila, self.milo, self.gus = self.person("Leila"), self.person("Milo"), self.person("Gus", is_guest=True)
        session.add(self.crew)
        session.flush()
        session.add_all(
            Membership(user_id=member.id, group_id=self.crew.id, since=self.now) for member in (self.leila, self.gus)
        )
        self.item = self.add_item(self.b, self.milo)

    def person(self, name: str, **more: Any) -> User:
        user = User(uid=new_uid(), email=f"{name.lower()}@example.test", name=name, created_at=self.now, **more)
        self.session.add(user)
        self.session.flush()
        return user

    def add_item(self, folder: Folder, uploader: User | None, *, shown: bool = True) -> Item:
        item = Item(
            uid=new_uid(),
            folder_id=folder.id,
            kind=Kind.VIDEO,
            title="Film",
            shown=shown,
            uploader_id=uploader.id if uploader else None,
            created_at=self.now,
        )
        self.session.add(item)
        self.session.flush()
        return item

    def give(self, place: Any, whom: str, allow: Permission = NOTHING, **more: Any) -> None:
        self.rules.set(place, Wanted(self.principal(whom), allow, **more))

    def principal(self, whom: str) -> str:
        return {"Crew": f"group:{self.crew.id}", "everyone": "everyone"}.get(whom) or f"user:{self.user(whom).id}"

    def user(self, name: str) -> User:
        return {"Leila": self.leila, "Milo": self.milo, "Gus": self.gus}[name]

    def identity(self, name: str) -> Identity:
        user = self.user(name)
        return Identity(
            user_id=user.id,
            session_id=0,
            name=user.name,
            email=user.email,
            is_admin=user.is_admin,
            is_guest=user.is_guest,
            group_ids=frozenset({self.crew.id} if name in ("Leila", "Gus") else ()),
            csrf_secret="",
            last_used_at=self.now,
        )

    def rights(self, name: str, place: Any) -> Permission:
        rights = self.rules.decision(self.identity(name), place).rights
        assert self.why.explain(self.user(name), place).rights == rights
        return rights


@pytest.fixture
def house(session: Session, installation: Installation) -> House:
    return House(session, installation)


def test_without_any_rule_nobody_may_anything(house: House) -> None:
    assert [house.rights(name, house.item) for name in ("Leila", "Milo", "Gus")] == [NOTHING] * 3


def test_rules_add_up_over_groups_and_along_the_folders(house: House) -> None:
    house.give(house.a, "everyone", VIEW)
    house.give(house.b, "Crew", DOWNLOAD)
    house.give(house.c, "Leila", UPLOAD)
    assert house.rights("Leila", house.a) == VIEW
    assert house.rights("Leila", house.b) == VIEW | DOWNLOAD
    assert house.rights("Leila", house.c) == VIEW | DOWNLOAD | UPLOAD
    assert house.rights("Milo", house.c) == VIEW
    assert house.rights("Gus", house.c) == VIEW | DOWNLOAD, "through the group, not through everyone"
    assert house.rights("Gus", house.a) == NOTHING


@pytest.mark.parametrize(
    ("given", "means"),
    [(VIEW, VIEW), (DOWNLOAD, VIEW | DOWNLOAD), (UPLOAD, UPLOAD), (EDIT, VIEW | EDIT), (MANAGE, ALL)],
)
def test_what_a_permission_brings_with_it(given: Permission, means: Permission) -> None:
    assert closed(given) == means


def test_a_deny_anywhere_above_means_nothing_at_all(house: House) -> None:
    house.give(house.a, "Crew", deny=True)
    house.give(house.b, "Leila", MANAGE)
    house.rules.set_inherits(house.b, False)
    house.give(house.item, "Leila", VIEW)
    assert house.rights("Leila", house.b) == NOTHING
    assert house.rights("Leila", house.item) == NOTHING


def test_the_switch_stops_every_allow_from_above_manage_included(house: House) -> None:
    house.give(house.a, "Leila", MANAGE)
    house.give(house.b, "Milo", VIEW)
    house.rules.set_inherits(house.b, False)
    assert house.rights("Leila", house.b) == house.rights("Leila", house.c) == NOTHING
    assert house.rights("Milo", house.c) == VIEW
    house.rules.set_inherits(house.b, True)
    assert house.rights("Leila", house.c) == ALL


def test_a_drop_box_shows_the_folder_and_ones_own_uploads_only(house: House) -> None:
    house.give(house.a, "Milo", UPLOAD)
    other = house.add_item(house.b, house.leila)
    decision = house.rules.decision(house.identity("Milo"), house.b)
    assert decision.drop_box
    assert decision.folder_rights == VIEW | UPLOAD
    assert house.rights("Milo", house.item) == VIEW | EDIT | UPLOAD
    assert house.rights("Milo", other) == UPLOAD


def test_the_uploader_keeps_his_item_only_while_he_may_upload_there(house: House) -> None:
    house.give(house.b, "Milo", UPLOAD)
    assert EDIT in house.rights("Milo", house.item)
    house.rules.clear(house.b, house.principal("Milo"))
    assert house.rights("Milo", house.item) == NOTHING
    house.give(house.b, "everyone", VIEW)
    assert house.rights("Milo", house.item) == VIEW


def test_an_administrator_may_everything_even_where_she_is_blocked(house: House) -> None:
    house.leila.is_admin = True
    house.give(house.a, "Leila", deny=True)
    assert house.rights("Leila", house.item) == ALL


def test_a_rule_ends_by_itself_and_so_does_a_block(house: House, clock: FakeClock) -> None:
    house.give(house.a, "Crew", VIEW, until=clock.now + timedelta(hours=2))
    house.give(house.a, "Leila", deny=True, until=clock.now + timedelta(hours=1))
    assert house.rights("Leila", house.item) == NOTHING
    clock.forward(hours=1)
    assert house.rights("Leila", house.item) == VIEW
    clock.forward(hours=1)
    assert house.rights("Leila", house.item) == NOTHING


def test_a_disabled_person_may_nothing_and_is_not_counted(house: House) -> None:
    house.give(house.a, "Crew", VIEW)
    house.leila.disabled_at = house.now
    house.session.flush()
    explanation = house.why.explain(house.leila, house.item)
    assert explanation.rights == NOTHING
    assert explanation.lines()[:2] == [
        "Leila can do nothing: the account is disabled.",
        "Nothing at all, because the account of Leila is disabled since 23 November 2026.",
    ]
    assert house.rules.audience(house.item).rights == {house.gus.id: VIEW}


def test_a_draft_is_seen_by_those_it_names_and_released_it_goes_by_its_folder(house: House) -> None:
    house.give(house.a, "Crew", VIEW)
    house.rules.set_inherits(house.item, False)
    house.give(house.item, "Milo", EDIT)
    assert house.rights("Leila", house.item) == NOTHING
    assert house.rights("Milo", house.item) == VIEW | EDIT
    house.rules.clear(house.item, house.principal("Milo"))
    house.rules.set_inherits(house.item, True)
    assert house.item.acl_id is None
    assert house.rights("Leila", house.item) == VIEW


def test_until_there_is_something_to_view_only_the_uploader_and_editors_see_an_item(house: House) -> None:
    house.give(house.a, "everyone", VIEW | UPLOAD)
    house.give(house.a, "Gus", EDIT)
    item = house.add_item(house.b, house.milo, shown=False)
    assert house.rights("Leila", item) == NOTHING
    assert house.rights("Milo", item) == VIEW | UPLOAD | EDIT
    assert house.rights("Gus", item) == VIEW | EDIT
    assert "There is nothing to view yet." in " ".join(house.why.explain(house.leila, item).lines())


def test_what_may_be_done_after_a_number_travelled_as_bits() -> None:
    assert Decision.of_bits(int(VIEW | UPLOAD)).rights == VIEW | UPLOAD
    assert Decision.of_bits(int(ALL) + 32).rights == NOTHING
    assert Decision.of_bits(32, admin=True).rights == ALL
    assert Decision.of_bits(int(UPLOAD), own=True).rights == UPLOAD | VIEW | EDIT


def test_a_moved_folder_goes_by_the_rules_of_its_new_place_and_keeps_its_own(house: House) -> None:
    (target,) = Paths(house.session, house.installation).make_folders("Elsewhere")
    house.give(house.a, "Leila", VIEW)
    house.give(target, "Milo", VIEW)
    house.give(house.c, "Gus", VIEW)
    house.rules.pointers.put_folder(house.b, target)
    assert house.rights("Leila", house.item) == NOTHING
    assert house.rights("Milo", house.item) == VIEW
    assert house.rights("Milo", house.c) == house.rights("Gus", house.c) == VIEW
    assert house.rules.pointers.differences() == []
    with pytest.raises(Conflict):
        house.rules.pointers.put_folder(target, house.c)


def test_a_folder_made_below_a_cut_is_below_it(house: House) -> None:
    house.give(house.a, "Leila", VIEW)
    house.rules.set_inherits(house.b, False)
    (made,) = Paths(house.session, house.installation).make_folders("A/B/D")
    assert house.rights("Leila", made) == NOTHING


def test_what_does_not_fit_is_found(house: House) -> None:
    house.give(house.b, "Leila", VIEW)
    assert house.rules.pointers.differences() == []
    house.c.acl_id = house.a.acl_id
    house.session.flush()
    assert house.rules.pointers.differences() != []


def test_the_library_itself_cannot_be_cut_off(house: House) -> None:
    with pytest.raises(Invalid):
        house.rules.set_inherits(house.session.get_one(Folder, ROOT_ID), False)


def test_who_a_place_is_for_on_a_card(house: House) -> None:
    house.give(house.a, "Crew", VIEW)
    house.give(house.b, "Milo", EDIT)
    house.give(house.c, "everyone", VIEW)
    house.give(house.c, "Crew", deny=True)
    found = house.rules.access.whom_for({house.a.acl_id, house.b.acl_id, house.c.acl_id})
    assert found[house.a.acl_id].groups == ("Crew",)
    assert found[house.b.acl_id].people == ("Milo",)
    assert found[house.c.acl_id].everyone
    assert found[house.c.acl_id].groups == ()


@pytest.mark.parametrize(
    ("prepare", "line"),
    [
        (
            lambda house: house.give(house.a, "Crew", VIEW),
            "View, because Leila is in Crew, which has View on A. Set on 23 November 2026.",
        ),
        (
            lambda house: house.give(house.a, "Leila", VIEW, until=end_of(house.now.date())),
            "View, because Leila has View on A until 23 November 2026. Set on 23 November 2026.",
        ),
        (
            lambda house: house.give(house.a, "everyone", DOWNLOAD),
            "View and Download, because everyone has View and Download on A. Set on 23 November 2026.",
        ),
        (
            lambda house: house.give(house.a, "Crew", deny=True),
            "But Crew, which Leila is in, is blocked on A, and a Block always wins. Set on 23 November 2026.",
        ),
        (
            lambda house: (house.give(house.a, "Crew", VIEW), house.rules.set_inherits(house.b, False)),
            "A rule on A gives Leila View, but rules from there stop on the way to here. Set on 23 November 2026.",
        ),
        (
            lambda house: None,
            "View, Download, Upload, Edit and Manage: no rule gives these to Leila or to a group Leila is in.",
        ),
    ],
)
def test_the_path_of_a_decision_in_words(house: House, prepare: Callable[[House], Any], line: str) -> None:
    prepare(house)
    assert line in house.why.explain(house.leila, house.item).lines()


def test_the_last_day_of_a_rule_reads_back_as_it_was_chosen(house: House) -> None:
    assert last_day(end_of(house.now.date())) == house.now.date()
