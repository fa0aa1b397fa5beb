"""Why somebody may do what at a place, in words: worked out from the rules one by one, not from the lists' SQL.

The path is a row of steps, as a person would tell it: the rules that give something, with what each gives, who set it
and when; what is given by none; what stops or does not count; and how the account stands.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from privmedia.access import principals
from privmedia.access.decision import UPLOADERS_OWN, Decision
from privmedia.access.permissions import ALL, NOTHING, Permission
from privmedia.access.rules import Rule
from privmedia.accounts.identity import COLOURS, initials
from privmedia.accounts.models import User
from privmedia.text import Sentence, Words, day_words, listed
from privmedia.text import mark as _

CAN = _("${person} can ${rights} here.")
CAN_ALL = _("${person} can do everything here.")
CANNOT = _("${person} cannot see this.")
BLOCKED = _("${person} is blocked here.")
IS_DISABLED = _("${person} can do nothing: the account is disabled.")
ADDS_ONLY = _("${person} can add files here, and sees only what ${person} added.")

PERSON_HAS = _("${person} has ${given} on ${place}.")
MEMBER_HAS = _("${person} is in ${group}, which has ${given} on ${place}.")
EVERYONE_HAS = _("Everyone has ${given} on ${place}.")
PERSON_HAS_UNTIL = _("${person} has ${given} on ${place} until ${end}.")
MEMBER_HAS_UNTIL = _("${person} is in ${group}, which has ${given} on ${place} until ${end}.")
EVERYONE_HAS_UNTIL = _("Everyone has ${given} on ${place} until ${end}.")
AS_PERSON = _("${rights}, because ${person} has ${given} on ${place}.")
AS_MEMBER = _("${rights}, because ${person} is in ${group}, which has ${given} on ${place}.")
AS_EVERYONE = _("${rights}, because everyone has ${given} on ${place}.")
AS_PERSON_UNTIL = _("${rights}, because ${person} has ${given} on ${place} until ${end}.")
AS_MEMBER_UNTIL = _("${rights}, because ${person} is in ${group}, which has ${given} on ${place} until ${end}.")
AS_EVERYONE_UNTIL = _("${rights}, because everyone has ${given} on ${place} until ${end}.")
AS_UPLOADER = _("${rights}, because ${person} added this and may still upload here.")
AS_ADMINISTRATOR = _("Everything, because ${person} is an administrator.")
NO_RULE = _("${rights}: no rule gives it to ${person} or to a group ${person} is in.")
NO_RULES = _("${rights}: no rule gives these to ${person} or to a group ${person} is in.")
DROP_BOX = _("Upload alone is a drop box: what others added stays hidden from ${person}.")

DISABLED = _("Nothing at all, because the account of ${person} is disabled since ${day}.")
BLOCKED_PERSON = _("But ${person} is blocked here, and a Block always wins.")
BLOCKED_GROUP = _("But ${group}, which ${person} is in, is blocked here, and a Block always wins.")
BLOCKED_EVERYONE = _("But everyone is blocked here, and a Block always wins.")
BLOCKED_PERSON_ABOVE = _("But ${person} is blocked on ${place}, and a Block always wins.")
BLOCKED_GROUP_ABOVE = _("But ${group}, which ${person} is in, is blocked on ${place}, and a Block always wins.")
BLOCKED_EVERYONE_ABOVE = _("But everyone is blocked on ${place}, and a Block always wins.")
BLOCK_REACHES = _("The Block also reaches everything inside, folders and items with rules of their own included.")
BLOCK_PASSED_OVER = _("A Block on ${place} speaks of ${person}, but administrators may do everything.")
BLOCK_ENDED = _("A Block of ${person} on ${place} ended on ${end}.")
NOT_YET = _("There is nothing to view yet. Until there is, only the uploader and people with Edit see it.")
GUEST = _("${person} is a guest, so the rule for everyone on ${place} does not count.")
STOPPED = _("A rule on ${place} gives ${person} ${given}, but rules from there stop on the way to here.")
ENDED = _("A rule on ${place} gave ${person} ${given}; it ended on ${end}.")
A_FOLDER_ABOVE = _("a folder above")
THIS_FOLDER = _("this folder")
THIS_ITEM = _("this item")
WHOLE_LIBRARY = _("the whole library")

SET_BY = _("Set by ${name} on ${day}.")
SET_ON = _("Set on ${day}.")
NEVER_USED = _("The account is active, and was never used.")
USED_TODAY = _("The account is active, last used today at ${time} (UTC).")
USED = _("The account is active, last used on ${day}.")

WORDS = {
    Permission.VIEW: _("View"),
    Permission.DOWNLOAD: _("Download"),
    Permission.UPLOAD: _("Upload"),
    Permission.EDIT: _("Edit"),
    Permission.MANAGE: _("Manage"),
}


class Sign(StrEnum):
    """What a step means for the answer."""

    GIVES = "gives"
    HAS = "has"
    """A rule that would give something, did nothing stand against it."""
    STOPS = "stops"
    LACKS = "lacks"
    NOTE = "note"
    """What does not count, and why."""
    BELOW = "below"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Step:
    """One step of the path, with the rule it speaks of and the permissions it is about."""

    sign: Sign
    sentence: Sentence
    rights: Permission = NOTHING
    rule: Rule | None = None
    needed: bool = True
    """Not: the same comes from another rule that holds at least as long."""

    @property
    def set_by(self) -> Sentence | None:
        """Who set the rule, and when."""
        if self.rule is None:
            return None
        day = day_words(self.rule.created_at.date())
        if self.rule.set_by is None:
            return Sentence(SET_ON, {"day": day})
        return Sentence(SET_BY, {"name": self.rule.set_by, "day": day})


@dataclass(frozen=True)
class Answer:
    """One permission: whether, and the steps that say why."""

    permission: Permission
    given: bool
    because: tuple[Step, ...]


@dataclass(frozen=True)
class Explanation:
    """The decision about one person at one place, with its path in words."""

    user: User
    decision: Decision
    rights: Permission
    verdict: Sentence
    steps: tuple[Step, ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The five permissions, each with the steps of its path."""
        stops = tuple(step for step in self.steps if step.sign is Sign.STOPS)
        return tuple(
            Answer(permission, True, self._with(Sign.GIVES, permission))
            if permission in self.rights
            else Answer(permission, False, stops or self._with(Sign.LACKS, permission))
            for permission in Permission
        )

    @property
    def initials(self) -> str:
        return initials(self.user.name)

    @property
    def colour(self) -> int:
        return self.user.id % COLOURS

    @property
    def blocked(self) -> bool:
        return self.decision.denied and not self.decision.admin

    def lines(self) -> list[str]:
        """All of it as lines of English."""
        said = [str(self.verdict)]
        for step in self.steps:
            parts = [str(step.sentence), str(step.set_by) if step.set_by else "", "" if step.needed else "(not needed)"]
            said.append(" ".join(part for part in parts if part))
        return said

    def _with(self, sign: Sign, permission: Permission) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.sign is sign and permission in step.rights)


