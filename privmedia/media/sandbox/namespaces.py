"""A network with nobody in it and a process tree of its own, by Linux namespaces.

In the new process tree the first process is its init: when it ends, for whatever reason, the kernel kills
everything below it, so nothing the child forked can stay behind. The new user namespace maps no user, which
leaves the child without any capability, also when the worker runs as root.
"""
from __future__ import annotations

import ctypes
import os
import signal
import sys

CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> bool:
    """One prctl(2) with the unused arguments zero, as some options demand. False where it is refused."""
    zero = ctypes.c_ulong(0)
    return bool(libc.prctl(option, ctypes.c_ulong(value), zero, zero, zero) == 0)


def die_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, so a killed worker leaves no child at work."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def isolate() -> bool:
    """Move this process into new namespaces. False where the kernel or a container forbids it."""
    if not sys.platform.startswith("linux"):
        return False
    flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC
    return bool(libc.unshare(flags) == 0)


def continue_as_grandchild() -> None:
    """Fork twice and return in the grandchild only.

    The child becomes init of the new process tree and waits; the grandchild is an ordinary process, because
    init ignores most signals, SIGXCPU among them. Both waiting processes end with the grandchild's status.
    """
    for _generation in ("init", "program"):
        pid = os.fork()
        if pid == 0:
            die_with_parent()
        else:
            os._exit(wait_for(pid))


def wait_for(pid: int) -> int:
    """The exit status of one child in the way of a shell: 128 and the signal's number for a signal.

    An init is given orphans too; they are reaped on the way.
    """
    while True:
        ended, status = os.wait()
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
