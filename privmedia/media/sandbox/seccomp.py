"""System calls the child has no business with answer "not permitted": sockets first of all.

This holds where namespaces are forbidden (containers, hardened hosts), and narrows the kernel that hostile
media can reach where they are not.
"""
from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from privmedia.media.sandbox.namespaces import libc

PR_SET_SECCOMP = 22
MODE_FILTER = 2

LOAD_WORD = 0x20  # BPF_LD | BPF_W | BPF_ABS
JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP_IF_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
RETURN = 0x06
ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
REFUSE = 0x00050000 | errno.EPERM
OFFSET_NUMBER, OFFSET_ARCHITECTURE = 0, 4

# Name of the call: its number on x86_64, on aarch64.
REFUSED_CALLS = {
    "add_key": (248, 217),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "kill": (62, 129),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "perf_event_open": (298, 241),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "setns": (308, 268),
    # Without these two nothing can leave the process group that is killed in the end.
    "setpgid": (109, 154),
    "setsid": (112, 157),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
# Machine as uname says it: the kernel's number for it (linux/audit.h), the column above.
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# The same calls again under other numbers (the x32 ABI of x86_64).
X32_NUMBERS = 0x40000000


class FilterProgram(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def program(machine: str) -> bytes:
    """The filter for one machine, as the kernel takes it: 8 bytes per instruction."""
    number, column = ARCHITECTURES[machine]
    calls = sorted(numbers[column] for numbers in REFUSED_CALLS.values())
    steps: list[tuple[int, int, int, int]] = [
        (LOAD_WORD, 0, 0, OFFSET_ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, number),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD_WORD, 0, 0, OFFSET_NUMBER),
        # Jumps count the instructions to leave out: past the comparisons and ALLOW lies REFUSE.
        (JUMP_IF_AT_LEAST, len(calls) + 1, 0, X32_NUMBERS),
    ]
    steps += [(JUMP_IF_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def restrict() -> bool:
    """Refuse those calls to this process and what it starts, for good. Needs no_new_privs first.

    False on machines that are not in the table, and where the kernel has no filters.
    """
    machine = os.uname().machine
    if not sys.platform.startswith("linux") or machine not in ARCHITECTURES:
        return False
    code = program(machine)
    filters = FilterProgram(len(code) // 8, code)
    zero = ctypes.c_ulong(0)
    return bool(libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(MODE_FILTER), ctypes.byref(filters), zero, zero) == 0)
