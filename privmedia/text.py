"""Text: what people type, cleaned once and compared without regard to case and form; and sentences said to them."""
from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from string import Template
from typing import NamedTuple

# Marks that turn the direction of what follows: they make "gpj.exe" read "exe.jpg".
TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")


LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Those there are, each called as its speakers call it; the first is that of the messages themselves."""


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


def mark(text: str) -> str:
    """Mark a text for translation, imported as `_`: services say it, pages translate it."""
    return text


_ = mark


class Plural(NamedTuple):
    """Two forms of one message, collected for translation by this name. A language may have more, or fewer.

    The number stands in both forms as `${count}`: there are languages in which the first is not only for 1.
    """

    one: str
    many: str


class Size(int):
    """A number of bytes, said as `1.2 GB`; in logs to the byte."""


@dataclass(frozen=True)
class Sentence:
    """A sentence with names in it. A name may be a sentence itself, such as a list put together by `listed`, or a
    number, a day or a size, which the reader's language writes in its own way. Of two forms the name `count` decides.
    """

    template: str | Plural
    names: Mapping[str, Words] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number that decides which form of the template is said."""
        count = self.names["count"]
        if not isinstance(count, int):
            raise TypeError(f"{count!r} is no number to count by in {self.template}")
        return count

    def __str__(self) -> str:
        """In English, for logs and the command line."""
        template = self.template
        if isinstance(template, Plural):
            template = template.one if self.count == 1 else template.many
        return Template(template).substitute({key: _plain(name) for key, name in self.names.items()})


Words = str | int | date | Sentence
"""What can stand in a sentence: a name as it is, or what is said in the reader's language."""

ONE = _("${one}")
BOTH = _("${first} and ${last}")
NEXT = _("${first}, ${next}")
AND_MORE = Plural("${names} and ${count} more", "${names} and ${count} more")


def listed(names: Sequence[Words], most: int | None = None) -> Sentence:
    """`A`, `A and B`, `A, B and C`; with `most` 2 `A, B and 1 more`. Raises ValueError for no names."""
    if not names:
        raise ValueError("a list of nothing has no words")
    if most is not None and len(names) > most:
        return Sentence(AND_MORE, {"names": _comma_list(names[:most]), "count": len(names) - most})
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
    return Sentence(ONE, {"one": day})


def _plain(name: Words) -> str:
    if isinstance(name, datetime):
        return f"{name.day} {name:%B %Y, %H:%M} UTC"
    if isinstance(name, date):
        return f"{name.day} {name:%B %Y}"
    if isinstance(name, Size):
        return f"{name:,} bytes"
    return f"{name:,}" if isinstance(name, int) else str(name)
