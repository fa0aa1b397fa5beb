"""The load: wrk, one thread, a few connections that stay open, for some seconds."""
from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROTATE = Path(__file__).with_name("rotate.lua")


class LoadFailed(Exception):
    """The stack did not answer as it should have; a figure would mean nothing."""


@dataclass(frozen=True)
class Figure:
    """What wrk counted in one round."""

    requests_per_second: float
    bytes_per_second: float
    median_ms: float
    p99_ms: float


def ask(address: str, paths: Path, cookie: str, *, connections: int, seconds: float) -> Figure:
    """Ask for the paths in turn. Raises LoadFailed if a single answer was an error."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "--timeout", "60s", "-s", str(ROTATE), address]
    run = subprocess.run([*command, "--", str(paths), cookie], capture_output=True, text=True, check=False)
    last = run.stdout.strip().rpartition("\n")[2]
    if run.returncode or not last.startswith("{"):
        raise LoadFailed(f"wrk: {run.stderr or run.stdout}")
    counted = json.loads(last)
    if counted["failed"] or counted["broken"]:
        raise LoadFailed(
            f"{address}: of {counted['requests']} answers "
            f"{counted['failed']} were errors and {counted['broken']} broke off"
        )
    return Figure(
        counted["requests"] / counted["seconds"],
        counted["bytes"] / counted["seconds"],
        counted["median_us"] / 1000,
        counted["p99_us"] / 1000,
    )
