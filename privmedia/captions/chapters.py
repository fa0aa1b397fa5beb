"""Chapters as people type them, one a line: `4:06 Draw the old bearing`."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from privmedia.captions.cues import Problem, Unreadable
from privmedia.text import Sentence, clean_line
from privmedia.text import mark as _

MOST = 200
LONGEST_TITLE = 200
LINE = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2})(?:[.,](\d{1,3}))?\s+[-\u2013\u2014:|]?(.+)", re.ASCII)
NOT_A_CHAPTER = _("A chapter looks like this: 4:06 Draw the old bearing")
TWICE = _("Two chapters begin at ${time}.")
TOO_LATE = _("The chapter begins at ${time}, after the end.")
TOO_MANY = _("There are more than ${most} chapters.")
LONG_TITLE = _("The title has ${count} characters; ${most} is the most.")


@dataclass(frozen=True)
class Mark:
    """Where a chapter begins, in milliseconds, and what it is called."""

    start: int
    title: str

    @property
    def seconds(self) -> float:
        return self.start / 1000


def read(text: str, *, length: float | None) -> list[Mark]:
    """The chapters in a text, in the order of their times; none in an empty one. Raises Unreadable.

    `length` is that of what they are about, in seconds, if it is known.
    """
    marks: list[Mark] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            marks.append(_mark(line, number, marks, length))
        except Unreadable as error:
            problems += error.problems
    if len(marks) > MOST:
        problems.append(Problem(MOST + 1, Sentence(TOO_MANY, {"most": str(MOST)})))
    if problems:
        raise Unreadable(problems[:20])
    return sorted(marks, key=lambda mark: mark.start)


def _mark(line: str, number: int, before: Sequence[Mark], length: float | None) -> Mark:
    found = LINE.fullmatch(line.strip())
    if found is None or int(found[3]) > 59 or (found[1] is not None and int(found[2]) > 59):
        raise Unreadable([Problem(number, Sentence(NOT_A_CHAPTER))])
    seconds = (int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])
    start = seconds * 1000 + int((found[4] or "0").ljust(3, "0"))
    title = clean_line(found[5])
    if not title:
        raise Unreadable([Problem(number, Sentence(NOT_A_CHAPTER))])
    if len(title) > LONGEST_TITLE:
        names = {"count": str(len(title)), "most": str(LONGEST_TITLE)}
        raise Unreadable([Problem(number, Sentence(LONG_TITLE, names))])
    if any(mark.start == start for mark in before):
        raise Unreadable([Problem(number, Sentence(TWICE, {"time": clock(start)}))])
    if length is not None and start >= length * 1000:
        raise Unreadable([Problem(number, Sentence(TOO_LATE, {"time": clock(start)}))])
    return Mark(start, title)


def typed(marks: Sequence[Mark]) -> str:
    """The chapters as they are typed."""
    return "\n".join(f"{clock(mark.start)} {mark.title}" for mark in marks)


def clock(start: int) -> str:
    """4:06, 1:02:03, and 4:06.5 where it is no whole second."""
    seconds, rest = divmod(start, 1000)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    text = f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
    return text + (f".{rest:03}".rstrip("0") if rest else "")
