"""Why somebody may do what at a place, in words: worked out from the rules one by one, not from the lists' SQL.

Sentences are templates with `${names}` so that pages can translate them; `str()` gives the English of the command line.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from privmedia.access import principals
from privmedia.access.decision import UPLOADERS_OWN, Decision
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.rules import Rule
from privmedia.accounts.models import User
from privmedia.text import Sentence
from privmedia.text import mark as _

CAN = _("${person} can ${rights} here.")
CANNOT = _("${person} cannot see this.")
ADDS_ONLY = _("${person} can add files here, and sees only what ${person} added.")

AS_PERSON = _("${right}, because ${person} has ${right} on ${place}.")
AS_PERSON_UNTIL = _("${right}, because ${person} has ${right} on ${place} until ${end}.")
AS_MEMBER = _("${right}, because ${person} is in ${group}, which has ${right} on ${place}.")
AS_MEMBER_UNTIL = _("${right}, because ${person} is in ${group}, which has ${right} on ${place} until ${end}.")
AS_EVERYONE = _("${right}, because everyone has ${right} on ${place}.")
AS_EVERYONE_UNTIL = _("${right}, because everyone has ${right} on ${place} until ${end}.")
AS_UPLOADER = _("${right}, because ${person} added this and may still upload here.")
AS_ADMINISTRATOR = _("${right}, because ${person} is an administrator.")
NO_RULE = _("${right}: no rule gives it to ${person} or to a group ${person} is in.")

DISABLED = _("Nothing at all, because the account of ${person} is disabled.")
BLOCKED_PERSON = _("Nothing at all, because ${person} is blocked on ${place}, and a Block always wins.")
BLOCKED_GROUP = _(
    "Nothing at all, because ${person} is in ${group}, which is blocked on ${place}, and a Block always wins."
)
BLOCKED_EVERYONE = _("Nothing at all, because everyone is blocked on ${place}, and a Block always wins.")
BLOCK_PASSED_OVER = _("A Block on ${place} speaks of ${person}, but administrators may do everything.")
NOT_YET = _("There is nothing to view yet. Until there is, only the uploader and people with Edit see it.")
GUEST = _("${person} is a guest, so the rule for everyone on ${place} does not count.")
STOPPED = _("A rule on ${place} gives ${person} ${rights}, but rules from there stop on the way to here.")
ENDED = _("A rule on ${place} gave ${person} ${rights}; it ended on ${end}.")
A_FOLDER_ABOVE = _("a folder above")
BLOCK_ENDED = _("A Block of ${person} on ${place} ended on ${end}.")


@dataclass(frozen=True)
class Answer:
    """One permission: whether, and why; several reasons if several rules give it."""

    permission: Permission
    given: bool
    because: tuple[Sentence, ...]


@dataclass(frozen=True)
class Explanation:
    """The decision about one person at one place, with its path in words."""

    decision: Decision
    rights: Permission
    verdict: Sentence
    answers: tuple[Answer, ...]
    notes: tuple[Sentence, ...]
    """What else matters: a disabled account, a Block, rules that do not count."""

    def lines(self) -> list[str]:
        """All of it as lines of English. A reason that holds for everything at once is said once."""
        answers = () if self.decision.denied and not self.decision.admin else self.answers
        return [
            str(self.verdict),
            *(str(note) for note in self.notes),
            *(str(sentence) for answer in answers for sentence in answer.because),
        ]


def explain(
    user: User,
    group_ids: Iterable[int],
    rules: Sequence[Rule],
    places: Mapping[int, str],
    *,
    own: bool = False,
    shown: bool = True,
) -> Explanation:
    """What `user` may do where `rules` reach, and why. `places` names the places; one without a name is not told."""
    return _Case(user, frozenset(group_ids), rules, places, own, shown).explanation()


@dataclass(frozen=True)
class _Case:
    user: User
    group_ids: frozenset[int]
    rules: Sequence[Rule]
    places: Mapping[int, str]
    own: bool
    shown: bool

    def explanation(self) -> Explanation:
        mine = [rule for rule in self.rules if self._speaks_of_me(rule)]
        counting = [rule for rule in mine if rule.counts]
        allow = NOTHING
        for rule in counting:
            if not rule.deny:
                allow |= rule.allow
        denied = any(rule.deny for rule in counting)
        decision = Decision(allow, denied, admin=self.user.is_admin, own=self.own, shown=self.shown)
        rights = decision.rights if self.user.disabled_at is None else NOTHING
        answers = tuple(self._answer(permission, rights, counting) for permission in Permission)
        return Explanation(decision, rights, self._verdict(rights), answers, tuple(self._notes(decision, mine)))

    def _speaks_of_me(self, rule: Rule) -> bool:
        if rule.principal == principals.EVERYONE:
            return not self.user.is_guest
        if rule.is_group:
            return principals.id_of(rule.principal) in self.group_ids
        return principals.id_of(rule.principal) == self.user.id

    def _answer(self, permission: Permission, rights: Permission, counting: list[Rule]) -> Answer:
        if permission not in rights:
            return Answer(permission, False, (self._say(NO_RULE, right=permission.word),))
        if self.user.is_admin:
            return Answer(permission, True, (self._say(AS_ADMINISTRATOR, right=permission.word),))
        because = [self._because(permission, rule) for rule in counting if permission in rule.allow]
        if self.own and permission in UPLOADERS_OWN and not because:
            because.append(self._say(AS_UPLOADER, right=permission.word))
        return Answer(permission, True, tuple(because))

    def _because(self, permission: Permission, rule: Rule) -> Sentence:
        template, ending = AS_PERSON, AS_PERSON_UNTIL
        if rule.is_group:
            template, ending = AS_MEMBER, AS_MEMBER_UNTIL
        elif not rule.is_person:
            template, ending = AS_EVERYONE, AS_EVERYONE_UNTIL
        return self._say(template if rule.until is None else ending, rule, right=permission.word)

    def _verdict(self, rights: Permission) -> Sentence:
        if not rights:
            return self._say(CANNOT)
        if rights == Permission.UPLOAD:
            return self._say(ADDS_ONLY)
        return self._say(CAN, rights=words(rights))

    def _notes(self, decision: Decision, mine: list[Rule]) -> Iterable[Sentence]:
        if self.user.disabled_at is not None:
            yield self._say(DISABLED)
        for rule in mine:
            if rule.deny and rule.ended:
                yield self._say(BLOCK_ENDED, rule)
            elif rule.deny and decision.admin:
                yield self._say(BLOCK_PASSED_OVER, rule)
            elif rule.deny:
                blocked = BLOCKED_PERSON if rule.is_person else BLOCKED_GROUP if rule.is_group else BLOCKED_EVERYONE
                yield self._say(blocked, rule)
            elif rule.ended:
                yield self._say(ENDED, rule)
            elif rule.above_cut:
                yield self._say(STOPPED, rule)
        if self.user.is_guest:
            for rule in self.rules:
                if rule.principal == principals.EVERYONE and rule.counts:
                    yield self._say(GUEST, rule)
        if not self.shown and not decision.denied and not decision.rights:
            yield self._say(NOT_YET)

    def _say(self, template: str, rule: Rule | None = None, **names: str) -> Sentence:
        names["person"] = self.user.name
        if rule is not None:
            names["place"] = self.places.get(rule.acl_id, A_FOLDER_ABOVE)
            names["group"] = rule.name
            names.setdefault("rights", words(rule.allow))
            if rule.last_day is not None:
                names["end"] = f"{rule.last_day.day} {rule.last_day:%B %Y}"
        return Sentence(template, names)


def words(rights: Permission) -> str:
    """`View, Download`; `nothing` for none."""
    return ", ".join(permission.word for permission in Permission if permission in rights) or "nothing"