def explain(
    user: User,
    group_ids: Iterable[int],
    rules: Sequence[Rule],
    places: Mapping[int, Words],
    *,
    now: datetime,
    here: int | None = None,
    is_item: bool = False,
    own: bool = False,
    shown: bool = True,
) -> Explanation:
    """What `user` may do where `rules` reach, and why.

    `places` names the places of lists of rules; one without a name is not told. `here` is the place's own list.
    """
    case = _Case(user, frozenset(group_ids), rules, places, now, here, is_item, own, shown)
    return case.explanation()


@dataclass(frozen=True)
class _Case:
    user: User
    group_ids: frozenset[int]
    rules: Sequence[Rule]
    places: Mapping[int, Words]
    now: datetime
    here: int | None
    is_item: bool
    own: bool
    shown: bool

    def explanation(self) -> Explanation:
        mine = [rule for rule in self.rules if speaks_of(rule, self.user, self.group_ids)]
        counting = [rule for rule in mine if rule.counts]
        allow = NOTHING
        for rule in counting:
            if not rule.deny:
                allow |= rule.allow
        denied = any(rule.deny for rule in counting)
        decision = Decision(allow, denied, admin=self.user.is_admin, own=self.own, shown=self.shown)
        rights = decision.rights if self.user.disabled_at is None else NOTHING
        steps = [*self._path(decision, rights, counting), *self._notes(decision, mine), *self._account()]
        return Explanation(self.user, decision, rights, self._verdict(decision, rights), tuple(steps))

    def _verdict(self, decision: Decision, rights: Permission) -> Sentence:
        if self.user.disabled_at is not None:
            return self._say(IS_DISABLED)
        if decision.admin:
            return self._say(CAN_ALL)
        if decision.denied:
            return self._say(BLOCKED)
        if not rights:
            return self._say(CANNOT)
        if rights == Permission.UPLOAD:
            return self._say(ADDS_ONLY)
        return self._say(CAN, rights=right_words(rights))

    def _path(self, decision: Decision, rights: Permission, counting: list[Rule]) -> Iterable[Step]:
        if self.user.disabled_at is not None:
            yield Step(Sign.STOPS, self._say(DISABLED, day=day_words(self.user.disabled_at.date())))
        if decision.admin:
            if rights:
                yield Step(Sign.GIVES, self._say(AS_ADMINISTRATOR), ALL)
            return
        yield from self._gives(rights, [rule for rule in counting if not rule.deny])
        if rights:
            if self.own and (by_adding := UPLOADERS_OWN & ~decision.allow):
                yield Step(Sign.GIVES, self._say(AS_UPLOADER, rights=right_words(by_adding)), by_adding)
            if missing := ALL & ~rights:
                template = NO_RULE if len(missing) == 1 else NO_RULES
                yield Step(Sign.LACKS, self._say(template, rights=right_words(missing)), missing)
            if decision.drop_box:
                yield Step(Sign.NOTE, self._say(DROP_BOX))
        elif decision.denied:
            yield from self._blocks([rule for rule in counting if rule.deny])
        elif self.user.disabled_at is None:
            if decision.allow:
                yield Step(Sign.STOPS, self._say(NOT_YET))
            else:
                yield Step(Sign.LACKS, self._say(NO_RULES, rights=right_words(ALL)), ALL)

    def _gives(self, rights: Permission, giving: list[Rule]) -> Iterable[Step]:
        """The rules that give something, the needed ones first; without a right in the end they only say what is."""
        spare = not_needed(giving)
        kinds = (PERSON_HAS, MEMBER_HAS, EVERYONE_HAS), (PERSON_HAS_UNTIL, MEMBER_HAS_UNTIL, EVERYONE_HAS_UNTIL)
        if rights:
            kinds = (AS_PERSON, AS_MEMBER, AS_EVERYONE), (AS_PERSON_UNTIL, AS_MEMBER_UNTIL, AS_EVERYONE_UNTIL)
        for rule in sorted(giving, key=lambda rule: (rule in spare, -rule.allow.bit_count())):
            template = kinds[rule.until is not None][_kind(rule)]
            sentence = self._say(template, rule, rights=right_words(rule.allow))
            yield Step(Sign.GIVES if rights else Sign.HAS, sentence, rule.allow, rule, rule not in spare)

    def _blocks(self, blocks: list[Rule]) -> Iterable[Step]:
        for rule in blocks:
            above = (BLOCKED_PERSON_ABOVE, BLOCKED_GROUP_ABOVE, BLOCKED_EVERYONE_ABOVE)
            template = (BLOCKED_PERSON, BLOCKED_GROUP, BLOCKED_EVERYONE) if rule.acl_id == self.here else above
            yield Step(Sign.STOPS, self._say(template[_kind(rule)], rule), ALL, rule)
        if not self.is_item:
            yield Step(Sign.BELOW, self._say(BLOCK_REACHES))

    def _notes(self, decision: Decision, mine: list[Rule]) -> Iterable[Step]:
        for rule in mine:
            template = None
            if rule.deny and rule.ended:
                template = BLOCK_ENDED
            elif rule.deny and decision.admin:
                template = BLOCK_PASSED_OVER
            elif rule.ended:
                template = ENDED
            elif rule.above_cut and not rule.deny:
                template = STOPPED
            if template is not None and (rule.deny or not decision.admin):
                yield Step(Sign.NOTE, self._say(template, rule), rule=rule)
        if self.user.is_guest and not decision.admin:
            for rule in self.rules:
                if rule.principal == principals.EVERYONE and rule.counts:
                    yield Step(Sign.NOTE, self._say(GUEST, rule), rule=rule)

    def _account(self) -> Iterable[Step]:
        seen = self.user.last_seen_at
        if self.user.disabled_at is not None:
            return
        if seen is None:
            sentence = self._say(NEVER_USED)
        elif seen.date() == self.now.date():
            sentence = self._say(USED_TODAY, time=f"{seen:%H:%M}")
        else:
            sentence = self._say(USED, day=day_words(seen.date()))
        yield Step(Sign.ACCOUNT, sentence)

    def _say(self, template: str, rule: Rule | None = None, **names: Words) -> Sentence:
        names["person"] = self.user.name
        if rule is not None:
            names["place"] = self._place(rule)
            names["group"] = rule.name
            names["given"] = given_words(rule.allow)
            if rule.last_day is not None:
                names["end"] = day_words(rule.last_day)
        return Sentence(template, names)

    def _place(self, rule: Rule) -> Words:
        if rule.acl_id == self.here:
            return Sentence(THIS_ITEM if self.is_item else THIS_FOLDER)
        return self.places.get(rule.acl_id, Sentence(A_FOLDER_ABOVE))


