"""Groups: named sets of people, to whom rules are given."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privmedia.accounts.matching import matching
from privmedia.accounts.models import Group, Membership, User
from privmedia.accounts.numbers import next_number, remember_number
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.text import Sentence, clean_line, name_key
from privmedia.text import mark as _

NO_GROUP = _("There is no group “${name}”.")
GROUP_TAKEN = _("There is already a group “${name}”.")

LONGEST_NAME = 120
PAGE = 50
"""People of a group on one page."""
RESERVED = frozenset({"everyone"})


class Groups:
    """Groups and who is in them. Every verb records who did it (`by`) in the audit log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def group(self, uid: str) -> Group:
        """The group of a public id. Raises NotFound."""
        found = self._session.scalar(select(Group).where(Group.uid == uid)) if is_uid(uid) else None
        if found is None:
            raise NotFound
        return found

    def group_by_name(self, name: str) -> Group:
        """The group of a name, whatever its case. Raises NotFound with a sentence that names it."""
        found = self._session.scalar(select(Group).where(Group.name_key == name_key(name)))
        if found is None:
            raise NotFound(Sentence(NO_GROUP, {"name": clean_line(name)}))
        return found

    def groups(self) -> Sequence[tuple[Group, int]]:
        """All groups by name, each with the number of its people."""
        size = select(func.count()).where(Membership.group_id == Group.id).correlate(Group).scalar_subquery()
        rows = self._session.execute(select(Group, size).order_by(Group.name_key))
        return [(row[0], int(row[1])) for row in rows]

    def members(self, group: Group) -> Sequence[User]:
        """The people of a group, by name."""
        return self._session.scalars(
            select(User)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.group_id == group.id)
            .order_by(func.lower(User.name), User.id)
        ).all()

    def size(self, group: Group, *, q: str = "") -> int:
        """How many people are in a group; with `q` how many of them have it in name or address."""
        inside = select(func.count(User.id)).join(Membership, Membership.user_id == User.id)
        return self._session.scalar(inside.where(Membership.group_id == group.id, *matching(q))) or 0

    def page(self, group: Group, *, q: str = "", number: int = 1) -> Sequence[tuple[User, datetime]]:
        """The people of one page, by name, each with since when they are in the group."""
        rows = self._session.execute(
            select(User, Membership.since)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.group_id == group.id, *matching(q))
            .order_by(func.lower(User.name), User.id)
            .offset((number - 1) * PAGE)
            .limit(PAGE)
        )
        return [(row[0], row[1]) for row in rows]

    def groups_of(self, user: User) -> Sequence[Group]:
        """The groups somebody is in, by name."""
        return self._session.scalars(
            select(Group)
            .join(Membership, Membership.group_id == Group.id)
            .where(Membership.user_id == user.id)
            .order_by(Group.name_key)
        ).all()

    def add_group(self, *, name: str, by: Author = COMMAND_LINE) -> Group:
        """A new, empty group. Raises Invalid, and Conflict if there is one of that name."""
        group = Group(
            id=next_number(self._session, Group), uid=new_uid(), name="", name_key="", created_at=self._now
        )
        self._name(group, name)
        self._session.add(group)
        self._flush_named(group)
        self._audit.record("group.add", identity=by, target=group.name)
        return group

    def rename(self, *, group: Group, name: str, by: Author = COMMAND_LINE) -> None:
        """Give a group another name. Raises Invalid and Conflict as for a new one."""
        before = group.name
        self._name(group, name)
        self._flush_named(group)
        self._audit.record("group.rename", identity=by, target=group.name, detail={"before": before})

    def delete(self, *, group: Group, by: Author = COMMAND_LINE, also: Mapping[str, Any] | None = None) -> None:
        """The group is gone; its number is never given again. Rules that name it are the caller's business."""
        people = self._session.scalar(select(func.count()).where(Membership.group_id == group.id)) or 0
        remember_number(self._session, group)
        detail = {"uid": group.uid, "people": people, **(also or {})}
        self._audit.record("group.delete", identity=by, target=group.name, detail=detail)
        self._session.delete(group)
        self._session.flush()

    def join(self, *, group: Group, users: Sequence[User], by: Author = COMMAND_LINE) -> int:
        """Put people into a group; returns how many were not in it before."""
        inside = set(self._session.scalars(select(Membership.user_id).where(Membership.group_id == group.id)))
        new = list(dict.fromkeys(user for user in users if user.id not in inside))
        self._session.add_all(Membership(user_id=user.id, group_id=group.id, since=self._now) for user in new)
        self._flush()
        self._audit.record("group.join", identity=by, target=group.name, detail={"people": [u.email for u in new]})
        return len(new)

    def leave(self, *, group: Group, users: Sequence[User], by: Author = COMMAND_LINE) -> int:
        """Take people out of a group; returns how many were in it."""
        gone = []
        for user in dict.fromkeys(users):
            membership = self._session.get(Membership, (user.id, group.id))
            if membership is not None:
                self._session.delete(membership)
                gone.append(user.email)
        self._session.flush()
        self._audit.record("group.leave", identity=by, target=group.name, detail={"people": gone})
        return len(gone)

    def set_groups_of(self, *, user: User, groups: Sequence[Group], by: Author = COMMAND_LINE) -> None:
        """Put somebody into exactly these groups."""
        before = {group.id: group for group in self.groups_of(user)}
        after = {group.id: group for group in groups}
        for group_id in before.keys() - after.keys():
            self._session.delete(self._session.get_one(Membership, (user.id, group_id)))
        self._session.add_all(
            Membership(user_id=user.id, group_id=group_id, since=self._now) for group_id in after.keys() - before.keys()
        )
        self._flush()
        detail = {
            "joined": [group.name for group in groups if group.id not in before],
            "left": [group.name for group in before.values() if group.id not in after],
        }
        self._audit.record("user.groups", identity=by, target=user.email, detail=detail)

    def _flush(self) -> None:
        try:
            self._session.flush()
        except IntegrityError:
            raise Conflict("Somebody changed this group at the same moment. Look again.") from None

    def _name(self, group: Group, name: str) -> None:
        group.name = required_line(name, field="name", missing=_("A name is needed."), longest=LONGEST_NAME)
        group.name_key = name_key(group.name)
        if group.name_key in RESERVED:
            raise Invalid("That name stands for all people. Choose another.", "name")

    def _flush_named(self, group: Group) -> None:
        name = group.name
        try:
            self._session.flush()
        except IntegrityError:
            raise Conflict(Sentence(GROUP_TAKEN, {"name": name})) from None
