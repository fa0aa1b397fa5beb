"""The curve of attention as a drawing: points, lines and words of an SVG, and the table that says the same.

Geometry only; times are seconds, places are units of the drawing.
"""
from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, TypeAlias

from privmedia.attention.service import Step, Watched

Place: TypeAlias = Callable[[Any], float]

WIDTH, HEIGHT = 1060, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 20, 28
LETTER = 6.2
"""About the width of one in the drawing."""
TIME_LETTERS = 6
SHORTEST_NAME = 3
MOST_PEAKS = 3
AGAIN = 1.15
"""So many times as often as by how many: then people came back to it."""
APART = 0.12
"""The part of the film that lies between two that are named: there is room for their words."""
PARTS = 10
"""Rows of the table of something without chapters."""


@dataclass(frozen=True)
class Chapter:
    seconds: float
    title: str


@dataclass(frozen=True)
class Mark:
    """A line with words below: the beginning of a chapter, or a time."""

    x: float
    seconds: float
    name: str
    says: bool
    """Whether there is room for its time."""


@dataclass(frozen=True)
class Peak:
    """A moment that was seen again."""

    x: float
    y: float
    seconds: float
    viewings: int
    before: bool
    """Whether its words stand to the left of it."""


@dataclass(frozen=True)
class Part:
    """A row of the table."""

    title: str
    start: float
    first: int | None
    last: int | None
    peak: Peak | None


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    left: int
    base: float
    line: str
    area: str
    levels: Sequence[tuple[float, int]]
    """Height and number of each line across."""
    marks: Sequence[Mark]
    peaks: Sequence[Peak]
    parts: Sequence[Part]


def draw(watched: Watched, chapters: Sequence[Chapter]) -> Drawing:
    """The curve of something that somebody has watched."""
    steps, length = watched.steps, watched.length
    highest = max((step.viewings or 0 for step in steps), default=0)
    level = _level(highest)
    top = max(level, math.ceil(highest / level) * level)
    base = HEIGHT - BOTTOM

    def x_of(seconds: float) -> float:
        return round(LEFT + seconds / length * (WIDTH - LEFT - RIGHT), 1)

    def y_of(count: int) -> float:
        return round(base - count / top * (base - TOP), 1)

    line, area = _lines(steps, x_of, y_of, base)
    peaks = [
        Peak(x_of(middle), y_of(count), middle, count, before=x_of(middle) > WIDTH * 0.8)
        for middle, count in _peaks(steps)
    ]
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        base=base,
        line=line,
        area=area,
        levels=[(y_of(count), count) for count in range(0, top + 1, level)],
        marks=_marks(chapters, length, x_of),
        peaks=peaks,
        parts=_parts(watched, chapters, peaks),
    )


def _level(highest: int) -> int:
    """A round number of which about four reach the highest."""
    rough = max(1, highest / 4)
    power = 10 ** math.floor(math.log10(rough))
    return int(next(power * times for times in (1, 2, 5, 10) if power * times >= rough))


def _lines(steps: Sequence[Step], x_of: Place, y_of: Place, base: float) -> tuple[str, str]:
    """The line and the area below it; open where nothing is drawn."""
    line, area = [], []
    for known, some in groupby(steps, key=lambda step: step.viewings is not None):
        if not known:
            continue
        run = list(some)
        points = [(x_of(run[0].start), y_of(run[0].viewings))]
        points += [(x_of((step.start + step.end) / 2), y_of(step.viewings)) for step in run]
        points.append((x_of(run[-1].end), y_of(run[-1].viewings)))
        path = " L".join(f"{x} {y}" for x, y in points)
        line.append(f"M{path}")
        area.append(f"M{points[0][0]} {base} L{path} L{points[-1][0]} {base} Z")
    return " ".join(line), " ".join(area)


def _peaks(steps: Sequence[Step]) -> list[tuple[float, int]]:
    """The moments people came back to most, in their order: second and number. Of a plateau it is the middle."""
    runs = [list(run) for _viewings, run in groupby(steps, key=lambda step: step.viewings)]
    found = []
    for number, run in enumerate(runs):
        count, watchers = run[0].viewings, max(step.watchers or 0 for step in run)
        around = [beside[0].viewings or 0 for beside in (*runs[max(0, number - 1) : number], *runs[number + 1 :][:1])]
        if count is not None and count >= max(2, AGAIN * watchers) and around and count > max(around):
            found.append(((run[0].start + run[-1].end) / 2, count))
    apart = APART * (steps[-1].end if steps else 0)
    highest: list[tuple[float, int]] = []
    for peak in sorted(found, key=lambda each: -each[1]):
        if len(highest) < MOST_PEAKS and all(abs(peak[0] - other[0]) > apart for other in highest):
            highest.append(peak)
    return sorted(highest)


def _marks(chapters: Sequence[Chapter], length: float, x_of: Place) -> list[Mark]:
    shown: Iterable[Chapter] = chapters or [Chapter(length * part / 4, "") for part in range(5)]
    inside = [each for each in shown if 0 <= each.seconds <= length]
    ends = [x_of(each.seconds) for each in inside[1:]] + [float(WIDTH)]
    marks: list[Mark] = []
    free = 0.0
    for each, end in zip(inside, ends, strict=True):
        x = x_of(each.seconds)
        room = int((end - x - 6) / LETTER)
        says = x >= free and (room >= TIME_LETTERS or not chapters)
        letters = room - TIME_LETTERS
        name = each.title if len(each.title) <= letters else f"{each.title[: letters - 1].rstrip()}…"
        marks.append(Mark(x, each.seconds, name if says and letters >= SHORTEST_NAME else "", says))
        if says:
            free = x + TIME_LETTERS * LETTER
    return marks


def _parts(watched: Watched, chapters: Sequence[Chapter], peaks: Sequence[Peak]) -> list[Part]:
    length = watched.length
    named = [each for each in chapters if 0 <= each.seconds < length]
    if not named:
        count = min(PARTS, len(watched.steps))
        named = [Chapter(length * number / count, "") for number in range(count)]
    parts = []
    for each, after in pairwise([*named, Chapter(length, "")]):
        inside = [step for step in watched.steps if each.seconds <= (step.start + step.end) / 2 < after.seconds]
        peak = next((one for one in peaks if each.seconds <= one.seconds < after.seconds), None)
        first, last = (inside[0].watchers, inside[-1].watchers) if inside else (None, None)
        parts.append(Part(each.title, each.seconds, first, last, peak))
    return parts
