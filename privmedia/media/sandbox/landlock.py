"""Which files the child may touch, by Landlock (Linux 5.13 and later): its own folder, its input, the programs.

Everything else on the machine cannot even be opened: the database, the settings, other people's files.
See Documentation/userspace-api/landlock.rst in the Linux sources for the numbers.
"""
from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterable

from privmedia.media.sandbox.namespaces import libc

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
RULE_PATH_BENEATH = 1
VERSION_QUERY = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE = 1 << 14
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
# How many of the access bits each version knows: 1 had 13, and each of these added one.
BITS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}
LATEST_BITS = 16

TCP_BIND_AND_CONNECT = 3
ABSTRACT_SOCKETS_AND_SIGNALS = 3

READ = EXECUTE | READ_FILE | READ_DIR


class RulesetAttributes(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32)]


def version() -> int:
    """The version this kernel speaks; 0 where there is none."""
    if not sys.platform.startswith("linux"):
        return 0
    return max(0, int(libc.syscall(CREATE_RULESET, None, 0, VERSION_QUERY)))


def restrict(readable: Iterable[str], writable: Iterable[str]) -> int:
    """Take every other file from this process and what it starts, for good.

    Returns the version that is in force, 0 for none. Paths that do not exist are left out.
    """
    spoken = version()
    if not spoken:
        return 0
    known = (1 << BITS_BY_VERSION.get(spoken, LATEST_BITS)) - 1
    attributes = RulesetAttributes(known, TCP_BIND_AND_CONNECT, ABSTRACT_SOCKETS_AND_SIGNALS)
    size = 8 if spoken < 4 else 16 if spoken < 6 else 24
    ruleset = libc.syscall(CREATE_RULESET, ctypes.byref(attributes), size, 0)
    if ruleset < 0:
        return 0
    for path in readable:
        allow(ruleset, path, READ & known)
    for path in writable:
        # Devices are only written to: no making of nodes, no ioctl.
        allow(ruleset, path, (WRITE_FILE | READ_FILE if path.startswith("/dev/") else known & ~EXECUTE))
    restricted = libc.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return spoken if restricted else 0


def allow(ruleset: int, path: str, rights: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            rights &= OF_A_FILE
        rule = PathBeneath(rights, handle)
        libc.syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(handle)
