"""What one watcher has seen of one version, and what each word of their player adds to the sums. Arithmetic only."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from privmedia.attention.ranges import TENTHS, Ranges, bounded, clipped, covered, merged, total

SITTING = timedelta(minutes=30)
"""After this long without a word, the next one begins another viewing."""
COUNTS_FROM = 5 * TENTHS
"""Who has seen this much counts; of what is shorter than ten seconds, who has seen half of it."""
TO_THE_END = 0.95
"""The share from which on it counts as seen to the end."""


def counts_from(length: int) -> int:
    """From how many tenths on somebody has watched a film of this length."""
    return max(1, min(COUNTS_FROM, length // 2))


def ended_from(length: int) -> int:
    """From how many tenths on somebody has seen it to the end."""
    return max(counts_from(length), int(TO_THE_END * length))


@dataclass(frozen=True)
class Seen:
    """What one watcher has seen: at all, and in the viewing that goes on."""

    seen: Ranges = ()
    sitting: Ranges = ()
    times: int = 0
    last_at: datetime | None = None

    def after(self, ranges: Ranges, at: datetime, length: int) -> Seen:
        """The same after a word of the player. Within one viewing each moment counts once."""
        goes_on = self.last_at is not None and at - self.last_at < SITTING
        now = clipped(ranges, length)
        return Seen(
            bounded(merged((*self.seen, *now))),
            bounded(merged((*(self.sitting if goes_on else ()), *now))),
            self.times if goes_on else self.times + 1,
            at if self.last_at is None else max(at, self.last_at),
        )


@dataclass
class Sums:
    """What all watchers of one version have seen together."""

    length: int
    """Tenths of a second."""
    people: int
    ended: int
    tenths: int
    """What the people have seen, added up."""
    links: int
    """Visitors by share links."""
    embeds: int
    """Viewers in other pages whose names nobody knows."""
    watchers: list[int]
    """For each step: how many have seen it, each once."""
    viewings: list[int]
    """For each step: in how many viewings it was seen."""

    def change(self, before: Seen, after: Seen, way: str | None) -> None:
        """Add what one watcher has seen more. `way` is None for a person, else by which way somebody unnamed came."""
        enough = counts_from(self.length)
        was, now = total(before.seen), total(after.seen)
        begins = was < enough <= now
        if way is None:
            self.people += begins
            self.ended += was < ended_from(self.length) <= now
            self.tenths += (now if now >= enough else 0) - (was if was >= enough else 0)
        elif way == "link":
            self.links += begins
        else:
            self.embeds += begins
        _add(self.watchers, covered(after.seen, self.length) - covered(before.seen, self.length))
        same = after.times == before.times
        fresh = covered(before.sitting, self.length) if same else set()
        _add(self.viewings, covered(after.sitting, self.length) - fresh)


def _add(counts: list[int], steps: Iterable[int]) -> None:
    for step in steps:
        counts[step] += 1
