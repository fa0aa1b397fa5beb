"""Programs that belong together, with small programs in their place."""
from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from privmedia.operations.processes import Ended, Processes, Program, Told

SLEEPS = "import time; time.sleep(600)"
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


def program(name: str, code: str, output: Path | None = None) -> Program:
    return Program(name, [sys.executable, "-c", code], output=output)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_when_one_ends_it_is_named_and_the_others_are_stopped() -> None:
    processes = Processes()
    other = processes.start(program("the porter", SLEEPS))
    processes.start(program("the clerk", "raise SystemExit(3)"))
    with pytest.raises(Ended, match="the clerk ended with status 3"), processes.together():
        processes.watch()
    assert other.poll() == -signal.SIGTERM


def test_being_told_to_stop_is_a_good_end_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    processes = Processes()
    with processes.together():
        one = processes.start(program("the porter", SLEEPS))
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        processes.watch()
    assert one.poll() == -signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_being_told_while_still_starting_counts_at_the_next_look() -> None:
    processes = Processes()
    with processes.together():
        one = processes.start(program("the porter", SLEEPS))
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Told):
            processes.check()
    assert one.poll() is not None


def test_a_program_that_does_not_listen_is_killed_with_all_it_started(tmp_path: Path) -> None:
    processes = Processes(stopped_within=0.2)
    stubborn = processes.start(program("the mule", STUBBORN, tmp_path / "out"))
    while not (tmp_path / "out").read_text().endswith("\n"):
        processes.check()
    child = int((tmp_path / "out").read_text())
    assert is_alive(child)
    processes.stop()
    assert stubborn.poll() == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while is_alive(child):
        assert time.monotonic() < deadline


def test_a_program_that_is_missing_is_an_error_at_once() -> None:
    with pytest.raises(OSError, match="nowhere"):
        Processes().start(Program("nobody", ["/nowhere/to/be/found"]))
