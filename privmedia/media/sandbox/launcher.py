"""What runs between the worker and the program: shuts itself in, then becomes the program.

Started as `python -I -m privmedia.media.sandbox.launcher ORDER`, where ORDER is the JSON that `sandbox.run`
writes. Limits are set here rather than between fork and exec in the worker, where Python is not safe to run.
"""
from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from typing import Any

from privmedia.media.sandbox import landlock, namespaces, seccomp

AUTOGROUP = "/proc/self/autogroup"


def main(order: dict[str, Any]) -> None:
    """Shut in and start, in the only order that works: each step takes away what the one before it needed."""
    report_to: int = order["report_to"]
    os.set_inheritable(report_to, False)
    namespaces.die_with_parent()
    step_back(order["limits"]["niceness"])
    isolated = namespaces.isolate()
    if isolated:
        namespaces.continue_as_grandchild()
    namespaces.prctl(namespaces.PR_SET_NO_NEW_PRIVS, 1)
    report = {
        "namespaces": isolated,
        "landlock": landlock.restrict(order["readable"], order["writable"]),
        "limits": limit(order["limits"], own_process_count=isolated),
        "seccomp": seccomp.restrict(),
    }
    # Python ignores these two, and what is ignored stays ignored in the program.
    for signal_number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(signal_number, signal.SIG_DFL)
    argv: list[str] = order["argv"]
    os.write(report_to, json.dumps(report).encode())
    try:
        os.execv(argv[0], argv)
    except OSError as problem:
        os.write(report_to, b"\n" + json.dumps({"exec": problem.errno}).encode())
        os._exit(127)


def step_back(niceness: int) -> None:
    """Leave the processors to others. Where Linux groups by session, only the group's niceness counts (sched(7))."""
    os.nice(niceness)
    with contextlib.suppress(OSError), open(AUTOGROUP, "w", encoding="ascii") as group:
        group.write(str(niceness))


def limit(limits: dict[str, int], *, own_process_count: bool) -> bool:
    """Set the resource limits; a limit that is already lower stays. False where one could not be set."""
    wanted = {
        resource.RLIMIT_CORE: (0, 0),
        # The soft limit is a signal that a program may catch, the hard one its end.
        resource.RLIMIT_CPU: (limits["cpu_seconds"], limits["cpu_seconds"] + 5),
        resource.RLIMIT_FSIZE: (limits["file_bytes"], limits["file_bytes"]),
        resource.RLIMIT_NOFILE: (limits["open_files"], limits["open_files"]),
        resource.RLIMIT_AS: (limits["memory_bytes"], limits["memory_bytes"]),
    }
    if own_process_count:
        # Outside a user namespace this would count everything that runs under the same user.
        wanted[resource.RLIMIT_NPROC] = (limits["processes"], limits["processes"])
    done = True
    for which, pair in wanted.items():
        _, ceiling = resource.getrlimit(which)
        if ceiling == resource.RLIM_INFINITY:
            ceiling = max(pair)
        try:
            resource.setrlimit(which, (min(pair[0], ceiling), min(pair[1], ceiling)))
        except (OSError, ValueError):
            done = False
    return done


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
