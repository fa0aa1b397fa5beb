"""Real workers as processes, to be killed; and the programs they have started."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import false, or_, update

from privmedia.clock import utcnow
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState

PATIENCE = 120.0
"""Seconds, for a worker on a busy machine to get to something."""


def start(installation: Installation) -> subprocess.Popen[bytes]:
    """One more worker, with all kinds of work."""
    settings = installation.settings
    command = [sys.executable, "-m", "tests.unit.jobs.a_worker"]
    return subprocess.Popen([*command, settings.sqlalchemy_url, str(settings.media_root), "-", "real"])


@contextmanager
def at_work(installation: Installation, count: int = 1) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Some workers, which are told to stop at the end."""
    workers = [start(installation) for _ in range(count)]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait(PATIENCE)


def below(process: int) -> list[int]:
    """All that a process has started, and what that has started, deepest last."""
    found: list[int] = []
    for child in _children(process):
        found += [child, *below(child)]
    return found


def programs(process: int, name: str) -> list[int]:
    """Those below it whose names begin so: the one that comes with the Python packages has its version in it."""
    return [pid for pid in below(process) if name_of(pid).startswith(name)]


def kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def wait_until(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.02)


def minutes_pass(installation: Installation, living: Sequence[int]) -> None:
    """As if some had gone by: leases of dead workers are over, and what was to be tried later is due."""
    long_ago = utcnow() - timedelta(seconds=1)
    alive = [Job.worker.endswith(f":{process}") for process in living]
    with writing(installation.sessions) as session:
        running, waiting = Job.state == JobState.RUNNING, Job.state == JobState.QUEUED
        session.execute(update(Job).where(running, ~or_(false(), *alive)).values(lease_until=long_ago))
        session.execute(update(Job).where(waiting, Job.run_after > long_ago).values(run_after=long_ago))


def lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _children(process: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def name_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
