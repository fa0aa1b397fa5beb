"""The table, in Markdown, with what is needed to read it."""
from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from tests.bench.load import Figure
from tests.bench.measuring import Series
from tests.bench.nginx import NGINX
from tests.bench.stacks import Stack

TIMES = "\N{MULTIPLICATION SIGN}"


def requests(figure: Figure) -> float:
    return figure.requests_per_second


def volume(figure: Figure) -> float:
    return figure.bytes_per_second


@dataclass(frozen=True)
class Goal:
    """What the design promises of one worker of four threads and four connections."""

    words: str
    size: str
    what: Callable[[Figure], float]
    to: str
    least: float


GOALS = (
    Goal("256 MB: bytes per second, to nginx alone", "256 MB", volume, "nginx", 0.95),
    Goal("1 MB: bytes per second, to nginx alone", "1 MB", volume, "nginx", 0.8),
    Goal("1 KB: decisions per second of one worker, to an empty Pyramid view", "1 KB", requests, "empty", 0.25),
    Goal("1 KB: decisions per second of one worker, to Django", "1 KB", requests, "django", 10),
)


def table(stacks: Sequence[Stack], series: Series) -> str:
    """One size: requests and megabytes per second, and their ratio to nginx alone."""
    size = f"{series.size}, {series.connections} connections"
    lines = [
        f"| {size} | requests/s | MB/s | {TIMES} nginx alone | lowest and highest | median ms | p99 ms |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    # Of the smallest file most bytes are headers, and of the largest only a few are finished: each has its own measure.
    what = requests if series.size == "1 KB" else volume
    for stack in stacks:
        low, high = series.spread(stack.key, stacks[0].key, what)
        lines.append(
            f"| {stack.name} | {series.median(stack.key, requests):,.{0 if series.size == '1 KB' else 1}f}"
            f" | {series.median(stack.key, volume) / 1e6:,.1f}"
            f" | {series.ratio(stack.key, stacks[0].key, what):.3f} | {low:.3f}, {high:.3f}"
            f" | {series.median(stack.key, lambda figure: figure.median_ms):.2f}"
            f" | {series.median(stack.key, lambda figure: figure.p99_ms):.2f} |"
        )
    return "\n".join(lines)


def goals(measured: Sequence[Series], key: str) -> str:
    """What was promised and what came out, for the stacks that were measured."""
    lines = ["| goal | at least | measured | lowest and highest | |", "|---|---:|---:|---:|---|"]
    for goal in GOALS:
        for series in measured:
            known = key in series.rounds and goal.to in series.rounds
            if series.size != goal.size or series.connections != 4 or not known:
                continue
            ratio = series.ratio(key, goal.to, goal.what)
            low, high = series.spread(key, goal.to, goal.what)
            verdict = "met" if ratio >= goal.least else "**missed**"
            asked, got = f"{goal.least:g} {TIMES}", f"{ratio:.2f} {TIMES}"
            lines.append(f"| {goal.words} | {asked} | {got} | {low:.2f}, {high:.2f} | {verdict} |")
    return "\n".join(lines)


def machine() -> str:
    """What it ran on, in one sentence."""
    nginx = subprocess.run([NGINX, "-v"], capture_output=True, text=True, check=True).stderr.rpartition("/")[2].strip()
    packages = ", ".join(
        f"{name} {version(distribution)}"
        for name, distribution in (
            ("Pyramid", "pyramid"), ("SQLAlchemy", "SQLAlchemy"), ("uWSGI", "pyuwsgi"), ("gunicorn", "gunicorn")
        )
    )
    return (
        f"{os.cpu_count()} processor cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, nginx {nginx}, {packages}."
    )
