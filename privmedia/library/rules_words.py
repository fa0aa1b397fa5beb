"""What became of a rule, in a few words, from its stamp before and after."""
from __future__ import annotations

from datetime import date

from privmedia.access.permissions import NOTHING, Permission
from privmedia.library.effect_words import right_words
from privmedia.text import Sentence, day_words
from privmedia.text import mark as _

ADDED = _("${added} added")
TAKEN = _("${taken} taken away")
ADDED_AND_TAKEN = _("${added} added, ${taken} taken away")
BLOCKED = _("blocked")
UNBLOCKED = _("no longer blocked, ${rights} instead")
GONE = _("rule taken away")
ENDS = _("ends after ${day}")
NO_END = _("no longer ends by itself")
SWITCH_ON = _("takes over rules from above again")
SWITCH_OFF = _("rules from above stop here")


def change_words(before: str, after: str) -> Sentence:
    """"Download added"; "" is the stamp of no rule."""
    if not after:
        return Sentence(GONE)
    was = _read(before)[0]
    becomes, end = _read(after)
    if was == becomes:
        return Sentence(ENDS, {"day": day_words(date.fromisoformat(end))}) if end else Sentence(NO_END)
    if becomes is None:
        return Sentence(BLOCKED)
    if was is None:
        return Sentence(UNBLOCKED, {"rights": right_words(becomes)})
    added, taken = becomes & ~was, was & ~becomes
    words = {name: right_words(rights) for name, rights in (("added", added), ("taken", taken)) if rights}
    return Sentence(ADDED_AND_TAKEN if added and taken else ADDED if added else TAKEN, words)


def switch_words(inherits: bool) -> Sentence:
    return Sentence(SWITCH_ON if inherits else SWITCH_OFF)


def _read(stamp: str) -> tuple[Permission | None, str]:
    """Rights, None for a Block, and the last day; no rights for no rule."""
    rights, _colon, end = stamp.partition(":")
    if rights == "block":
        return None, end
    return Permission(int(rights)) if rights.isdecimal() and int(rights) < 32 else NOTHING, end