def speaks_of(rule: Rule, user: User, group_ids: frozenset[int]) -> bool:
    """Whether a rule means this person; a guest is not among everyone."""
    if rule.principal == principals.EVERYONE:
        return not user.is_guest
    known = group_ids if rule.is_group else {user.id}
    return principals.id_of(rule.principal) in known


def not_needed(rules: Sequence[Rule]) -> list[Rule]:
    """Those of the rules that give somebody only what others give for at least as long.

    Where two give the same, the one that speaks of fewer people goes first.
    """
    kept = list(rules)
    for rule in sorted(rules, key=lambda rule: (_kind(rule), rule.allow.bit_count(), -rule.acl_id)):
        others = NOTHING
        for other in kept:
            if other is not rule and (other.until is None or (rule.until is not None and other.until >= rule.until)):
                others |= other.allow
        if rule.allow in others:
            kept.remove(rule)
    return [rule for rule in rules if rule not in kept]


def right_words(rights: Permission) -> Sentence:
    """`View, Download and Edit`. Raises ValueError for no rights."""
    return listed([Sentence(WORDS[permission]) for permission in Permission if permission in rights])


def given_words(rights: Permission) -> Words:
    """The same for a rule: Manage brings everything, and to name the rest beside it says nothing more."""
    if Permission.MANAGE in rights:
        return Sentence(WORDS[Permission.MANAGE])
    return right_words(rights) if rights else ""


def _kind(rule: Rule) -> int:
    return 0 if rule.is_person else 1 if rule.is_group else 2
