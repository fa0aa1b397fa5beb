"""What is said of a file is kept with it in English. Here are those sentences that have something in them, so that they
are known again and can be said in the language of whoever reads them."""
from __future__ import annotations

import re

from privmedia.text import Sentence
from privmedia.text import mark as _

PROTECTED = _("This file is protected against copying. No browser plays that.")
NO_BROWSER = _("This file is ${format}. No browser plays that.")
FEW_BROWSERS = _("This file is ${format} ${pixels}. Most browsers do not play that.")
NO_SOUND = _("The sound of this file is ${format}. Most browsers do not play that.")
NO_SOUND_WITH = _("The sound of this file is ${format}. No browser plays that together with ${film}.")
LARGE = _("This file is H.264 of level ${level}. Older devices do not play that.")
HARDWARE = _("This file is ${format}. Some browsers play that only with the right hardware, others not at all.")
NEW_SAFARI = _("This file is ${format}. Safari plays that on newer devices only.")
OLD_SAFARI = _("This file is ${format}. Older versions of Safari do not play that.")
UNKNOWN_PIXELS = _("of an unknown kind")
DEPTH = _("with ${bits} bits per colour")
COLOUR = _("with ${ratio} colour")
DEPTH_AND_COLOUR = _("with ${bits} bits per colour and ${ratio} colour")
PIXELS = _("in the form ${name}")
ENDS_EARLY = _("The file is damaged: it stops after ${reached} of ${length}.")
TOO_LARGE = _("The picture is too large to be shown: ${width} by ${height} pixels.")

# Of two that fit, the one that says more comes first.
KEPT = (
    PROTECTED,
    NO_SOUND_WITH,
    NO_SOUND,
    HARDWARE,
    NEW_SAFARI,
    OLD_SAFARI,
    LARGE,
    NO_BROWSER,
    FEW_BROWSERS,
    DEPTH_AND_COLOUR,
    DEPTH,
    COLOUR,
    PIXELS,
    ENDS_EARLY,
    TOO_LARGE,
)
PLACE = re.compile(r"\\\$\\\{(\w+)\\\}")
SOMETHING = ".+?"
BEGINS = {"pixels": "(?:of an|with|in the) "}
"""How what stands in a place begins, where something else stands before it."""


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(
        PLACE.sub(lambda place: f"(?P<{place[1]}>{BEGINS.get(place[1], '')}{SOMETHING})", re.escape(template))
    )


PATTERNS = {template: _pattern(template) for template in KEPT}


def said(template: str, **names: str) -> str:
    """The text that is kept."""
    return str(Sentence(template, names))


def recalled(kept: str) -> Sentence:
    """The sentence that was kept as a text, with what stands in it; one without anything in it is its own template."""
    for template, pattern in PATTERNS.items():
        if match := pattern.fullmatch(kept):
            return Sentence(template, {name: recalled(text) for name, text in match.groupdict().items()})
    return Sentence(kept)
