from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.audit.models import Event
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation

pytestmark = pytest.mark.both_databases


@pytest.fixture
def groups(session: Session, installation: Installation) -> Groups:
    return Groups(session, installation)


@pytest.fixture
def people(session: Session, installation: Installation) -> list[User]:
    accounts = Accounts(session, installation)
    return [accounts.add_user(email=f"{name}@example.test", name=name) for name in ("Maren", "jonas", "Leila")]


def test_a_group_is_found_whatever_the_case_of_its_name(groups: Groups) -> None:
    group = groups.add_group(name="  Straßen   Team ")
    assert group.name == "Straßen Team"
    assert groups.group_by_name("STRASSEN TEAM") is group
    assert groups.group(group.uid) is group


def test_two_groups_cannot_share_a_name(groups: Groups) -> None:
    groups.add_group(name="Service engineers")
    with pytest.raises(Conflict, match="already a group “service engineers”"):
        groups.add_group(name="service engineers")


def test_a_group_cannot_be_renamed_to_another_s_name(groups: Groups) -> None:
    groups.add_group(name="Marketing")
    board = groups.add_group(name="Board")
    groups.rename(group=board, name="board")
    with pytest.raises(Conflict):
        groups.rename(group=board, name="MARKETING")


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "Everyone"])
def test_a_name_that_cannot_be_used_is_refused_at_its_field(name: str, groups: Groups) -> None:
    with pytest.raises(Invalid) as refused:
        groups.add_group(name=name)
    assert refused.value.field == "name"


def test_people_join_and_leave_and_are_counted(groups: Groups, people: list[User]) -> None:
    team = groups.add_group(name="Training team")
    groups.add_group(name="Board")
    assert groups.join(group=team, users=people) == 3
    assert groups.join(group=team, users=people[:1]) == 0
    assert [user.name for user in groups.members(team)] == ["jonas", "Leila", "Maren"]
    assert groups.leave(group=team, users=[people[0], people[0]]) == 1
    assert [(group.name, count) for group, count in groups.groups()] == [("Board", 0), ("Training team", 2)]
    assert list(groups.groups_of(people[1])) == [team]
    assert list(groups.groups_of(people[0])) == []


def test_an_unknown_group_is_named_in_the_refusal(groups: Groups) -> None:
    with pytest.raises(NotFound, match="There is no group “Nobody”"):
        groups.group_by_name("Nobody")
    with pytest.raises(NotFound):
        groups.group("x")


def test_every_verb_writes_one_line_that_names_the_people(groups: Groups, people: list[User], session: Session) -> None:
    team = groups.add_group(name="Training team")
    groups.rename(group=team, name="Trainers")
    groups.join(group=team, users=people[:1])
    groups.leave(group=team, users=people[:1])
    session.flush()
    lines = session.scalars(select(Event).where(Event.kind.startswith("group.")).order_by(Event.id)).all()
    assert [(line.kind, line.target) for line in lines] == [
        ("group.add", "Training team"),
        ("group.rename", "Trainers"),
        ("group.join", "Trainers"),
        ("group.leave", "Trainers"),
    ]
    assert lines[2].detail == {"people": ["maren@example.test"]}
