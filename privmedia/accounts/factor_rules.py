"""Who has to have a second factor, and from when on: rules of the administrators, and what follows for each person.

A rule counts for people who come in by a password, of this library or of the company's directory. Whoever signs in
elsewhere alone is asked there.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from privmedia.accounts.duty import covers, factor_due
from privmedia.accounts.models import FactorRule, Group, Membership, User
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.installation import Installation
from privmedia.text import mark as _

LONGEST_GRACE = 90  # days
DAYS_WRONG = _("That has to be a number of days from 0 to 90.")
SET_UP_YOUR_OWN = _("This rule is for you as well, and you have no second factor yet. Set yours up first.")
REQUIRED = _("You have to have two-factor sign-in here. Add another one before you take the last away.")


@dataclass(frozen=True)
class Rule:
    """One rule, for a page. `group` is None for those of administrators and of everyone."""

    id: int
    who: str
    group: Group | None
    since: datetime
    days: int


@dataclass(frozen=True)
class Lacking:
    """Somebody who has to have a second factor and has none."""

    user: User
    due: datetime


class FactorRules:
    """The rules. Whoever makes or ends one is in the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def rules(self) -> Sequence[Rule]:
        """All of them, in the order they were made."""
        rows = self._session.execute(
            select(FactorRule, Group).outerjoin(Group, Group.id == FactorRule.group_id).order_by(FactorRule.id)
        )
        return [
            Rule(rule.id, rule.who, group, rule.since, rule.grace // _milliseconds(days=1)) for rule, group in rows
        ]

    def require(self, *, who: str, group: Group | None, days: int, by: Author = COMMAND_LINE) -> None:
        """From now on these people have to have a second factor, after so many days.

        A rule that is there already gets other days. `who` is ADMINISTRATORS or EVERYONE; a group counts instead.
        Raises Invalid for the days, and Conflict if it is for whoever makes it, who has none: nobody shuts themselves
        out by it.
        """
        if not 0 <= days <= LONGEST_GRACE:
            raise Invalid(DAYS_WRONG, "days")
        named = f"group:{group.id}" if group is not None else who
        own_before = None if by.user_id is None else self.due(by.user_id)
        rule = self._session.scalar(select(FactorRule).where(FactorRule.who == named))
        if rule is None:
            rule = FactorRule(who=named, group_id=None if group is None else group.id, since=self._now)
            self._session.add(rule)
        rule.grace = _milliseconds(days=days)
        self._session.flush()
        own = None if by.user_id is None else self.due(by.user_id)
        if own is not None and own != own_before:
            raise Conflict(SET_UP_YOUR_OWN)
        self._audit.record("two-factor.require", identity=by, target=_called(rule.who, group), detail={"days": days})

    def relax(self, *, rule_id: int, by: Author = COMMAND_LINE) -> None:
        """End a rule. Raises NotFound."""
        rule = self._session.get(FactorRule, rule_id)
        if rule is None:
            raise NotFound
        group = None if rule.group_id is None else self._session.get(Group, rule.group_id)
        self._session.delete(rule)
        self._audit.record("two-factor.relax", identity=by, target=_called(rule.who, group))

    def relax_named(self, *, who: str, group: Group | None, by: Author = COMMAND_LINE) -> None:
        """The same for the rule of administrators, of everyone or of a group. Raises NotFound."""
        named = f"group:{group.id}" if group is not None else who
        found = self._session.scalar(select(FactorRule.id).where(FactorRule.who == named))
        if found is None:
            raise NotFound(_("There is no such rule."))
        self.relax(rule_id=found, by=by)

    def due(self, user_id: int) -> datetime | None:
        """From when on somebody who has none can do nothing but set one up; None for never."""
        return self._session.scalar(select(factor_due(User)).where(User.id == user_id))

    def require_dispensable(self, user_id: int) -> None:
        """Raise Conflict if a rule is for somebody, so that the last factor cannot be taken away."""
        rule = (
            select(FactorRule.id)
            .join(User, User.id == user_id)
            .outerjoin(Membership, and_(Membership.group_id == FactorRule.group_id, Membership.user_id == User.id))
            .where(covers(User))
        )
        if self._session.scalar(rule.limit(1)) is not None:
            raise Conflict(REQUIRED)

    def count(self) -> int:
        """How many have to have one and have none."""
        return self._session.scalar(select(func.count()).select_from(User).where(*_lacking())) or 0

    def lacking(self, *, offset: int = 0, limit: int | None = None) -> Sequence[Lacking]:
        """Who they are, whose time is over first."""
        due = factor_due(User).label("due")
        rows = self._session.execute(
            select(User, due).where(*_lacking()).order_by("due", func.lower(User.name), User.id)
            .offset(offset).limit(limit)
        )
        return [Lacking(user, moment) for user, moment in rows if moment is not None]


def _lacking() -> tuple[ColumnElement[bool], ...]:
    return (User.disabled_at.is_(None), factor_due(User).is_not(None))


def _called(who: str, group: Group | None) -> str:
    return who if group is None else group.name


def _milliseconds(**delta: int) -> int:
    return timedelta(**delta) // timedelta(milliseconds=1)
