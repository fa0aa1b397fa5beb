"""What a person can reach, in words: a reason for each line, and where it comes from."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from privmedia.access.explanation import given_words, not_needed
from privmedia.access.permissions import NOTHING
from privmedia.access.principals import EVERYONE
from privmedia.access.rules import Rule
from privmedia.library.reach import Reach
from privmedia.library.reach_tree import Row, Source
from privmedia.text import Plural, Sentence, Words, day_words
from privmedia.text import mark as _

SAME = _("the same, inherited")
NO_RULE = _("does not take over rules, and no rule there names ${person}")
ADMINISTRATOR = _("${person} is an administrator")
NOTHING_HERE = _("no rule gives anything")

HAS_HERE = _("${whom} has ${given}")
HAS_ABOVE = _("${whom} has ${given} on ${place}")
HAS_HERE_UNTIL = _("${whom} has ${given} until ${end}")
HAS_ABOVE_UNTIL = _("${whom} has ${given} on ${place} until ${end}")
SAME_AGAIN = _("${whom} gives the same again")
NAMED = _("a rule on this folder names ${person}")
NAMED_UNTIL = _("a rule on this folder names ${person}, until ${end}")
ITEM_NAMED = _("a rule on this item names ${person}")
ITEM_NAMED_UNTIL = _("a rule on this item names ${person}, until ${end}")
NAMED_AGAIN = _("a rule on ${person} alone gives the same again")
BLOCKED = _("blocked: ${whom} is blocked on ${place}")
BLOCKED_BY = _("blocked: ${whom} is blocked on ${place} by ${name}")
EVERYBODY = _("everyone")
A_FOLDER_ABOVE = _("a folder above")

NO_PLACE = _("no rule names it")
PLACES = Plural("${count} place, and what lies inside", "${count} places, and what lies inside")
BLOCKS = Plural("blocked in ${count} place", "blocked in ${count} places")
SPARE = _("nothing that does not come from elsewhere as well")


@dataclass(frozen=True)
class Reason:
    """One reason of a line. `spare`: the same comes from elsewhere."""

    sentence: Sentence
    rule: Rule | None = None
    spare: bool = False


def reasons(row: Row, reach: Reach) -> list[Reason]:
    """Why the person may do at a place what he may, or why not."""
    place, person = row.place, reach.user.name
    if reach.user.is_admin:
        return [Reason(Sentence(ADMINISTRATOR, {"person": person}))]
    if place.denied:
        return [Reason(_blocked(rule, reach), rule) for rule in place.rules if rule.deny]
    if not row.changes:
        return [Reason(Sentence(SAME if place.rights else NOTHING_HERE))]
    if place.rights == NOTHING:
        return [Reason(Sentence(NO_RULE, {"person": person}))]
    spare = {id(rule) for rule in not_needed(place.rules)}
    ordered = sorted(place.rules, key=lambda rule: (id(rule) in spare, -rule.allow.bit_count()))
    return [Reason(_gives(rule, row, reach, id(rule) in spare), rule, id(rule) in spare) for rule in ordered]


def about(source: Source) -> Iterable[Sentence]:
    """What stands below the name of a group, or of the person, beside the number of items."""
    if source.places or not source.blocks:
        yield Sentence(PLACES if source.places else NO_PLACE, {"count": source.places})
    if source.blocks:
        yield Sentence(BLOCKS, {"count": source.blocks})
    if source.spare and source.places:
        yield Sentence(SPARE)


def _gives(rule: Rule, row: Row, reach: Reach, spare: bool) -> Sentence:
    here = rule.acl_id == row.place.acl_id
    names: dict[str, Words] = {
        "person": reach.user.name,
        "whom": _whom(rule),
        "given": given_words(rule.allow),
        "place": _place(rule, reach),
    }
    if rule.last_day is not None:
        names["end"] = day_words(rule.last_day)
    ends = rule.last_day is not None
    if spare:
        return Sentence(NAMED_AGAIN if rule.is_person else SAME_AGAIN, names)
    if rule.is_person and here:
        if row.kind is not None:
            return Sentence(ITEM_NAMED_UNTIL if ends else ITEM_NAMED, names)
        return Sentence(NAMED_UNTIL if ends else NAMED, names)
    if here:
        return Sentence(HAS_HERE_UNTIL if ends else HAS_HERE, names)
    return Sentence(HAS_ABOVE_UNTIL if ends else HAS_ABOVE, names)


def _blocked(rule: Rule, reach: Reach) -> Sentence:
    names: dict[str, Words] = {"whom": _whom(rule), "place": _place(rule, reach), "name": rule.set_by or ""}
    return Sentence(BLOCKED_BY if rule.set_by else BLOCKED, names)


def _place(rule: Rule, reach: Reach) -> Words:
    return reach.names.get(rule.acl_id, Sentence(A_FOLDER_ABOVE))


def _whom(rule: Rule) -> Words:
    return Sentence(EVERYBODY) if rule.principal == EVERYONE else rule.name
