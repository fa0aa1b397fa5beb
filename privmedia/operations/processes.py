"""Programs that belong together: started one after the other, watched, and stopped together."""
from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from privmedia.errors import DomainError

STOPPED_WITHIN = 30.0  # seconds


class Ended(DomainError):
    """One of the programs ended by itself, so the others were stopped."""


class Told(Exception):
    """SIGTERM or SIGINT arrived."""


@dataclass(frozen=True)
class Program:
    """What to start. It gets a session of its own, so that Ctrl-C reaches only us and we stop all in order."""

    name: str
    command: Sequence[str | Path]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    output: Path | None = None
    """File for what it prints; None: where ours goes."""


class Processes:
    """Running programs. Nothing is ever restarted: when one ends, `watch` says which."""

    def __init__(self, *, stopped_within: float = STOPPED_WITHIN) -> None:
        self._stopped_within = stopped_within
        self._running: list[tuple[str, subprocess.Popen[bytes]]] = []
        self._news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._told = False

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Start one more. Raises OSError where there is no such program."""
        with _output(program.output) as output:
            process = subprocess.Popen(
                [str(word) for word in program.command],
                cwd=program.folder,
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._running.append((program.name, process))
        threading.Thread(target=self._tell, args=(program.name, process), daemon=True).start()
        return process

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """From here on SIGTERM and Ctrl-C are for us: whatever happens inside, all is stopped at the end.

        Main thread only. Being told to stop is a good end.
        """

        def told(number: int, frame: FrameType | None) -> None:
            self._told = True
            self._news.put(None)

        before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        except Told:
            pass
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raises Told if we are to stop, Ended if a program has ended already."""
        if self._told:
            raise Told
        for name, process in self._running:
            if process.poll() is not None:
                raise Ended(_how(name, process.returncode))

    def watch(self) -> None:
        """Wait until we are to stop or a program ends. Raises Told or Ended, nothing else."""
        news = self._news.get()
        if news is None:
            raise Told
        raise Ended(news)

    def stop(self) -> None:
        """Ask all to end, the last started first; kill what has not ended in time, with all it started."""
        for _, process in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + self._stopped_within
        for _, process in reversed(self._running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._running.clear()

    def _tell(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self._news.put(_how(name, process.wait()))


def _how(name: str, status: int) -> str:
    if status < 0:
        return f"{name} was ended by {signal.Signals(-status).name}. Everything was stopped."
    return f"{name} ended with status {status}. Everything was stopped."


@contextlib.contextmanager
def _output(path: Path | None) -> Iterator[IO[bytes] | None]:
    if path is None:
        yield None
    else:
        with path.open("ab") as opened:
            yield opened
