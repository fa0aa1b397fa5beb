"""A move in words: the button that repeats the worst number, and what is said when it is done."""
from __future__ import annotations

from privmedia.access.permissions import Permission
from privmedia.library.effect import Effect
from privmedia.library.effect_words import RIGHTS
from privmedia.text import Plural, Sentence
from privmedia.text import mark as _

MOVE = (_("Move it"), _("Move them"))
LOSE_SIGHT = (
    Plural("Move it, ${count} person loses sight", "Move it, ${count} people lose sight"),
    Plural("Move them, ${count} person loses sight", "Move them, ${count} people lose sight"),
)
LOSE = (
    Plural("Move it, ${count} person loses ${rights}", "Move it, ${count} people lose ${rights}"),
    Plural("Move them, ${count} person loses ${rights}", "Move them, ${count} people lose ${rights}"),
)
LOST_SIGHT = Plural("${count} person lost sight.", "${count} people lost sight.")
GAINED_SIGHT = Plural("${count} person gained sight.", "${count} people gained sight.")


def button(effect: Effect, things: int) -> Sentence:
    """What the button says that moves: with the worst number, if anybody loses anything."""
    losers = {shift.person.id: shift.lost for shift in effect.losers}
    several = int(things > 1)
    if not losers:
        return Sentence(MOVE[several])
    worst = next(right for right in Permission if any(right in lost for lost in losers.values()))
    people = sum(1 for lost in losers.values() if worst in lost)
    forms = (LOSE_SIGHT if worst is Permission.VIEW else LOSE)[several]
    return Sentence(forms, {"count": people, "rights": Sentence(RIGHTS[worst])})


def afterwards(effect: Effect) -> list[Sentence]:
    """Who lost and who gained sight, for the line that says it is done."""
    found = []
    for people, forms in ((effect.sees_lost, LOST_SIGHT), (effect.sees_gained, GAINED_SIGHT)):
        if people:
            found.append(Sentence(forms, {"count": people}))
    return found
