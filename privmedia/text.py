"""Text: what people type, cleaned once and compared without regard to case and form; and sentences said to them."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Sentence:
    """A sentence with names in it; `parts` are put together with ", " where a name is a list."""

    template: str
    names: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return Template(self.template).substitute(self.names)
