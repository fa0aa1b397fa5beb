"""Captions as text: WebVTT and SubRip read line by line, written as WebVTT. What is wrong is told by its line.

Our own, because the libraries there are pass over what they cannot read without a word: whoever uploads captions would
learn of a lost line from the first viewer who misses it. Times are whole milliseconds everywhere.
"""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from privmedia.captions.markup import cleaned, plain
from privmedia.errors import Invalid
from privmedia.media.timed_text import moment
from privmedia.text import Sentence
from privmedia.text import mark as _

MOST_CUES = 20_000
MOST_PROBLEMS = 20
"""Told at once; who mends twenty lines sees the rest."""
LONGEST_CUE = 2000
"""Characters of one caption."""

TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
TIMING = re.compile(rf"{TIME}\s*-->\s*{TIME}(?:\s(.*))?", re.ASCII)
SETTING = re.compile(
    r"vertical:(?:rl|lr)|(?:line|position|size):-?[\d.]{1,8}%?(?:,[a-z-]{1,12})?|align:[a-z]{3,6}", re.ASCII
)
NOT_CUES = ("NOTE", "STYLE", "REGION")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

TOO_MANY = _("There are more than ${most} captions. Nothing is said that often.")
NOTHING = _("There is no caption in this file.")
BINARY = _("This is no caption file: it holds more than text.")
ADVANCED = _("This is a file of SubStation Alpha (.ass or .ssa). Save it as .srt or .vtt, and add that instead.")
MARKUP = _("This is a web page or an XML file. Save it as .srt or .vtt, and add that instead.")
NO_TIME = _("“${text}” is no time. It looks like this: 0:07:12.800 --> 0:07:15.000")
BACKWARDS = _("The caption ends before it begins.")
NO_TEXT = _("There is text without a time above it: “${text}”")
TOO_LONG = _("The caption has ${count} characters; ${most} is the most.")


@dataclass(frozen=True, kw_only=True)
class Cue:
    """One caption. `text` is WebVTT markup, cleaned; `line` is where it stands in what was read, from 1."""

    start: int
    end: int
    text: str
    settings: str = ""
    line: int = 0

    @property
    def spoken(self) -> str:
        """Its words alone."""
        return plain(self.text)

    @property
    def seconds(self) -> float:
        return self.start / 1000


@dataclass(frozen=True)
class Problem:
    """What is wrong with one line."""

    line: int
    sentence: Sentence


@dataclass(frozen=True)
class Overlap:
    """A caption that begins before the one above it ends: both are shown at once, which is seldom meant."""

    cue: Cue
    above: Cue

    @property
    def by(self) -> float:
        """Seconds."""
        return (self.above.end - self.cue.start) / 1000


class Unreadable(Invalid):
    """Captions with mistakes, each with its line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(_("These captions cannot be read as they are."), "text")
        self.problems = list(problems)


def read(text: str) -> list[Cue]:
    """The captions of a WebVTT or SubRip text, in the order of their times. Raises Invalid; Unreadable for lines."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip()[:200].lower()
    if CONTROL.search(text):
        raise Invalid(BINARY, "text")
    if start.startswith("[script info]"):
        raise Invalid(ADVANCED, "text")
    if start.startswith(("<!doctype", "<html", "<?xml", "<tt", "<svg", "<script")):
        raise Invalid(MARKUP, "text")
    cues: list[Cue] = []
    problems: list[Problem] = []
    for number, block in blocks(text):
        try:
            cues += cue_in(number, block)
        except Unreadable as error:
            problems += error.problems
        if len(problems) >= MOST_PROBLEMS:
            break
        if len(cues) > MOST_CUES:
            raise Invalid(Sentence(TOO_MANY, {"most": MOST_CUES}), "text")
    if problems:
        raise Unreadable(problems)
    if not cues:
        raise Invalid(NOTHING, "text")
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


def blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines that stand together, each block with the number of its first line."""
    block: list[str] = []
    first = 1
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            if not block:
                first = number
            block.append(line)
        elif block:
            yield first, block
            block = []
    if block:
        yield first, block


def cue_in(first: int, block: list[str]) -> Iterator[Cue]:
    """The caption of a block; none for a header, a note or a style. Raises Unreadable."""
    at = next((index for index, line in enumerate(block[:2]) if "-->" in line), None)
    if at is None:
        head = block[0].lstrip("\ufeff")
        if head.startswith("WEBVTT") or head.split()[0] in NOT_CUES:
            return
        if len(block) == 1 and head.strip().isdigit():
            return  # the number of a SubRip caption whose text was taken out
        raise Unreadable([Problem(first, Sentence(NO_TEXT, {"text": _short(block[0])}))])
    line = first + at
    timing = TIMING.fullmatch(block[at].strip())
    if timing is None:
        raise Unreadable([Problem(line, Sentence(NO_TIME, {"text": _short(block[at])}))])
    start, end = milliseconds(timing.groups()[:4]), milliseconds(timing.groups()[4:8])
    if start is None or end is None:
        raise Unreadable([Problem(line, Sentence(NO_TIME, {"text": _short(block[at])}))])
    if end <= start:
        raise Unreadable([Problem(line, Sentence(BACKWARDS))])
    inside = next((index for index, one in enumerate(block[at + 1 :], start=at + 1) if "-->" in one), None)
    if inside is not None:
        raise Unreadable([Problem(first + inside, Sentence(NO_TIME, {"text": _short(block[inside])}))])
    body = "\n".join(block[at + 1 :])
    if len(body) > LONGEST_CUE:
        names = {"count": str(len(body)), "most": str(LONGEST_CUE)}
        raise Unreadable([Problem(line, Sentence(TOO_LONG, names))])
    text = cleaned(body)
    if text:
        yield Cue(start=start, end=end, text=text, settings=_settings(timing[9] or ""), line=line)


def milliseconds(parts: Sequence[str | None]) -> int | None:
    """From hours (or None), minutes, seconds and the digits of a fraction; None for what no clock shows."""
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if seconds > 59 or (parts[0] is not None and minutes > 59):
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((parts[3] or "0").ljust(3, "0"))


def written(cues: Iterable[Cue]) -> str:
    """The captions as WebVTT."""
    parts = ["WEBVTT\n"]
    for cue in cues:
        settings = f" {cue.settings}" if cue.settings else ""
        parts.append(f"{moment(cue.start)} --> {moment(cue.end)}{settings}\n{cue.text}\n")
    return "\n".join(parts)


def overlaps(cues: Sequence[Cue]) -> list[Overlap]:
    """Where a caption begins before the one above it ends. The same moment for both is meant: two people speak."""
    return [Overlap(cue, above) for above, cue in pairwise(cues) if above.start < cue.start < above.end]


def without_overlaps(cues: Sequence[Cue]) -> list[Cue]:
    """The captions, each beginning when the one above it has ended; what would have no time left stays as it is."""
    mended: list[Cue] = []
    for cue in cues:
        above = mended[-1] if mended else None
        late = above is not None and above.start < cue.start < above.end < cue.end
        mended.append(replace(cue, start=above.end) if above is not None and late else cue)
    return mended


def _settings(text: str) -> str:
    return " ".join(word for word in text.split() if SETTING.fullmatch(word))


def _short(line: str) -> str:
    line = line.strip()
    return line if len(line) <= 60 else line[:59] + "…"
