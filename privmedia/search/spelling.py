"""Words people may have meant: those that differ from what was typed by a letter, and that they can find.

Every word of titles, tags, file names and folders is kept with each of its letters left out once; so is what was typed.
Where two of these are the same, the words differ by one letter too many, too few, another or two exchanged. Which of
them occurs in what the caller may see is asked in the same statement: no other word is ever suggested, and none can
crowd out another.
"""
from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.orm import Session

from privmedia.search.models import SearchSpelling

SHORTEST, LONGEST = 4, 24
AT_ONCE = 500
ADD = text("INSERT INTO search_spellings (spelling, word) VALUES (:spelling, :word) ON CONFLICT DO NOTHING")


def learn(session: Session, words: Iterable[str]) -> None:
    """Keep words that can be meant, with how they may be written by mistake."""
    # In order, so that two who learn the same words at the same time wait for one another and not crosswise.
    new = sorted({word for word in words if can_be_meant(word)})
    for start in range(0, len(new), AT_ONCE):
        some = new[start : start + AT_ONCE]
        known = set(
            session.scalars(
                select(SearchSpelling.word).where(
                    SearchSpelling.spelling.in_(some), SearchSpelling.spelling == SearchSpelling.word
                )
            )
        )
        rows = [
            {"spelling": spelling, "word": word}
            for word in some
            if word not in known
            for spelling in sorted(spellings(word))
        ]
        if rows:
            session.execute(ADD, rows)


def can_be_meant(word: str) -> bool:
    """Whether a word is long enough to be mistaken for another, and no number."""
    return SHORTEST <= len(word) <= LONGEST and not any(character.isdigit() for character in word)


def spellings(word: str) -> set[str]:
    """The word, and the word with any one letter left out."""
    return {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}


def meant_by(session: Session, word: str, occurs: ColumnElement[bool]) -> list[str]:
    """Words that may be meant, the likeliest first: of those that `occurs` holds for."""
    if not SHORTEST - 1 <= len(word) <= LONGEST + 1:
        return []
    near = select(SearchSpelling.word).where(SearchSpelling.spelling.in_(spellings(word))).distinct().subquery()
    statement = select(SearchSpelling.word).where(
        SearchSpelling.spelling == SearchSpelling.word, SearchSpelling.word.in_(select(near.c.word)), occurs
    )
    found = [other for other in session.scalars(statement) if other != word]
    return sorted(found, key=lambda other: (-SequenceMatcher(None, word, other).ratio(), other))
