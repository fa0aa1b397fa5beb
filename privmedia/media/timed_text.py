"""Chapters as WebVTT, for the player. Times are whole milliseconds."""
from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

LAST_AT_LEAST = 1000
"""Milliseconds the last chapter has where nobody knows when it ends."""


def chapters_as_text(marks: Sequence[tuple[int, str]], *, length: float | None) -> str:
    """Chapters by start and title, in their order: each goes on to the next one, the last to `length` (seconds)."""
    starts = [start for start, _title in marks]
    end = max(round((length or 0) * 1000), starts[-1] + LAST_AT_LEAST)
    parts = ["WEBVTT\n"]
    for (_start, title), (start, until) in zip(marks, pairwise([*starts, end]), strict=True):
        parts.append(f"{moment(start)} --> {moment(until)}\n{escaped(title)}\n")
    return "\n".join(parts)


def moment(time: int) -> str:
    """00:07:12.800"""
    seconds, rest = divmod(time, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest:03}"


def escaped(text: str) -> str:
    """Text in which nothing is markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
