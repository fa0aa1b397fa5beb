"""Words: how a text is cut into what can be found, and how what was typed is read. The same on every database.

Case, accents and the form of letters do not count: `Müller`, `MULLER` and `Mu\u0308ller` are one word, and so are
`Straße` and `strasse`, `Wójcik` and `wojcik`. Words are runs of letters and digits; signs of Chinese and Japanese, and
pictures such as emoji, are a word each. Everything else stands between words and means nothing.
"""
from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from privmedia.text import clean_line

LONGEST_WORD = 64
LONGEST_QUERY = 200
MOST_TERMS = 12
LEAST_OF_A_BEGINNING = 2
"""A last word of one letter is that word, not the beginning of half of all words."""

# Letters that no rule of Unicode takes apart, as people without them on their keyboard write them.
PLAIN = {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "\u0131": "i", "ŧ": "t"}
ACCENTS = ((0x300, 0x36F), (0x591, 0x5C7), (0x64B, 0x65F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF))
SIGNS = ((0x2E80, 0x2FDF), (0x3041, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))


class _Table(dict[int, str]):
    """For `str.translate`: what becomes of a character, worked out when it is first met."""

    def __missing__(self, point: int) -> str:
        made = self[point] = _written(point)
        return made


def _written(point: int) -> str:
    character = chr(point)
    category = unicodedata.category(character)
    if _in(ACCENTS, point) or category in ("Cf", "Me") or 0xFE00 <= point <= 0xFE0F:
        return ""
    if category == "So" or (_in(SIGNS, point) and category[0] == "L"):
        return f" {character} "
    return PLAIN.get(character, character) if category[0] in "LMN" else " "


def _in(ranges: tuple[tuple[int, int], ...], point: int) -> bool:
    return any(first <= point <= last for first, last in ranges)


TABLE = _Table()


def folded(text: str) -> str:
    """The text as it is compared: words with spaces between and around them."""
    # Twice: what is taken apart may have capitals in it.
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return unicodedata.normalize("NFKD", apart).translate(TABLE)


def words_of(text: str) -> list[str]:
    """The words of a text, in order; of endless ones the first 64 letters."""
    return [word[:LONGEST_WORD] for word in folded(text).split()]


Term = tuple[str, ...]
"""Words that stand side by side: `T4-12` are two of them."""


@dataclass(frozen=True)
class Query:
    """What somebody looks for: every term has to be found; the last word may be the beginning of one."""

    text: str
    """As it was typed, as one line."""
    terms: tuple[Term, ...]

    @classmethod
    def read(cls, typed: str) -> Query:
        """Read what was typed. Nothing in it is an operator. Of what is endless the beginning counts."""
        text = clean_line(typed[: LONGEST_QUERY * 4])[:LONGEST_QUERY].strip()
        terms = dict.fromkeys(tuple(words) for part in text.split(" ") if (words := words_of(part)))
        return cls(text, tuple(terms)[:MOST_TERMS])

    @property
    def last_begins(self) -> bool:
        """Whether the last word may go on."""
        return bool(self.terms) and len(self.terms[-1][-1]) >= LEAST_OF_A_BEGINNING

    def with_words(self, others: dict[str, str]) -> Query:
        """The same with some words in place of others, as it would be typed."""
        terms = tuple(tuple(others.get(word, word) for word in term) for term in self.terms)
        return Query(" ".join(" ".join(term) for term in terms), terms)


Pieces = list[tuple[str, bool]]
"""A text in pieces; those that were looked for are marked True."""

WORD = re.compile(r"\S+")


@lru_cache(maxsize=8192)
def _folded_one(character: str) -> str:
    return folded(character)


class Marker:
    """Finds what was looked for in the texts as they are written."""

    def __init__(self, query: Query) -> None:
        self.words = [word for term in query.terms for word in term]
        self.beginning = self.words[-1] if query.last_begins else None

    def matches(self, word: str) -> bool:
        return word in self.words or (self.beginning is not None and word.startswith(self.beginning))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """From where to where in `text` the words stand that were looked for; of a longer one only its beginning."""
        letters: list[str] = []
        places: list[int] = []
        for place, character in enumerate(text):
            for letter in _folded_one(character):
                letters.append(letter)
                places.append(place)
        spans: list[tuple[int, int]] = []
        for found in WORD.finditer("".join(letters)):
            word = found.group()
            if not self.matches(word[:LONGEST_WORD]):
                continue
            length = len(word) if word[:LONGEST_WORD] in self.words else len(self.beginning or "")
            last = places[found.start() + length - 1]
            end = last + 1
            while end < len(text) and _folded_one(text[end]) == "":
                end += 1  # an accent belongs to its letter
            if not spans or places[found.start()] >= spans[-1][1]:  # ¼ is two words
                spans.append((places[found.start()], end))
        return spans

    def marked(self, text: str) -> Pieces:
        """All of a text."""
        return self._pieces(text, self.spans(text))

    def excerpt(self, text: str, around: int = 90) -> Pieces | None:
        """A line of a longer text around the first of the words; None if none of them is in it.

        `around`: how many characters before and after it.
        """
        spans = self.spans(text)
        if not spans:
            return None
        start, end = max(0, spans[0][0] - around // 2), min(len(text), spans[0][1] + around)
        if start > 0:
            start = (text.find(" ", start, spans[0][0]) + 1) or start
        if end < len(text):
            space = text.rfind(" ", spans[0][1], end)
            end = space if space > 0 else end
        inside = [(first - start, last - start) for first, last in spans if start <= first and last <= end]
        pieces = self._pieces(text[start:end], inside)
        return [*([("…", False)] if start else []), *pieces, *([("…", False)] if end < len(text) else [])]

    @staticmethod
    def _pieces(text: str, spans: list[tuple[int, int]]) -> Pieces:
        pieces, done = [], 0
        for start, end in spans:
            pieces += [(text[done:start], False), (text[start:end], True)]
            done = end
        return [piece for piece in [*pieces, (text[done:], False)] if piece[0]]
