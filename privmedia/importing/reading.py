"""Reading what lies beside a file: captions, and what a JSON file says of it."""
from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from privmedia.captions import charsets, cues
from privmedia.captions.cues import Cue
from privmedia.errors import Invalid
from privmedia.library.service import LONGEST_DESCRIPTION, LONGEST_TITLE
from privmedia.library.tags import LONGEST_TAG, MOST_TAGS, split_tags
from privmedia.text import clean_block, clean_line, name_key

LONGEST_CAPTIONS = 1_000_000  # bytes, as much as a page takes
LONGEST_FACTS = 16 << 20
LONGEST_PICTURE = 64 << 20

NO_CHARSET = "it is no UTF-8; say with --charset how it was written, or save it anew"
OTHER_CHARSET = "it is no text in that charset"
NO_JSON = "it is no JSON that says anything of a file"


@dataclass(frozen=True)
class Said:
    """What a JSON file says: our own form `{"title", "description", "tags"}`, or that of yt-dlp, which is the same."""

    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()


def read_facts(data: bytes) -> Said:
    """What there is of title, description and tags; what is too long is cut. Raises Invalid."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Invalid(NO_JSON) from None
    if not isinstance(found, dict) or not any(key in found for key in ("title", "description", "tags")):
        raise Invalid(NO_JSON)
    return Said(
        title=clean_line(_text(found.get("title")))[:LONGEST_TITLE].strip(),
        description=clean_block(_text(found.get("description")))[:LONGEST_DESCRIPTION].strip(),
        tags=_tags(found.get("tags")),
    )


def read_captions(data: bytes, charset: str | None) -> Sequence[Cue]:
    """The captions of a file. Raises Invalid, whose sentence names the lines where some are wrong."""
    text = charsets.told(data)
    if text is None and charset is None:
        raise Invalid(NO_CHARSET)
    if text is None:
        text = charsets.as_said(data, charset or "")
    if text is None:
        raise Invalid(OTHER_CHARSET)
    try:
        return cues.read(text)
    except cues.Unreadable as error:
        lines = ", ".join(f"line {problem.line}: {problem.sentence}" for problem in error.problems[:3])
        raise Invalid(lines) from error


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _tags(value: Any) -> tuple[str, ...]:
    words: Iterable[Any] = value if isinstance(value, list) else [value]
    found: dict[str, str] = {}
    for word in split_tags(word for word in words if isinstance(word, str)):
        line = clean_line(word)
        if len(line) <= LONGEST_TAG:
            found.setdefault(name_key(line), line)
    return tuple(found.values())[:MOST_TAGS]
