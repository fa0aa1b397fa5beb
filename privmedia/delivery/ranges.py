"""Byte ranges (RFC 9110 section 14): which part of a file a request asks for.

Where the RFC leaves a choice, this does what nginx does with `max_ranges 1`, so that players and downloaders meet the
same server in development and in production: several ranges are answered with the whole file, nonsense with 416.
What is too long to be one range is answered with the whole file as well (a server may ignore any), unread.
"""
from __future__ import annotations

import re
from dataclasses import dataclass

_UNIT = "bytes="
_SPECIFIER = re.compile(r" *(?:(?P<first>\d+) *- *(?P<last>\d*)|-(?P<suffix>\d+)) *", re.ASCII)
_LONGEST = 19  # digits; more than any file has bytes
_LONGEST_HEADER = 1_000
"""Characters; one range has 50 at most. Taking thousands of them apart would cost more than the whole file."""


class Unsatisfiable(Exception):
    """The range lies outside the file, or is none: 416."""


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


def requested_part(header: str | None, size: int) -> Part | None:
    """The part of a file of `size` bytes that a Range header asks for; None for the whole file.

    Raises Unsatisfiable.
    """
    if header is None or len(header) > _LONGEST_HEADER:
        return None
    if not header.lower().startswith(_UNIT) or header.lower() == _UNIT:
        return None
    parts = []
    for specifier in header[len(_UNIT) :].split(","):
        part = _part(specifier, size)
        if part.length > 0:
            parts.append(part)
        elif part.start == 0:  # of an empty file
            return None
        if len(parts) > 1:
            return None
    if not parts:
        raise Unsatisfiable
    return parts[0]


def _part(specifier: str, size: int) -> Part:
    match = _SPECIFIER.fullmatch(specifier)
    if match is None or any(len(digits) > _LONGEST for digits in match.groups(default="")):
        raise Unsatisfiable
    if match["suffix"]:
        return Part(max(0, size - int(match["suffix"])), size)
    start = int(match["first"])
    stop = min(int(match["last"]) + 1, size) if match["last"] else size
    return Part(start, max(start, stop))
