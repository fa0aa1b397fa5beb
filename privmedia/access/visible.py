"""The SQL of access: the caller's rights at one place as a number, and "may they?" as a condition for lists.

The number of a place is its allowed permissions, plus DENIED where a Block speaks of the caller; `Decision.of_bits`
reads it. Rules of a list above a cut count only if they deny. Every statement here takes "now" from its caller.

A subquery names what it does *not* take from the statement around it (`correlate_except`): left to itself SQLAlchemy
correlates one level only, and a second `memberships` or `sessions` would let anyone's membership count.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from privmedia.access.decision import UPLOADERS_OWN
from privmedia.access.models import Ace, AclChain
from privmedia.access.permissions import DENIED, Permission
from privmedia.access.principals import EVERYONE_NUMBER, GROUP, STEP, USER
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Membership
from privmedia.db import Numbers, once, one_of, only_reads

Moment = datetime | ColumnElement[Any]
SEES_A_FOLDER = Permission.VIEW | Permission.UPLOAD


def rights_bits(acl: SQLColumnExpression[Any] | int, principals: Iterable[str], now: Moment) -> ColumnElement[int]:
    """The number of the place ruled by `acl` for someone known by name: `identity.principals`."""
    chain, ace = aliased(AclChain), aliased(Ace)
    return _bits(acl, chain, ace, ace.principal.in_(sorted(principals)), now)


def bits_at(session: Session, acl_id: int, principals: Iterable[str], now: datetime) -> int:
    """The number itself, of one place."""
    values = {"acl_id": acl_id, "principals": sorted(principals), "now": now}
    return session.scalar(_one_number(), values) or 0


def bits_for(
    acl: SQLColumnExpression[Any] | int,
    user_id: SQLColumnExpression[Any],
    is_guest: ColumnElement[bool],
    now: Moment,
) -> ColumnElement[int]:
    """The same for a user who is only a column of the statement around it: the gate's one statement.

    `now` may be a bind parameter; it is compared with milliseconds.
    """
    chain, ace, membership = aliased(AclChain), aliased(Ace), aliased(Membership)
    stored = type_coerce(ace.principal, Integer)
    in_the_group = (
        select(membership.user_id)
        .where(membership.user_id == user_id, membership.group_id == stored // _constant(STEP))
        .correlate_except(membership)
        .exists()
    )
    mine = or_(
        and_(stored == _constant(EVERYONE_NUMBER), not_(is_guest)),
        stored == user_id * _constant(STEP) + _constant(USER),
        and_(stored % _constant(STEP) == _constant(GROUP), in_the_group),
    )
    return _bits(acl, chain, ace, mine, now)


def allowed(
    acl: SQLColumnExpression[Any],
    owner: SQLColumnExpression[Any] | None,
    identity: Identity | None,
    permission: Permission,
    *,
    now: Moment,
    standing: Standing | None = None,
) -> ColumnElement[bool]:
    """Whether the caller has all of `permission` at the rows' places; compose lists and counts with it.

    `acl` is the column (or expression) with the ACL that applies; `owner` the uploader's column, None for folders.
    `standing` is what `standing_of` answered for the caller: then the rules are not worked out again.
    """
    if identity is None:
        return false()
    if identity.is_admin:
        return true()
    mine = standing or rules_of(identity, now)
    given = mine.gives(acl, permission)
    if owner is None:
        return given
    needed = permission & ~UPLOADERS_OWN | Permission.UPLOAD
    return or_(given, and_(owner == identity.user_id, mine.gives(acl, needed)))


def item_seen(
    acl: SQLColumnExpression[Any],
    owner: SQLColumnExpression[Any],
    shown: SQLColumnExpression[bool],
    identity: Identity | None,
    *,
    now: Moment,
    standing: Rights | None = None,
) -> ColumnElement[bool]:
    """Whether the rows' items exist for the caller: View, and until there is something to view, Edit or one's own."""
    if identity is None:
        return false()
    if identity.is_admin:
        return true()
    mine = standing or rules_of(identity, now)
    own = owner == identity.user_id
    return or_(
        and_(mine.gives(acl, Permission.VIEW), or_(shown, own, mine.gives(acl, Permission.EDIT))),
        and_(own, mine.gives(acl, Permission.UPLOAD)),
    )


def folder_seen(
    acl: SQLColumnExpression[Any], identity: Identity | None, *, now: Moment, standing: Standing | None = None
) -> ColumnElement[bool]:
    """Whether the rows' folders exist for the caller: View, or Upload alone (a drop box)."""
    if identity is None:
        return false()
    if identity.is_admin:
        return true()
    return (standing or rules_of(identity, now)).gives_some(acl, SEES_A_FOLDER)


class Rights:
    """What somebody's rules give and nothing denies, as conditions."""

    def gives(self, acl: SQLColumnExpression[Any], permission: Permission) -> ColumnElement[bool]:
        """Whether all of `permission` is given where the rows' ACL rules."""
        raise NotImplementedError

    def gives_some(self, acl: SQLColumnExpression[Any], permissions: Permission) -> ColumnElement[bool]:
        """Whether some of `permissions` is given there."""
        raise NotImplementedError


