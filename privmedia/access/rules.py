"""Rules as people read them: whom each speaks of, what it gives, where it is set, and whether it counts."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.models import Ace, AclChain
from privmedia.access.permissions import Permission
from privmedia.accounts.models import Group, Membership, User
from privmedia.clock import FOREVER


@dataclass(frozen=True)
class Rule:
    """One rule that reaches a place, from there or from above."""

    acl_id: int
    """Where it is set."""
    principal: str
    name: str
    """Of the person or the group; `everyone` for everyone."""
    people: int | None
    """How many active accounts a group or "everyone" has; None for one person."""

    allow: Permission
    deny: bool
    until: datetime | None
    created_at: datetime
    set_by: str | None
    """Name of who set it; None for the command line, and for people who are deleted."""

    above_cut: bool
    """A switch on the way here keeps it out, unless it denies."""
    ended: bool

    @property
    def counts(self) -> bool:
        return not self.ended and (self.deny or not self.above_cut)

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, in UTC."""
        return last_day(self.until)

    @property
    def is_group(self) -> bool:
        return self.principal.startswith("group:")

    @property
    def is_person(self) -> bool:
        return self.principal.startswith("user:")

    @property
    def drop_box(self) -> bool:
        """Upload and nothing else."""
        return not self.deny and self.allow == Permission.UPLOAD


def last_day(until: datetime | None) -> date | None:
    """The last day, in UTC, of what ends at a moment; None for what does not end."""
    return None if until is None else (until - timedelta(milliseconds=1)).date()


def rules_reaching(session: Session, acl_id: int, now: datetime) -> list[Rule]:
    """Every rule on the chain of a list, also those that do not count: everyone, groups by size, people by name."""
    rows = session.execute(
        select(Ace, AclChain.above_cut, User.name)
        .join(AclChain, AclChain.ancestor_id == Ace.acl_id)
        .outerjoin(User, User.id == Ace.created_by)
        .where(AclChain.acl_id == acl_id)
        .execution_options(populate_existing=True)
    ).all()
    names = principal_names(session, {ace.principal for ace, *_ in rows})
    rules = [
        Rule(
            acl_id=ace.acl_id,
            principal=ace.principal,
            name=names[ace.principal][0],
            people=names[ace.principal][1],
            allow=Permission(ace.allow),
            deny=ace.deny,
            until=None if ace.expires_at >= FOREVER else ace.expires_at,
            created_at=ace.created_at,
            set_by=set_by,
            above_cut=above_cut,
            ended=ace.expires_at <= now,
        )
        for ace, above_cut, set_by in rows
        if ace.principal in names
    ]
    return sorted(rules, key=_order)


def principal_names(session: Session, wanted: Iterable[str]) -> dict[str, tuple[str, int | None]]:
    """Name and number of active people of each principal that exists."""
    wanted = set(wanted)
    found: dict[str, tuple[str, int | None]] = {}
    user_ids = [principals.id_of(principal) for principal in wanted if principal.startswith("user:")]
    group_ids = [principals.id_of(principal) for principal in wanted if principal.startswith("group:")]
    if user_ids:
        people = select(User.id, User.name).where(User.id.in_(user_ids))
        found |= {principals.user(user_id): (name, None) for user_id, name in session.execute(people)}
    if group_ids:
        groups = (
            select(Group.id, Group.name, func.count(User.id))
            .outerjoin(Membership, Membership.group_id == Group.id)
            .outerjoin(User, (User.id == Membership.user_id) & User.disabled_at.is_(None))
            .where(Group.id.in_(group_ids))
            .group_by(Group.id, Group.name)
        )
        found |= {principals.group(group_id): (name, people) for group_id, name, people in session.execute(groups)}
    if principals.EVERYONE in wanted:
        count = select(func.count()).select_from(User).where(User.disabled_at.is_(None), User.is_guest.is_(False))
        found[principals.EVERYONE] = (principals.EVERYONE, session.scalar(count) or 0)
    return found


def _order(rule: Rule) -> tuple[int, int, str, str, int]:
    kind = 2 if rule.is_person else 1 if rule.is_group else 0
    return kind, -(rule.people or 0), rule.name.casefold(), rule.principal, rule.acl_id
