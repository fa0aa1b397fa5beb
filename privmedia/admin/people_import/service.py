"""What a file of people would do, and doing it, in one transaction."""
from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from privmedia.accounts.addresses import normal_email
from privmedia.accounts.groups import Groups
from privmedia.accounts.invitations import Invitation, Invitations, Newcomer
from privmedia.accounts.models import Group, User
from privmedia.admin.people_import.reading import Person, people_in
from privmedia.audit.service import Audit, Author
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.text import Sentence, listed, name_key
from privmedia.text import mark as _

AT_ONCE = 500
"""Addresses in one statement."""


class Outcome(StrEnum):
    """What becomes of a line."""

    NEW = "new"
    JOINS = "joins"
    """There is an account already; it joins groups."""
    SAME = "same"
    """There is an account already, and nothing to do."""
    LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Step:
    """What becomes of one line, and why."""

    person: Person
    outcome: Outcome
    sentence: Sentence
    groups: Sequence[str] = ()
    """Those that are joined, as they are or will be called."""


@dataclass(frozen=True)
class Plan:
    """What a file would do now."""

    steps: Sequence[Step]
    new_groups: Sequence[str]
    unused: Sequence[str]

    def count(self, outcome: Outcome) -> int:
        return sum(1 for step in self.steps if step.outcome == outcome)

    @property
    def does_something(self) -> bool:
        return bool(self.count(Outcome.NEW) or self.count(Outcome.JOINS))

    @property
    def digest(self) -> str:
        """A short name for exactly this plan, by which a form says that it was shown."""
        facts = [(vars(step.person), step.outcome, list(step.groups)) for step in self.steps]
        return hashlib.sha256(repr((facts, list(self.new_groups))).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Done:
    """What was done."""

    invitations: Sequence[Invitation]
    joined: int
    new_groups: Sequence[str]


class PeopleImport:
    """Many people at once."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._groups = Groups(session, installation)
        self._invitations = Invitations(session, installation)
        self._audit = Audit(session, installation)

    def plan(self, text: str, *, make_groups: bool) -> Plan:
        """What would happen, line by line. Only looks. Raises Invalid for a text that is no table of people."""
        table = people_in(text)
        known = {group.name_key: group.name for group, _size in self._groups.groups()}
        there = self._accounts_of(table.people)
        refused = self._invitations.refusals([_newcomer(person, ()) for person in table.people])
        new_groups: dict[str, str] = {}
        seen: dict[str, int] = {}
        steps = []
        for place, person in enumerate(table.people):
            address, unknown = normal_email(person.email), [n for n in person.groups if name_key(n) not in known]
            user = there.get(address)
            error = refused.get(place)
            names = [known.get(name_key(name), name) for name in person.groups]
            if person.problem:
                step = Step(person, Outcome.LEFT_OUT, person.problem)
            elif address in seen:
                again = Sentence(_("It stands in line ${line} already."), {"line": str(seen[address])})
                step = Step(person, Outcome.LEFT_OUT, again)
            elif error is not None and user is None:
                step = Step(person, Outcome.LEFT_OUT, error.said)
            elif unknown and not make_groups:
                step = Step(
                    person, Outcome.LEFT_OUT, Sentence(_("There is no group ${names}."), {"names": listed(unknown)})
                )
            elif user is not None:
                step = _for_known(person, user, names)
            else:
                step = Step(person, Outcome.NEW, _as_what(person, names), names)
            if step.outcome is not Outcome.LEFT_OUT:
                seen[address] = person.line
                new_groups |= {name_key(name): name for name in unknown if name_key(name) not in new_groups}
            steps.append(step)
        return Plan(steps, sorted(new_groups.values(), key=str.casefold), table.unused)

    def carry_out(self, text: str, *, make_groups: bool, send: bool, shown: str, by: Author) -> Done:
        """Do what was shown: `shown` is the digest of the plan that was looked at.

        Raises Conflict if the same file would do something else by now, and Invalid for a name a group cannot have.
        """
        plan = self.plan(text, make_groups=make_groups)
        if plan.digest != shown:
            raise Conflict("Something has changed since this was shown. Look at it again; nothing was done.")
        made = [self._groups.add_group(name=name, by=by) for name in plan.new_groups]
        groups = {group.name_key: group for group, _size in self._groups.groups()}
        newcomers = [
            _newcomer(step.person, [groups[name_key(name)] for name in step.groups])
            for step in plan.steps
            if step.outcome is Outcome.NEW
        ]
        invitations = self._invitations.invite_all(newcomers, by=by, send=send)
        joined = self._join(plan, groups, by)
        detail = {"invited": len(invitations), "joined": joined, "groups": [group.name for group in made]}
        self._audit.record("user.import", identity=by, target=f"{len(plan.steps)} lines", detail=detail)
        return Done(invitations, joined, [group.name for group in made])

    def _join(self, plan: Plan, groups: Mapping[str, Group], by: Author) -> int:
        steps = [step for step in plan.steps if step.outcome is Outcome.JOINS]
        there = self._accounts_of([step.person for step in steps])
        joining: dict[str, list[User]] = defaultdict(list)
        for step in steps:
            for name in step.groups:
                joining[name_key(name)].append(there[normal_email(step.person.email)])
        for key, users in joining.items():
            self._groups.join(group=groups[key], users=users, by=by)
        return len(steps)

    def _accounts_of(self, people: Sequence[Person]) -> dict[str, User]:
        addresses = sorted({normal_email(person.email) for person in people})
        found: dict[str, User] = {}
        for start in range(0, len(addresses), AT_ONCE):
            some = select(User).where(User.email.in_(addresses[start : start + AT_ONCE]))
            found |= {user.email: user for user in self._session.scalars(some.options(selectinload(User.groups)))}
        return found


def _newcomer(person: Person, groups: Sequence[Group]) -> Newcomer:
    return Newcomer(email=person.email, name=person.name, groups=groups, guest=person.guest, admin=person.admin)


def _for_known(person: Person, user: User, names: Sequence[str]) -> Step:
    """What becomes of somebody who has an account: groups are added, nothing else is changed."""
    inside = {group.name_key for group in user.groups}
    joins = [name for name in names if name_key(name) not in inside]
    if not joins:
        return Step(person, Outcome.SAME, Sentence(_("Already there, nothing changes.")))
    if user.disabled_at is not None:
        return Step(person, Outcome.LEFT_OUT, Sentence(_("The account is disabled.")))
    return Step(person, Outcome.JOINS, Sentence(_("Already there, joins ${names}."), {"names": listed(joins)}), joins)


def _as_what(person: Person, names: Sequence[str]) -> Sentence:
    if person.admin:
        what = _("New, an administrator")
    elif person.guest:
        what = _("New, a guest")
    else:
        what = _("New")
    if not names:
        return Sentence(_("${what}."), {"what": Sentence(what)})
    return Sentence(_("${what}, in ${names}."), {"what": Sentence(what), "names": listed(names)})
