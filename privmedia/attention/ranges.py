"""Ranges of time that somebody has seen: whole tenths of a second, in order, apart from each other.

Arithmetic only. What players send is read here, strictly; all else is about ranges that are in order already.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import TypeAlias

from privmedia.errors import Invalid
from privmedia.text import mark as _

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""From and to, in tenths of a second; `to` is the first tenth that was not seen."""

TENTHS = 10
LONGEST = 100 * 3600 * TENTHS
"""Nothing in a library plays for more than four days."""
MOST_SENT = 200
"""Ranges in one word of a player, which speaks every ten seconds."""
LONGEST_TEXT = 4000
MOST_KEPT = 200
"""Ranges kept of one viewing; who saw more pieces than that has seen the shortest gaps between them as well."""
RANGE = re.compile(r"(\d{1,6}(?:\.\d{1,9})?)-(\d{1,6}(?:\.\d{1,9})?)", re.ASCII)
FEWEST_STEPS = 56
"""Steps of a curve, where the film has as many seconds."""
MOST_STEPS = 1440
STEP = 20 * TENTHS
"""The usual step of a curve."""

NO_RANGES = _("These are no times that were played.")
TOO_MANY = _("These are too many times at once. Send at most 200.")


def read(text: str) -> Ranges:
    """What a player says was played: `0-10.5,30-42.1`, in seconds; nothing for an empty text.

    They may overlap. Raises Invalid for anything else, and then nothing of it counts.
    """
    if not text:
        return ()
    if len(text) > LONGEST_TEXT or text.count(",") >= MOST_SENT:
        raise Invalid(TOO_MANY, "played")
    found = [RANGE.fullmatch(part) for part in text.split(",")]
    ranges = [(_tenths(each[1]), _tenths(each[2])) for each in found if each is not None]
    if len(ranges) < len(found) or any(not start <= end <= LONGEST for start, end in ranges):
        raise Invalid(NO_RANGES, "played")
    return merged(ranges)


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same times, each once: what overlaps or touches is one range, and what has no length is none."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if end <= start:
            continue
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return tuple(apart)


def clipped(ranges: Ranges, length: int) -> Ranges:
    """What of them lies in a film of this length."""
    return tuple((start, min(end, length)) for start, end in ranges if start < length)


def bounded(ranges: Ranges, most: int = MOST_KEPT) -> Ranges:
    """At most so many: the shortest gaps are closed, so that nothing that was seen is lost."""
    if len(ranges) <= most:
        return ranges
    gaps = sorted((after[0] - before[1], number) for number, (before, after) in enumerate(pairwise(ranges)))
    closed = {number for _gap, number in gaps[: len(ranges) - most]}
    joined = [list(ranges[0])]
    for number, (start, end) in enumerate(ranges[1:]):
        if number in closed:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return tuple((start, end) for start, end in joined)


def total(ranges: Ranges) -> int:
    """How long they are together."""
    return sum(end - start for start, end in ranges)


def step_of(length: int) -> int:
    """The step of the curve of a film: 20 s; less for a short one, and more where it would have too many."""
    shorter = -(-length // FEWEST_STEPS)
    return max(TENTHS, min(STEP, shorter), -(-length // MOST_STEPS))


def steps(length: int) -> int:
    """How many steps a film has; one at least."""
    return max(1, -(-length // step_of(length)))


def covered(ranges: Ranges, length: int) -> set[int]:
    """The steps whose middle was seen."""
    step = step_of(length)
    seen: set[int] = set()
    last = steps(length) - 1
    for start, end in ranges:
        # The middle of step n is at n * step + step / 2; that of the last one, which may be shorter, in its own middle.
        first = max(0, -(-(2 * start - step) // (2 * step)))
        after = -(-(2 * end - step) // (2 * step))
        seen.update(range(first, min(after, last)))
        middle = last * step + length
        if 2 * start <= middle < 2 * end:
            seen.add(last)
    return seen


def written(ranges: Ranges) -> str:
    """As it is kept: `0-105,300-421`, in tenths."""
    return ",".join(f"{start}-{end}" for start, end in ranges)


def kept(text: str) -> Ranges:
    """What `written` wrote."""
    pairs = (part.partition("-") for part in text.split(",") if part)
    return tuple((int(start), int(end)) for start, _dash, end in pairs)


def _tenths(seconds: str) -> int:
    return round(float(seconds) * TENTHS)
