"""Text: what people type, cleaned once and compared without regard to case and form; and sentences said to them."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from string import Template

from privmedia.errors import Invalid

# Marks that turn the direction of what follows: they make "gpj.exe" read "exe.jpg".
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


def clean_line(text: str) -> str:
    """One line: composed (NFC), without control characters and turning marks, runs of space as one."""
    composed = unicodedata.normalize("NFC", text)
    kept = (
        " " if character.isspace() else character
        for character in composed
        if character.isspace() or (unicodedata.category(character) not in ("Cc", "Cs") and character not in TURNING)
    )
    return re.sub(" +", " ", "".join(kept)).strip()


def clean_block(text: str) -> str:
    """Several lines, each cleaned; at most one empty line between two."""
    lines = [clean_line(line) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def name_key(name: str) -> str:
    """What two names are compared by: equal for `Straße` and `STRASSE`."""
    return unicodedata.normalize("NFC", clean_line(name).casefold())


def required_line(text: str, *, field: str, missing: str, longest: int) -> str:
    """A cleaned line that is not empty. Raises Invalid, for the form's field, with `missing` or the length allowed."""
    line = clean_line(text)
    if not line:
        raise Invalid(missing, field)
    if len(line) > longest:
        raise Invalid(f"That is {len(line)} characters; {longest} is the most.", field)
    return line


def mark(text: str) -> str:
    """Mark a text for translation, imported as `_`: services say it, pages translate it."""
    return text


_ = mark


@dataclass(frozen=True)
class Sentence:
    """A sentence with names in it. A name may be a sentence itself, such as a list put together by `listed`."""

    template: str
    names: Mapping[str, str | Sentence] = field(default_factory=dict)

    def __str__(self) -> str:
        return Template(self.template).substitute(self.names)


Words = str | Sentence
"""What can stand in a sentence: a name as it is, or words that are translated."""

ONE = _("${one}")
BOTH = _("${first} and ${last}")
NEXT = _("${first}, ${next}")
AND_MORE = _("${names} and ${count} more")
MONTHS = (
    _("January"),
    _("February"),
    _("March"),
    _("April"),
    _("May"),
    _("June"),
    _("July"),
    _("August"),
    _("September"),
    _("October"),
    _("November"),
    _("December"),
)


def listed(names: Sequence[Words], most: int | None = None) -> Sentence:
    """`A`, `A and B`, `A, B and C`; with `most` 2 `A, B and 1 more`. Raises ValueError for no names."""
    if not names:
        raise ValueError("a list of nothing has no words")
    if most is not None and len(names) > most:
        return Sentence(AND_MORE, {"names": _comma_list(names[:most]), "count": str(len(names) - most)})
    if len(names) == 1:
        return Sentence(ONE, {"one": names[0]})
    return Sentence(BOTH, {"first": _comma_list(names[:-1]), "last": names[-1]})


def _comma_list(names: Sequence[Words]) -> Sentence:
    whole = Sentence(ONE, {"one": names[0]})
    for name in names[1:]:
        whole = Sentence(NEXT, {"first": whole, "next": name})
    return whole


def day_words(day: date) -> Sentence:
    """`19 November 2026`."""
    month = Sentence(MONTHS[day.month - 1])
    return Sentence(_("${day} ${month} ${year}"), {"day": str(day.day), "month": month, "year": str(day.year)})