class Standing(Rights):
    """Every ACL that gives somebody something and denies nothing, with what it gives: read once for a whole page."""

    def __init__(self, allow: Mapping[int, int]) -> None:
        """`allow`: ACL id to permission bits."""
        self.allow = allow
        self._written: dict[tuple[bool, int], Numbers] = {}

    def gives(self, acl: SQLColumnExpression[Any], permission: Permission) -> ColumnElement[bool]:
        return one_of(acl, self._those((True, int(permission))))

    def gives_some(self, acl: SQLColumnExpression[Any], permissions: Permission) -> ColumnElement[bool]:
        return one_of(acl, self._those((False, int(permissions))))

    def _those(self, wanted: tuple[bool, int]) -> Numbers:
        if wanted not in self._written:
            whole, mask = wanted
            least = mask if whole else 1
            self._written[wanted] = Numbers(acl_id for acl_id, bits in self.allow.items() if bits & mask >= least)
        return self._written[wanted]


@dataclass(frozen=True)
class _Grouped(Rights):
    """The same as a part of the statement it stands in."""

    mine: CTE

    def gives(self, acl: SQLColumnExpression[Any], permission: Permission) -> ColumnElement[bool]:
        bits = self.mine.c.allow.bitwise_and(_constant(permission))
        return acl.in_(select(self.mine.c.acl_id).where(bits == _constant(permission)))

    def gives_some(self, acl: SQLColumnExpression[Any], permissions: Permission) -> ColumnElement[bool]:
        bits = self.mine.c.allow.bitwise_and(_constant(permissions))
        return acl.in_(select(self.mine.c.acl_id).where(bits != _constant(0)))


def takes_over(acl: SQLColumnExpression[Any] | int, above: SQLColumnExpression[Any] | int) -> ColumnElement[bool]:
    """Whether all rules of the list `above` count where `acl` does: it is the same one, or no cut is in between."""
    chain = aliased(AclChain)
    unbroken = select(chain.acl_id).where(chain.acl_id == acl, chain.ancestor_id == above, not_(chain.above_cut))
    return unbroken.correlate_except(chain).exists()


def standing_of(session: Session, identity: Identity, now: datetime) -> Standing | None:
    """The caller's standing, read at most once in a transaction that only reads.

    None for administrators, who need none, and where rules may change meanwhile: conditions then work it out.
    """
    if identity.is_admin or not only_reads(session):
        return None
    values = {"principals": sorted(identity.principals), "now": now}
    return once(
        session,
        ("standing", identity.principals),
        lambda: Standing(dict(session.execute(_standing(), values).all())),
    )


def rules_of(identity: Identity, now: Moment) -> Rights:
    """What `standing_of` reads, worked out by the statement it stands in."""
    return _Grouped(_rules_of(Ace.principal.in_(sorted(identity.principals)), now).cte())


@cache
def _standing() -> Select[int, int]:
    return _rules_of(Ace.principal.in_(bindparam("principals", expanding=True)), bindparam("now"))


@cache
def _one_number() -> Select[int]:
    chain, ace = aliased(AclChain), aliased(Ace)
    mine = ace.principal.in_(bindparam("principals", expanding=True))
    return select(_bits(bindparam("acl_id"), chain, ace, mine, bindparam("now")))


def _rules_of(mine: ColumnElement[bool], now: Moment) -> Select[int, int]:
    """Every ACL whose rules, those that are somebody's, give something and deny nothing, in one grouped statement."""
    return (
        select(AclChain.acl_id, allow_bits(Ace).label("allow"))
        .join(Ace, Ace.acl_id == AclChain.ancestor_id)
        .where(mine, *rules_that_count(AclChain, Ace, now))
        .group_by(AclChain.acl_id)
        .having(denied_bit(Ace) == _constant(0))
    )


def _bits(acl: Any, chain: Any, ace: Any, mine: ColumnElement[bool], now: Moment) -> ColumnElement[int]:
    number = (
        select(allow_bits(ace) + denied_bit(ace))
        .join_from(chain, ace, ace.acl_id == chain.ancestor_id)
        .where(chain.acl_id == acl, *rules_that_count(chain, ace, now), mine)
        .correlate_except(chain, ace)
        .scalar_subquery()
    )
    return func.coalesce(number, _constant(0))


def rules_that_count(chain: Any, ace: Any, now: Moment) -> tuple[ColumnElement[bool], ...]:
    """Which rules along a chain count: those that have not ended, and above a cut only a Deny."""
    return ace.expires_at > now, or_(ace.deny, not_(chain.above_cut))


def allow_bits(ace: Any) -> ColumnElement[int]:
    """All allowed bits of a group of rules. Each bit has its own max(): SQLite has no bit_or()."""
    view, *others = (func.max(ace.allow.bitwise_and(_constant(permission))) for permission in Permission)
    total: ColumnElement[int] = view
    for bit in others:
        total = total + bit
    return total


def denied_bit(ace: Any) -> ColumnElement[int]:
    return func.max(case((ace.deny, _constant(DENIED)), else_=_constant(0)))


@cache
def _constant(value: int) -> ColumnElement[int]:
    """Written into the statement: the gate's has enough parameters of its own to bind for each request."""
    return literal_column(str(int(value)), Integer)
