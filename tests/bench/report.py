"""The table, in Markdown, with what is needed to read it."""
from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from importlib.metadata import version

from tests.bench.measuring import Series
from tests.bench.nginx import NGINX
from tests.bench.scenarios import requests, volume
from tests.bench.stacks import Stack

TIMES = "\N{MULTIPLICATION SIGN}"


def table(stacks: Sequence[Stack], series: Series) -> str:
    """One scenario: requests and megabytes per second, and their ratio to nginx alone."""
    head = ("requests/s", "MB/s", f"{TIMES} nginx alone", "lowest and highest", "median ms", "p99 ms")
    lines = [
        f"| {series.scenario.words} | {' | '.join(head)} |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    small = series.scenario.what is requests
    for stack in stacks:
        ratios = series.ratios(stack.key, stacks[0].key)
        lines.append(
            f"| {stack.name} | {series.median(stack.key, requests):,.{0 if small else 1}f}"
            f" | {series.median(stack.key, volume) / 1e6:,.1f}"
            f" | {series.ratio(stack.key, stacks[0].key):.3f} | {ratios[0]:.3f}, {ratios[-1]:.3f}"
            f" | {series.median(stack.key, lambda figure: figure.median_ms):.2f}"
            f" | {series.median(stack.key, lambda figure: figure.p99_ms):.2f} |"
        )
    return "\n".join(lines)


GOALS = "| goal | wanted | measured | the median lies between | |\n|---|---:|---:|---:|---|"
"""The head of a table of goals, here and wherever something else is measured."""


def goals(series: Series) -> str:
    """What was promised of a scenario and what came out; "" where nothing was, or not of what was measured."""
    lines = []
    for goal in series.scenario.goals:
        if goal.key not in series.rounds or goal.to not in series.rounds:
            continue
        ratio, certain = series.ratio(goal.key, goal.to), series.certain(goal.key, goal.to)
        between = "too few rounds" if certain is None else f"{certain[0]:.3f}, {certain[1]:.3f}"
        if goal.least is None:
            wanted, met = "1 within", certain is not None and certain[1] >= 1
        else:
            wanted, met = f"{goal.least:g} {TIMES}", ratio >= goal.least
        lines.append(f"| {goal.words} | {wanted} | {ratio:.3f} {TIMES} | {between} | {verdict(met=met)} |")
    return "\n".join([GOALS, *lines]) if lines else ""


def verdict(*, met: bool) -> str:
    return "met" if met else "**not met**"


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
