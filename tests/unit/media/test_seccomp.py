"""The filter of system calls, run step by step as the kernel would, for machines this is not tested on."""
from __future__ import annotations

import struct

import pytest

from privmedia.media.sandbox import seccomp

OPEN_AT = {"x86_64": 257, "aarch64": 56}


def verdict(code: bytes, architecture: int, call: int) -> int:
    steps = list(struct.iter_unpack("=HBBI", code))
    held, at = 0, 0
    while True:
        kind, if_true, if_false, value = steps[at]
        at += 1
        if kind == seccomp.LOAD_WORD:
            held = architecture if value == seccomp.OFFSET_ARCHITECTURE else call
        elif kind == seccomp.JUMP_IF_EQUAL:
            at += if_true if held == value else if_false
        elif kind == seccomp.JUMP_IF_AT_LEAST:
            at += if_true if held >= value else if_false
        else:
            return value


@pytest.mark.parametrize("machine", seccomp.ARCHITECTURES)
def test_every_refused_call_is_refused_and_others_pass(machine: str) -> None:
    architecture, column = seccomp.ARCHITECTURES[machine]
    code = seccomp.program(machine)
    refused = {numbers[column] for numbers in seccomp.REFUSED_CALLS.values()}
    for call in range(500):
        expected = seccomp.REFUSE if call in refused else seccomp.ALLOW
        assert verdict(code, architecture, call) == expected
    assert verdict(code, architecture, OPEN_AT[machine]) == seccomp.ALLOW


def test_calls_under_other_numbers_are_refused_too() -> None:
    code = seccomp.program("x86_64")
    assert verdict(code, seccomp.ARCHITECTURES["x86_64"][0], seccomp.X32_NUMBERS + 41) == seccomp.REFUSE
    assert verdict(code, 0x40000003, 102) == seccomp.KILL_PROCESS
