"""What is asked for: of each kind of file, by how many at once, and what is promised of it."""
from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.library import FILM, SEGMENT, Library
from tests.bench.load import Figure
from tests.bench.stacks import Stack

RANGE = 1 << 20
"""Bytes of the large file that are asked for at once."""
RANGES = 500
SEGMENTS_EACH = 4
"""How many segments one after the other each viewer asks for, before the first one asks again."""


def requests(figure: Figure) -> float:
    return figure.requests_per_second


def volume(figure: Figure) -> float:
    return figure.bytes_per_second


@dataclass(frozen=True)
class Goal:
    """What is promised: a ratio at least, or that it is not slower than could be chance (`least` is None)."""

    words: str
    key: str
    to: str
    least: float | None


@dataclass(frozen=True)
class Scenario:
    """One kind of load. `lines` says what a stack is asked for, as rotate.lua reads it."""

    key: str
    """On the command line, and in the marks of the page."""
    title: str
    connections: int
    what: Callable[[Figure], float]
    """What stacks are compared by: of the smallest file most bytes are headers, of the largest few are finished."""
    lines: Callable[[Stack, Library], Iterator[str]]
    goals: tuple[Goal, ...] = ()

    @property
    def words(self) -> str:
        return f"{self.title}, {self.connections:,} connections"


def whole(size: str) -> Callable[[Stack, Library], Iterator[str]]:
    """The files of one size, one after the other, by the member."""

    def lines(stack: Stack, library: Library) -> Iterator[str]:
        return (line(stack.path(item), "", stack.cookie) for item in library.asked_for(size))

    return lines


def ranges(stack: Stack, library: Library) -> Iterator[str]:
    """A megabyte of the large file, anywhere in it: the same places for every stack."""
    dice = random.Random(20261130)
    (item,) = library.asked_for("4 GB")
    end = library.plan.lengths["4 GB"] - RANGE
    for _number in range(RANGES):
        start = dice.randrange(end)
        yield line(stack.path(item), f"bytes={start}-{start + RANGE - 1}", stack.cookie)


def segments(stack: Stack, library: Library) -> Iterator[str]:
    """Viewers, each with a browser and a film, each somewhere else in it. A segment is a part of one file."""
    dice = random.Random(20261201)
    films = library.plan.lengths[FILM] // SEGMENT
    begin = [dice.randrange(films - SEGMENTS_EACH) for _viewer in library.viewers]
    for number in range(SEGMENTS_EACH):
        for (user, film), first in zip(library.viewers, begin, strict=True):
            start = (first + number) * SEGMENT
            yield line(stack.segment_of(film), f"bytes={start}-{start + SEGMENT - 1}", stack.cookie_of(user))


def line(path: str, part: str, cookie: str) -> str:
    return f"{path}\t{part}\t{cookie}\n"


OURS, KEPT = "privmedia", "kept"
SCENARIOS = {
    one.key: one
    for one in (
        Scenario("1KB", "1 KB", 4, requests, whole("1 KB"), (
            Goal("strict, to the prototype with one query", OURS, "prototype", 1.0),
            Goal("strict, to an empty Pyramid view", OURS, "empty", 0.28),
            Goal("strict, to Django", OURS, "django", 15),
            Goal("decisions kept, to nginx alone", KEPT, "nginx", 0.35),
        )),
        Scenario("crowd", "1 KB", 16, requests, whole("1 KB")),
        Scenario("1MB", "1 MB", 4, volume, whole("1 MB"), (
            Goal("strict, to nginx alone", OURS, "nginx", 0.83),
        )),
        Scenario("256MB", "256 MB", 4, volume, whole("256 MB"), (
            Goal("strict, not to be told from nginx alone", OURS, "nginx", None),
        )),
        Scenario("4GB", "1 MB anywhere in 4 GB", 4, volume, ranges, (
            Goal("strict, not to be told from nginx alone", OURS, "nginx", None),
        )),
        Scenario("hls", "segments of 200 kB", 1_000, requests, segments),
    )
}  # fmt: skip
