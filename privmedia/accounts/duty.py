"""Who has to have a second factor and has none, as SQL: what identities, the gate and the pages of rules ask alike.

A rule counts for people who come in by a password: one of this library, or of the company's directory, which knows no
second factor. Whoever signs in elsewhere alone is asked there.
"""
from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
    type_coerce,
)

from privmedia.accounts.models import FactorRule, Membership, Passkey, TwoFactor
from privmedia.clock import FOREVER
from privmedia.db import UtcDateTime
from privmedia.directory_settings import Directory

ADMINISTRATORS, EVERYONE = "administrators", "everyone"
DIRECTORY = Directory.issuer
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
            or_(person.password_hash.is_not(None), _is_of_the_directory(person)),
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


def _is_of_the_directory(person: Person) -> ColumnElement[bool]:
    """SQL: the person signs in by a password of the directory. The table is of a room above this one."""
    ties = table("provider_accounts", column("user_id"), column("issuer"))
    theirs = select(ties.c.user_id).where(ties.c.user_id == person.id, ties.c.issuer == DIRECTORY)
    return exists(theirs.correlate(person))


def is_free(person: Person, now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    """SQL: the statement's person may do more than set a second factor up."""
    return func.coalesce(factor_due(person), literal(FOREVER, UtcDateTime())) > now


def _later(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)
