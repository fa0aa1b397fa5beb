"""Lines that people have to type: cleaned, and refused where there is nothing, or too much."""
from __future__ import annotations

from privmedia.errors import Invalid
from privmedia.text import Plural, Sentence, clean_line

TOO_LONG = Plural(
    "That is ${count} character; ${most} is the most.", "That is ${count} characters; ${most} is the most."
)


def required_line(text: str, *, field: str, missing: str, longest: int) -> str:
    """A cleaned line that is not empty. Raises Invalid, for the form's field, with `missing` or the length allowed."""
    line = clean_line(text)
    if not line:
        raise Invalid(missing, field)
    if len(line) > longest:
        raise too_long(line, longest, field)
    return line


def too_long(line: str, most: int, field: str) -> Invalid:
    """The refusal of a text of more than `most` characters."""
    return Invalid(Sentence(TOO_LONG, {"count": len(line), "most": most}), field)
