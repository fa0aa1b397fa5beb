"""Rounds: every stack once, then again from the start, so that what disturbs the machine disturbs all of them."""
from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.library import Library
from tests.bench.load import Figure, ask
from tests.bench.scenarios import Scenario
from tests.bench.stacks import Stack

WARM_UP = 1.0  # seconds


@dataclass
class Series:
    """All figures of one scenario, by stack."""

    scenario: Scenario
    rounds: dict[str, list[Figure]] = field(default_factory=dict)

    def median(self, key: str, what: Callable[[Figure], float]) -> float:
        return statistics.median(what(figure) for figure in self.rounds[key])

    def ratios(self, key: str, to: str) -> list[float]:
        """How one stack did beside another, in each round, lowest first."""
        what, pairs = self.scenario.what, zip(self.rounds[key], self.rounds[to], strict=True)
        return sorted(what(one) / what(other) for one, other in pairs)

    def ratio(self, key: str, to: str) -> float:
        """The median of the ratios within each round."""
        return statistics.median(self.ratios(key, to))

    def certain(self, key: str, to: str) -> tuple[float, float] | None:
        """Between which the median lies for at least 95 of 100 such runs; None where there are too few rounds.

        By the order of the ratios alone: of nine, the second lowest and the second highest (96.1 %).
        """
        ratios = self.ratios(key, to)
        left_out = _outside(len(ratios))
        return None if left_out is None else (ratios[left_out], ratios[-1 - left_out])


def _outside(rounds: int) -> int | None:
    """How many of the sorted figures may be left out at each end, so that the median is between the others (95 %)."""
    ways, chance, found = 1, 0.0, None
    for number in range(rounds // 2):
        chance += ways / 2**rounds
        if 2 * chance > 0.05:
            break
        found = number
        ways = ways * (rounds - number) // (number + 1)
    return found


def measure(
    stacks: Sequence[Stack],
    library: Library,
    run: Path,
    scenario: Scenario,
    *,
    rounds: int,
    seconds: float,
    warm_up: float = WARM_UP,
) -> Series:
    """Load every stack in turn, `rounds` times over. Raises LoadFailed at the first wrong answer."""
    series = Series(scenario, {stack.key: [] for stack in stacks})
    connections = min(scenario.connections, library.plan.viewers)
    lists = {stack.key: run / f"{stack.key}-{scenario.key}.requests" for stack in stacks}
    for stack in stacks:
        with lists[stack.key].open("w") as file:
            file.writelines(scenario.lines(stack, library))
        if warm_up:
            ask(stack.address, lists[stack.key], connections=connections, seconds=warm_up)
    for number in range(1, rounds + 1):
        for stack in stacks:
            figure = ask(stack.address, lists[stack.key], connections=connections, seconds=seconds)
            series.rounds[stack.key].append(figure)
            print(
                f"{scenario.words}, round {number}: {stack.key:10}"
                f"{figure.requests_per_second:10.1f} requests/s {figure.bytes_per_second / 1e6:8.1f} MB/s"
                f"  median {figure.median_ms:.2f} ms, p99 {figure.p99_ms:.2f} ms",
                flush=True,
            )
    return series
