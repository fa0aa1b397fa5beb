"""Quotas: how many bytes of originals somebody, or all people of a group together, may have added.

The original of a version counts for who added that version, from the moment it is entered until its row is gone:
every version, drafts, what could not be prepared, what lies in the bin. What is made of it counts for nobody, and an
upload that is not whole holds nothing back. A group's quota is a pool: what its people have added, wherever they did.
A file has to fit the person's own quota and that of each of their groups. Nobody is exempt.

There is no counter that could drift: what is used is added up over an index that has the sizes in it. Before a file is
entered the quotas it has to fit are locked, so that of two that fitted, each alone, one wins.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from privmedia.accounts.models import Group, Membership, User
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.db import once, only_reads
from privmedia.errors import OverQuota
from privmedia.installation import Installation
from privmedia.library.models import Version
from privmedia.text import Sentence, Size
from privmedia.text import mark as _

OWN_IS_FULL = _(
    "You have ${left} left of your ${quota}, and this takes ${size}: ${missing} too much. "
    "Delete something you added for good, or ask an administrator for more space."
)
POOL_IS_FULL = _(
    "The group “${group}” has ${left} left of its ${quota}, and this takes ${size}: ${missing} too much. "
    "Something its people added has to be deleted for good, or ask an administrator for more space."
)
Columns = TypeVarTuple("Columns")
_SUM: ColumnElement[int] = func.coalesce(func.sum(Version.size), 0)


@dataclass(frozen=True)
class Space:
    """What a quota gives, and what of it is used, in bytes."""

    name: str
    """Of the group whose quota it is; "" for the person's own."""
    used: int
    quota: int

    @property
    def left(self) -> int:
        return max(0, self.quota - self.used)

    @property
    def over(self) -> int:
        """How much more is used than it gives: it was made smaller, or somebody joined the group."""
        return max(0, self.used - self.quota)

    @property
    def percent(self) -> int:
        return min(100, 100 * self.used // self.quota) if self.quota else 100

    def missing(self, size: int) -> int:
        """How much more would have to be free for so many bytes."""
        return max(0, self.used + size - self.quota)

    def refusal(self, size: int) -> OverQuota:
        """The refusal of what does not fit."""
        names = {
            "left": Size(self.left),
            "quota": Size(self.quota),
            "size": Size(size),
            "missing": Size(self.missing(size)),
        }
        if self.name:
            return OverQuota(Sentence(POOL_IS_FULL, {**names, "group": self.name}), self.left)
        return OverQuota(Sentence(OWN_IS_FULL, names), self.left)


def sizes_by_person() -> Select[int | None, int]:
    """`user_id` and `size`: bytes of all originals each person added."""
    return (
        select(Version.created_by.label("user_id"), func.sum(Version.size).label("size"))
        .where(Version.created_by.is_not(None))
        .group_by(Version.created_by)
    )


class Quotas:
    """Who has how much space, and whether something fits. Every verb runs in the caller's transaction."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)

    def used(self, user_id: int) -> int:
        """Bytes of all originals somebody added."""
        mine = select(_SUM).where(Version.created_by == user_id)
        return once(self._session, ("added", user_id), lambda: int(self._session.scalar(mine) or 0))

    def spaces(self, user_id: int) -> Sequence[Space]:
        """What somebody has to fit: their own quota first, then those of their groups, in a lasting order.

        In a transaction that writes, nobody else changes what of them is used until it ends.
        """
        return once(self._session, ("spaces", user_id), lambda: self._spaces(user_id))

    def require_room(self, user_id: int, size: int, *, before: int = 0, envelope: int = 0) -> None:
        """Raise OverQuota, with the quota that lacks most, where so many bytes more do not fit.

        `before` are bytes that come first, of files that have still to be sent; `envelope` how many of the bytes may
        not be the file's. In a transaction that writes, the room stays until it ends.
        """
        found = max(self.spaces(user_id), key=lambda space: space.missing(size + before), default=None)
        if found is not None and found.missing(size + before - envelope):
            raise Space(found.name, found.used + before, found.quota).refusal(size)

    def by_group(self, among: Sequence[int] | None = None) -> dict[int, int]:
        """Bytes that the people of each group added, or of some, by their numbers; none for groups that added nothing.

        What somebody added is added up once, in however many of the groups they are.
        """
        of_them = _among(Membership.group_id, among)
        sizes = sizes_by_person()
        if of_them:
            sizes = sizes.where(Version.created_by.in_(select(Membership.user_id).where(*of_them)))
        added = sizes.subquery()
        rows = self._session.execute(
            select(Membership.group_id, func.sum(added.c.size))
            .join(added, added.c.user_id == Membership.user_id)
            .where(*of_them)
            .group_by(Membership.group_id)
        )
        return {group_id: int(size) for group_id, size in rows}

    def by_person(self, among: Sequence[int] | None = None) -> dict[int, int]:
        """Bytes that each person added, or some of them, by their numbers; none for who added nothing."""
        sizes = sizes_by_person().where(*_among(Version.created_by, among))
        return {int(user_id or 0): int(size) for user_id, size in self._session.execute(sizes)}

    def exceeded(self) -> list[Space]:
        """The quotas of which more is used than they give, people by their address, then groups."""
        people, groups = self.by_person(), self.by_group()
        limited = self._session.scalars(select(User).where(User.quota.is_not(None)).order_by(User.email))
        pools = self._session.scalars(select(Group).where(Group.quota.is_not(None)).order_by(Group.name_key))
        spaces = [Space(user.email, people.get(user.id, 0), user.quota or 0) for user in limited]
        spaces += [Space(group.name, groups.get(group.id, 0), group.quota or 0) for group in pools]
        return [space for space in spaces if space.over]

    def limit_person(self, user: User, quota: int | None, *, by: Author = COMMAND_LINE) -> None:
        """Let somebody add so many bytes; None: as much as they like. What they have added stays, also above that."""
        detail = self._limit(user, quota)
        self._audit.record("user.quota", identity=by, target=user.email, detail=detail)

    def limit_group(self, group: Group, quota: int | None, *, by: Author = COMMAND_LINE) -> None:
        """The same for all people of a group together."""
        detail = self._limit(group, quota)
        self._audit.record("group.quota", identity=by, target=group.name, detail=detail)

    def _limit(self, whose: User | Group, quota: int | None) -> dict[str, list[int | None]]:
        """Set it; answers what changed, for the log."""
        changes = {"quota": [whose.quota, quota]} if whose.quota != quota else {}
        whose.quota = quota
        self._session.flush()
        return changes

    def _spaces(self, user_id: int) -> list[Space]:
        own = select(User.quota).where(User.id == user_id, User.quota.is_not(None))
        pools = (
            select(Group.id, Group.name, Group.quota)
            .select_from(Group)
            .join(Membership, Membership.group_id == Group.id)
            .where(Membership.user_id == user_id, Group.quota.is_not(None))
            .order_by(Group.id)
        )
        found = self._session.scalars(self._held(own, User)).all()
        spaces = [Space("", self.used(user_id), quota or 0) for quota in found]
        groups = self._session.execute(self._held(pools, Group)).all()
        used = self.by_group([group_id for group_id, _name, _quota in groups]) if groups else {}
        return spaces + [Space(name, used.get(group_id, 0), quota or 0) for group_id, name, quota in groups]

    def _held(self, limits: Select[*Columns], table: type[User | Group]) -> Select[*Columns]:
        """The same, locked where rows are going to be written: the next one counts when this one is done.

        SQLite has one writer at a time anyway. Rows that refer to the person or group can be written meanwhile.
        """
        return limits if only_reads(self._session) else limits.with_for_update(key_share=True, of=table)


def _among(column: InstrumentedAttribute[Any], numbers: Sequence[int] | None) -> list[ColumnElement[bool]]:
    return [] if numbers is None else [column.in_(numbers)]
