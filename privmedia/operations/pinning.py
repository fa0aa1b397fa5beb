"""gunicorn's configuration beside the ini: each worker stays on one core, as uWSGI's `cpu-affinity = 1` has it.

SQLite's driver lets go of the interpreter at each step of a statement. Threads of a worker that may run on several
cores then take it from each other across them, which costs more than the statement.
"""
from __future__ import annotations

import contextlib
import os
from typing import Any


def post_fork(server: Any, worker: Any) -> None:
    """Called by gunicorn in each new worker: stay on the core that the fewest others stay on."""
    if not hasattr(os, "sched_setaffinity"):
        return
    workers_on = dict.fromkeys(sorted(os.sched_getaffinity(0)), 0)
    for process in server.WORKERS:
        with contextlib.suppress(ProcessLookupError):
            its_cores = os.sched_getaffinity(process)
            for core in its_cores & workers_on.keys() if len(its_cores) == 1 else ():
                workers_on[core] += 1
    os.sched_setaffinity(0, {min(workers_on, key=lambda core: workers_on[core])})
