"""Who can see a place, in numbers and in rows with reasons. Administrators see everything and are not counted."""
from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, not_, select, type_coerce, union_all
from sqlalchemy.orm import Session

from privmedia.access.decision import Decision
from privmedia.access.models import Ace, AclChain
from privmedia.access.permissions import DENIED, NOTHING, Permission
from privmedia.access.principals import EVERYONE, EVERYONE_NUMBER, GROUP, STEP, USER
from privmedia.access.rules import Rule, principal_names
from privmedia.access.visible import allow_bits, denied_bit, rules_that_count
from privmedia.accounts.models import Membership, User


@dataclass(frozen=True)
class Entry:
    """What one principal has at a place, all its rules that count put together."""

    principal: str
    name: str
    people: int | None
    allow: Permission
    deny: bool
    until: datetime | None
    """When the last of it ends."""
    acl_id: int
    """Where most of it comes from."""


@dataclass(frozen=True)
class Audience:
    """Who can see a place. Blocked people, disabled accounts and administrators are not counted."""

    rights: dict[int, Permission]
    """User id to what that person may do, for all who may do something."""
    entries: tuple[Entry, ...]
    blocked: frozenset[int] = frozenset()
    """Ids of those whom a Block speaks of."""

    @property
    def viewers(self) -> int:
        return sum(1 for rights in self.rights.values() if Permission.VIEW in rights)

    @property
    def adders(self) -> int:
        """How many may only add files, and see only what they added."""
        return len(self.rights) - self.viewers

    def only(self, user_id: int) -> bool:
        """Whether this person is the only one: "Only you, and administrators"."""
        return self.viewers == 1 and Permission.VIEW in self.rights.get(user_id, NOTHING)


@dataclass(frozen=True)
class Who:
    """Whom a place is for, as briefly as a folder's card says it."""

    everyone: bool
    groups: tuple[str, ...]
    people: tuple[str, ...]


def audience_of(
    session: Session, acl_id: int, rules: Iterable[Rule], now: datetime, *, owner_id: int | None, shown: bool
) -> Audience:
    """The people in one statement, however many; `rules` are those that reach the list."""
    found, blocked = {}, set()

    @cache
    def rights_by(bits: int, own: bool) -> Permission:
        return Decision.of_bits(bits, own=own, shown=shown).rights

    for user_id, bits in session.execute(_people(), {"acl_id": acl_id, "now": now}):
        if bits & DENIED:
            blocked.add(user_id)
        rights = rights_by(bits, user_id == owner_id)
        if rights & (Permission.VIEW | Permission.UPLOAD):
            found[user_id] = rights
    return Audience(found, tuple(_entries(rules)), frozenset(blocked))


def whom_for(session: Session, acl_ids: Collection[int], now: datetime) -> dict[int, Who]:
    """Everyone, groups and people with View at each of many places: a few statements for a page of cards."""
    query = (
        select(AclChain.acl_id, Ace.principal)
        .join(Ace, Ace.acl_id == AclChain.ancestor_id)
        .where(AclChain.acl_id.in_(sorted(acl_ids)), *rules_that_count(AclChain, Ace, now))
        .group_by(AclChain.acl_id, Ace.principal)
        .having(and_(denied_bit(Ace) == 0, func.max(Ace.allow.bitwise_and(int(Permission.VIEW))) > 0))
    )
    given: dict[int, set[str]] = {acl_id: set() for acl_id in acl_ids}
    for acl_id, principal in session.execute(query):
        given[acl_id].add(principal)
    names = principal_names(session, {principal for found in given.values() for principal in found})

    def named(found: set[str], kind: str) -> tuple[str, ...]:
        known = (names[principal][0] for principal in found & names.keys() if principal.startswith(kind))
        return tuple(sorted(known, key=str.casefold))

    return {
        acl_id: Who(EVERYONE in found, named(found, "group:"), named(found, "user:"))
        for acl_id, found in given.items()
    }


def _entries(rules: Iterable[Rule]) -> list[Entry]:
    """The rules that count, one row for each principal, in the order of the rules."""
    by_principal: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.counts:
            by_principal.setdefault(rule.principal, []).append(rule)
    entries = []
    for principal, mine in by_principal.items():
        blocks = [rule for rule in mine if rule.deny]
        most = max(blocks or mine, key=lambda rule: (rule.allow.bit_count(), rule.acl_id))
        allow = NOTHING
        for rule in mine:
            allow |= rule.allow
        ends = [rule.until for rule in blocks or mine]
        until = None if None in ends else max(end for end in ends if end is not None)
        entries.append(
            Entry(principal, most.name, most.people, NOTHING if blocks else allow, bool(blocks), until, most.acl_id)
        )
    return entries


@cache
def _people() -> Select[int, int]:
    """Each active person who is no administrator, with the number of the rules that reach him at a place.

    The few rules of the chain come first, and lead to their people by index.
    """
    rules = (
        select(
            type_coerce(Ace.principal, Integer).label("principal"),
            allow_bits(Ace).label("allow"),
            denied_bit(Ace).label("denied"),
        )
        .join(AclChain, AclChain.ancestor_id == Ace.acl_id)
        .where(AclChain.acl_id == bindparam("acl_id"), *rules_that_count(AclChain, Ace, bindparam("now")))
        .group_by(Ace.principal)
        .cte()
    )
    by_name = select(User.id.label("user_id"), rules.c.allow, rules.c.denied).join(
        rules, and_(rules.c.principal % STEP == USER, User.id == rules.c.principal // STEP)
    )
    by_group = select(Membership.user_id, rules.c.allow, rules.c.denied).join(
        rules, and_(rules.c.principal % STEP == GROUP, Membership.group_id == rules.c.principal // STEP)
    )
    by_all = select(User.id, rules.c.allow, rules.c.denied).join(
        rules, and_(rules.c.principal == EVERYONE_NUMBER, not_(User.is_guest))
    )
    reached = union_all(by_name, by_group, by_all).subquery()
    number: ColumnElement[int] = func.max(reached.c.denied)
    for permission in Permission:
        number = number + func.max(reached.c.allow.bitwise_and(int(permission)))
    return (
        select(reached.c.user_id, number)
        .join(User, User.id == reached.c.user_id)
        .where(User.disabled_at.is_(None), not_(User.is_admin))
        .group_by(reached.c.user_id)
    )
