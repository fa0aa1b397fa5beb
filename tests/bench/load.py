"""The load: wrk, one thread, a few connections that stay open, for some seconds."""
from __future__ import annotations

import json
import math
import signal
import subprocess
import time
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


def ask(address: str, lines: Path, *, connections: int, seconds: float) -> Figure:
    """Ask for what stands in the lines of a file (see rotate.lua), in turn.

    Raises LoadFailed if a single answer was an error.
    """
    whole = math.ceil(seconds)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{whole}s", "--timeout", "60s", "-s", str(ROTATE), address]
    command += ["--", str(lines)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        if whole != seconds:
            # wrk knows whole seconds only, and stops when it is told to.
            time.sleep(seconds)
            run.send_signal(signal.SIGINT)
        said, fault = run.communicate()
    last = said.strip().rpartition("\n")[2]
    if run.returncode or not last.startswith("{"):
        raise LoadFailed(f"wrk: {fault or said}")
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
