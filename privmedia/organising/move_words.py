"""A move in words: the button that repeats the worst number, and what is said when it is done."""
from __future__ import annotations

from privmedia.access.permissions import Permission
from privmedia.library.effect import Effect
from privmedia.library.effect_words import RIGHTS
from privmedia.text import Sentence
from privmedia.text import mark as _

MOVE = (_("Move it"), _("Move them"))
LOSE_SIGHT = (
    (_("Move it, 1 person loses sight"), _("Move it, ${people} people lose sight")),
    (_("Move them, 1 person loses sight"), _("Move them, ${people} people lose sight")),
)
LOSE = (
    (_("Move it, 1 person loses ${rights}"), _("Move it, ${people} people lose ${rights}")),
    (_("Move them, 1 person loses ${rights}"), _("Move them, ${people} people lose ${rights}")),
)
LOST_SIGHT = (_("1 person lost sight."), _("${people} people lost sight."))
GAINED_SIGHT = (_("1 person gained sight."), _("${people} people gained sight."))


def button(effect: Effect, things: int) -> Sentence:
    """What the button says that moves: with the worst number, if anybody loses anything."""
    losers = {shift.person.id: shift.lost for shift in effect.losers}
    several = int(things > 1)
    if not losers:
        return Sentence(MOVE[several])
    worst = next(right for right in Permission if any(right in lost for lost in losers.values()))
    people = sum(1 for lost in losers.values() if worst in lost)
    forms = (LOSE_SIGHT if worst is Permission.VIEW else LOSE)[several]
    return Sentence(forms[int(people != 1)], {"people": f"{people:,}", "rights": Sentence(RIGHTS[worst])})


def afterwards(effect: Effect) -> list[Sentence]:
    """Who lost and who gained sight, for the line that says it is done."""
    found = []
    for people, forms in ((effect.sees_lost, LOST_SIGHT), (effect.sees_gained, GAINED_SIGHT)):
        if people:
            found.append(Sentence(forms[int(people != 1)], {"people": f"{people:,}"}))
    return found
