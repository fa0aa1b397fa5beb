"""Rounds: every stack once, then again from the start, so that what disturbs the machine disturbs all of them."""
from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.library import Library
from tests.bench.load import Figure, ask
from tests.bench.stacks import Stack

WARM_UP = 1  # seconds


@dataclass
class Series:
    """All figures of one size and number of connections, by stack."""

    size: str
    connections: int
    rounds: dict[str, list[Figure]] = field(default_factory=dict)

    def median(self, key: str, what: Callable[[Figure], float]) -> float:
        return statistics.median(what(figure) for figure in self.rounds[key])

    def ratio(self, key: str, to: str, what: Callable[[Figure], float]) -> float:
        """The median of the ratios within each round."""
        pairs = zip(self.rounds[key], self.rounds[to], strict=True)
        return statistics.median(what(one) / what(other) for one, other in pairs)

    def spread(self, key: str, to: str, what: Callable[[Figure], float]) -> tuple[float, float]:
        """The lowest and the highest ratio of any round."""
        ratios = [what(one) / what(other) for one, other in zip(self.rounds[key], self.rounds[to], strict=True)]
        return min(ratios), max(ratios)


def measure(
    stacks: Sequence[Stack],
    library: Library,
    run: Path,
    *,
    size: str,
    connections: int,
    rounds: int,
    seconds: float,
) -> Series:
    """Load every stack in turn, `rounds` times over. Raises LoadFailed at the first wrong answer."""
    series = Series(size, connections, {stack.key: [] for stack in stacks})
    lists = {stack.key: _paths(stack, library, size, run) for stack in stacks}
    for stack in stacks:
        ask(stack.address, lists[stack.key], stack.cookie, connections=connections, seconds=WARM_UP)
    for number in range(1, rounds + 1):
        for stack in stacks:
            figure = ask(stack.address, lists[stack.key], stack.cookie, connections=connections, seconds=seconds)
            series.rounds[stack.key].append(figure)
            print(
                f"{size:>6}, {connections:2} connections, round {number}: {stack.key:10}"
                f"{figure.requests_per_second:10.1f} requests/s {figure.bytes_per_second / 1e6:8.1f} MB/s"
                f"  median {figure.median_ms:.2f} ms, p99 {figure.p99_ms:.2f} ms",
                flush=True,
            )
    return series


def _paths(stack: Stack, library: Library, size: str, run: Path) -> Path:
    path = run / f"{stack.key}-{size.replace(' ', '')}.paths"
    path.write_text("".join(f"{stack.path(item)}\n" for item in library.asked_for(size)))
    return path
