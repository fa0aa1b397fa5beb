"""An effect in words: one line with numbers, and a row for each group or person, losses first."""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from privmedia.access.directory import Named
from privmedia.access.permissions import ALL, NOTHING, Permission
from privmedia.access.principals import EVERYONE
from privmedia.library.effect import Effect, Shift
from privmedia.text import ONE, Plural, Sentence, Words, listed
from privmedia.text import mark as _

CLAUSES = 3
"""How many different losses, and how many gains, the line names before it says how many more."""
NAMED = 2
"""How many people a row names before it says how many more."""

RIGHTS = {
    Permission.VIEW: _("View"),
    Permission.DOWNLOAD: _("Download"),
    Permission.UPLOAD: _("Upload"),
    Permission.EDIT: _("Edit"),
    Permission.MANAGE: _("Manage"),
}
EVERYBODY = _("Everyone")
EVERY_RIGHT = _("all rights, Manage included")

# The first clause of the line names what is counted; the others only count.
GAIN = Plural("${count} person gains ${rights}", "${count} people gain ${rights}")
GAIN_TOO = Plural("${count} gains ${rights}", "${count} gain ${rights}")
LOSE = Plural("${count} person loses ${rights}", "${count} people lose ${rights}")
LOSE_TOO = Plural("${count} loses ${rights}", "${count} lose ${rights}")
ADD_ONLY = Plural(
    "${count} person can add files and sees only what they added",
    "${count} people can add files and see only what they added",
)
MORE_GAIN = Plural("${count} more gains something", "${count} more gain something")
MORE_LOSE = Plural("${count} more loses something", "${count} more lose something")
INSIDE_GAIN = Plural(
    "${count} person gains something in places inside", "${count} people gain something in places inside"
)
INSIDE_LOSE = Plural(
    "${count} person loses something in places inside", "${count} people lose something in places inside"
)
ONE_GAINS = _("${person} gains ${rights}")
ONE_LOSES = _("${person} loses ${rights}")
NOBODY_GAINS = _("nobody gains anything")
NOBODY_LOSES = _("nobody loses anything")
NOTHING_CHANGES = _("Nobody gains or loses anything")

LINKS_STOP = Plural("${count} share link stops working", "${count} share links stop working")

SAVE = _("Save access")
SAVE_AND_LOSE = Plural(
    "Save access, ${count} person loses ${rights}", "Save access, ${count} people lose ${rights}"
)

# Of a row: for one person by name, for some of a group.
LOSES = (_("loses ${lost}"), Plural("${count} person loses ${lost}", "${count} people lose ${lost}"))
GAINS = (_("gains ${gained}"), Plural("${count} person gains ${gained}", "${count} people gain ${gained}"))
TRADES = (
    _("loses ${lost} and gains ${gained}"),
    Plural("${count} person loses ${lost} and gains ${gained}", "${count} people lose ${lost} and gain ${gained}"),
)
KEEPS = (_("keeps ${kept}"), Plural("${count} person keeps ${kept}", "${count} people keep ${kept}"))
KEEPS_THROUGH = (
    _("keeps ${kept}, through ${via}"),
    Plural("${count} person keeps ${kept}, through ${via}", "${count} people keep ${kept}, through ${via}"),
)
STILL_NOTHING = (
    _("still sees nothing here"),
    Plural("${count} person still sees nothing here", "${count} people still see nothing here"),
)
STILL_BLOCKED = (
    _("still sees nothing here: blocked through ${via}"),
    Plural(
        "${count} person still sees nothing here: blocked through ${via}",
        "${count} people still see nothing here: blocked through ${via}",
    ),
)
IN_PLACES = Plural(
    "in ${count} place inside with rules of its own", "in ${count} places inside with rules of their own"
)
YOU = _("you")
ITSELF = _("a rule of their own")


class Fate(NamedTuple):
    """What happens to people; those of one group to whom the same happens share a row."""

    cause: str
    lost: Permission
    gained: Permission
    kept: Permission
    via: str
    places: int


KINDS = ("loses", "gains", "keeps")


@dataclass(frozen=True)
class Row:
    """What happens to one person, or to some of the people of a group."""

    kind: str
    """One of KINDS."""
    whom: Named
    what: Sentence
    more: tuple[Sentence, ...]


def clauses(effect: Effect) -> list[Sentence]:
    """The line, as parts to be put together with commas: "12 people gain View, 1 gains Download, …"."""
    here = [shift for shift in effect.here if shift.changes]
    if len({shift.person.id for shift in (*here, *effect.inside)}) == 1 and here:
        return _of_one(here[0])
    found = [
        *_counted((shift.lost for shift in here if shift.lost), LOSE, LOSE_TOO, MORE_LOSE),
        *_number(sum(1 for shift in effect.inside if shift.lost), INSIDE_LOSE),
    ]
    nobody_loses = not found
    to_a_drop_box = [shift for shift in here if shift.gained and shift.after == Permission.UPLOAD]
    drop_box = _number(len(to_a_drop_box), ADD_ONLY)
    others = (shift.gained for shift in here if shift.gained and shift.after != Permission.UPLOAD)
    first = GAIN_TOO if found else GAIN
    gains = [
        *_counted(others, first, GAIN_TOO, MORE_GAIN),
        *drop_box,
        *_number(sum(1 for shift in effect.inside if shift.gained), INSIDE_GAIN),
    ]
    if nobody_loses and not gains:
        return [Sentence(NOTHING_CHANGES)]
    return [*found, *(gains or [Sentence(NOBODY_GAINS)]), *([Sentence(NOBODY_LOSES)] if nobody_loses else [])]


