"""Starting what is measured, and ending it again: only what was started here, by its process."""
from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.bench.prepared import ROOT
from tests.bench.stacks import Stack

PATIENCE = 60  # seconds until something must answer


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def started(stack: Stack, run: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The stack's application server, until the block ends."""
    stack.socket.unlink(missing_ok=True)
    with process(stack.key, stack.command, run, stack.environment) as server:
        alone = stack.speaks == "alone"
        where = (socket.AF_INET, ("127.0.0.1", stack.port)) if alone else (socket.AF_UNIX, str(stack.socket))
        _wait(server, run, stack.key, lambda: _answers(*where))
        yield server


@contextlib.contextmanager
def nginx(command: Sequence[str], run: Path, port: int) -> Iterator[None]:
    """nginx in front, until the block ends."""
    with process("nginx", command, run, {}) as server:
        _wait(server, run, "nginx", lambda: _answers(socket.AF_INET, ("127.0.0.1", port)))
        yield


@contextlib.contextmanager
def process(
    name: str, command: Sequence[str], run: Path, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose output goes to `<name>.log`; ended at the end of the block."""
    with (run / f"{name}.log").open("wb") as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONWARNINGS": "ignore"} | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield server
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], run: Path, name: str, answers: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers():
        if server.poll() is not None or time.monotonic() > deadline:
            tail = (run / f"{name}.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{name} did not start:\n{tail}")
        time.sleep(0.05)


def _answers(family: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as one, contextlib.suppress(OSError):
        one.connect(address)
        return True
    return False
