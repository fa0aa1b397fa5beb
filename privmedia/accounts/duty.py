"""Who has to have a second factor and has none, as SQL: what identities, the gate and the pages of rules ask alike.

A rule counts for people with a password of this library. Whoever signs in elsewhere alone is asked there.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, exists, func, literal, or_, select, type_coerce

from privmedia.accounts.models import FactorRule, Membership, Passkey, TwoFactor
from privmedia.clock import FOREVER
from privmedia.db import UtcDateTime

ADMINISTRATORS, EVERYONE = "administrators", "everyone"
Person = Any
"""The table of users, or an alias of it: whom the statement is about."""


def factor_due(person: Person) -> ColumnElement[datetime | None]:
    """SQL: from when on the statement's person can do nothing here but set a second factor up; NULL for never.

    The days of a rule begin with the rule, and for a new account or member of a group not before that.
    """
    since = type_coerce(FactorRule.since, BigInteger)
    begins = case(
        (FactorRule.group_id.is_not(None), _later(since, type_coerce(Membership.since, BigInteger))),
        (FactorRule.who == EVERYONE, _later(since, type_coerce(person.created_at, BigInteger))),
        else_=since,
    )
    due = (
        select(func.min(begins + FactorRule.grace))
        .select_from(FactorRule)
        .outerjoin(Membership, and_(Membership.group_id == FactorRule.group_id, Membership.user_id == person.id))
        .where(
            covers(person),
            person.password_hash.is_not(None),
            ~exists().where(TwoFactor.user_id == person.id, TwoFactor.confirmed_at.is_not(None)).correlate(person),
            ~exists().where(Passkey.user_id == person.id).correlate(person),
        )
        .correlate(person)
        .scalar_subquery()
    )
    return type_coerce(due, UtcDateTime())


def covers(person: Person) -> ColumnElement[bool]:
    """SQL: a rule, joined with the memberships of the person, is for them."""
    return or_(
        FactorRule.who == EVERYONE,
        and_(FactorRule.who == ADMINISTRATORS, person.is_admin),
        Membership.user_id.is_not(None),
    )


def is_free(person: Person, now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    """SQL: the statement's person may do more than set a second factor up."""
    return func.coalesce(factor_due(person), literal(FOREVER, UtcDateTime())) > now


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)