def link_clauses(stopping: int) -> list[Sentence]:
    """How many share links stop, for the end of the line; nothing if none does."""
    return _number(stopping, LINKS_STOP)


def button(effect: Effect) -> Sentence:
    """What the button says that saves: with the worst number, if anybody loses anything."""
    losers = {shift.person.id: shift.lost for shift in effect.losers}
    if not losers:
        return Sentence(SAVE)
    worst = next(right for right in Permission if any(right in lost for lost in losers.values()))
    count = sum(1 for lost in losers.values() if worst in lost)
    return Sentence(SAVE_AND_LOSE, {"count": count, "rights": Sentence(RIGHTS[worst])})


def rows(effect: Effect, names: Mapping[str, Named], reader_id: int) -> list[Row]:
    """One row for each group or person and what happens to it; losses first, then gains, then what stays."""
    fates: defaultdict[Fate, list[Shift]] = defaultdict(list)
    elsewhere = {shift.person.id for shift in effect.inside}
    for shift in (*effect.here, *effect.inside):
        if not shift.changes and shift.person.id in elsewhere:
            continue
        kept = NOTHING if shift.changes else shift.after
        fates[Fate(shift.cause, shift.lost, shift.gained, kept, shift.via, shift.places)].append(shift)
    by_size = sorted(fates.items(), key=lambda fate: -len(fate[1]))
    found = [_row(fate, shifts, names, reader_id) for fate, shifts in by_size if fate.cause in names]
    return sorted(found, key=lambda row: KINDS.index(row.kind))


def right_words(rights: Permission) -> Sentence:
    """`View and Download`."""
    if rights == ALL:
        return Sentence(EVERY_RIGHT)
    return listed([Sentence(RIGHTS[right]) for right in Permission if right in rights])


def called(named: Named) -> Words:
    """A principal's name as it stands in a sentence."""
    return Sentence(EVERYBODY) if named.principal == EVERYONE else named.name


def _row(fate: Fate, shifts: Sequence[Shift], names: Mapping[str, Named], reader_id: int) -> Row:
    whom = names[fate.cause]
    kind = "loses" if fate.lost else "gains" if fate.gained else "keeps"
    forms = TRADES if fate.lost and fate.gained else LOSES if fate.lost else GAINS
    if kind == "keeps":
        with_via, without = (KEEPS_THROUGH, KEEPS) if fate.kept else (STILL_BLOCKED, STILL_NOTHING)
        forms = with_via if fate.via in names else without
    form = forms[0 if whom.is_person else 1]
    words: dict[str, Words] = {"count": len(shifts)}
    words |= {
        name: right_words(rights)
        for name, rights in (("lost", fate.lost), ("gained", fate.gained), ("kept", fate.kept))
        if rights
    }
    if fate.via in names:
        words["via"] = Sentence(ITSELF) if names[fate.via].is_person else called(names[fate.via])
    more = []
    if fate.places:
        more.append(Sentence(IN_PLACES, {"count": fate.places}))
    if not whom.is_person:
        more.append(_among(shifts, reader_id))
    return Row(kind, whom, Sentence(form, words), tuple(more))


def _among(shifts: Sequence[Shift], reader_id: int) -> Sentence:
    """Some of the people, the reader first."""
    others: list[Words] = [shift.person.name for shift in shifts if shift.person.id != reader_id]
    them: list[Words] = [Sentence(YOU), *others] if len(others) < len(shifts) else others
    return listed(them, most=NAMED) if len(them) > 1 else Sentence(ONE, {"one": them[0]})


def _of_one(shift: Shift) -> list[Sentence]:
    """The line for an effect on one person alone, by name."""
    found = []
    if shift.lost:
        found.append(Sentence(ONE_LOSES, {"person": shift.person.name, "rights": right_words(shift.lost)}))
    if shift.gained:
        words: dict[str, Words] = {"person": shift.person.name, "count": 1, "rights": right_words(shift.gained)}
        found.append(Sentence(GAIN_TOO if found else ONE_GAINS, words))
    if not shift.lost:
        return [*found, Sentence(NOBODY_LOSES)]
    return found if shift.gained else [*found, Sentence(NOBODY_GAINS)]


def _counted(
    sets: Iterable[Permission], first: Plural, further: Plural, more: Plural
) -> list[Sentence]:
    """How many lose, or gain, the same: the largest numbers first."""
    ranked = Counter(sets).most_common()
    found = [
        Sentence(further if place else first, {"count": count, "rights": right_words(rights)})
        for place, (rights, count) in enumerate(ranked[:CLAUSES])
    ]
    return [*found, *_number(sum(count for _rights, count in ranked[CLAUSES:]), more)]


def _number(count: int, forms: Plural) -> list[Sentence]:
    return [Sentence(forms, {"count": count})] if count else []
