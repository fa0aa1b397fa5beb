"""Running a program on a file somebody sent: shut in, limited, watched, and gone without a trace afterwards.

The program gets no input but the files named, no network, an empty environment, a folder of its own to write
in, and limits on memory, processor time, file size and wall clock. Not here: what is run, and what its output
means.
"""
from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from privmedia.media.errors import Damaged, SandboxFailed, TookTooLong, ToolMissing

MIB = 1024 * 1024
# What is kept of the program's words: the end of its complaints, the beginning of its answer.
STDERR_KEPT = 16 * 1024
STDOUT_KEPT = 1 * MIB
TICK_SECONDS = 0.5

SYSTEM_FILES = ("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/nix/store", "/dev/urandom",
                "/sys/devices/system/cpu")


@dataclass(frozen=True)
class Limits:
    """What one run may use. Memory is address space of each process, not of all together."""

    wall_seconds: float = 120
    cpu_seconds: int = 120
    memory_bytes: int = 2048 * MIB
    file_bytes: int = 256 * MIB
    open_files: int = 64
    processes: int = 64
    niceness: int = 10
    """0 to 19: how far it steps back where processors are scarce."""


@dataclass(frozen=True)
class Confinement:
    """What the kernel granted. Any of the first two keeps the network out of reach."""

    namespaces: bool
    seccomp: bool
    landlock: int
    limits: bool

    @property
    def without_network(self) -> bool:
        return self.namespaces or self.seccomp

    @property
    def without_other_files(self) -> bool:
        return self.landlock > 0


@dataclass(frozen=True)
class Finished:
    """How a run ended by itself. `code` is as in a shell: 128 and the signal's number for a signal."""

    code: int
    stdout: bytes
    stderr: str
    confinement: Confinement

    @property
    def out_of_memory_or_crashed(self) -> bool:
        return self.code > 128


def run(
    argv: Sequence[str],
    *,
    reads: Sequence[Path] = (),
    work: Path,
    limits: Limits = Limits(),
    on_line: Callable[[str], None] | None = None,
    on_tick: Callable[[], None] | None = None,
) -> Finished:
    """Run a program to its end in `work`, the only folder it may write in; argv[0] is its full path.

    `on_line` is given each line of its standard output. `on_tick` is called at least every second; what it
    raises ends the run and goes through. However this ends, nothing of the program is left running.
    Raises TookTooLong, ToolMissing (argv[0] cannot be started), SandboxFailed, and Damaged when the program
    says or writes more than any sound file makes it.
    """
    report_from, report_to = os.pipe()
    order = {
        "argv": list(argv),
        "readable": [*system_files(), argv[0], *(str(path.absolute()) for path in reads)],
        "writable": [str(work.absolute()), "/dev/null"],
        "limits": asdict(limits),
        "report_to": report_to,
    }
    try:
        with subprocess.Popen(
            [python(), "-I", "-m", "privmedia.media.sandbox.launcher", json.dumps(order)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
            cwd=work, env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(work.absolute())},
            start_new_session=True, pass_fds=[report_to],
        ) as process, contextlib.closing(Listening(process, on_line)) as said:
            try:
                watch(process, said, limits, on_tick)
            finally:
                end(process)
            said.finish()
        os.close(report_to)
        report_to = -1
        words = os.read(report_from, 4096)
    finally:
        os.close(report_from)
        if report_to >= 0:
            os.close(report_to)
    return judge(process.returncode, said, words, argv[0])


class Listening:
    """The program's output, kept within bounds and handed on line by line."""

    def __init__(self, process: subprocess.Popen[bytes], on_line: Callable[[str], None] | None) -> None:
        self.stdout, self.stderr = bytearray(), bytearray()
        self.on_line = on_line
        self.unfinished_line = b""
        self.selector = selectors.DefaultSelector()
        for pipe, take in ((process.stdout, self.take_stdout), (process.stderr, self.take_stderr)):
            if pipe is not None:
                self.selector.register(pipe, selectors.EVENT_READ, take)

    def listen(self, seconds: float) -> bool:
        """Take what is said within a moment; False once both ends are closed."""
        for key, _ in self.selector.select(seconds):
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]  # only pipes are registered
            words = os.read(pipe.fileno(), 64 * 1024)
            if words:
                key.data(words)
            else:
                self.selector.unregister(pipe)
        return bool(self.selector.get_map())

    def take_stdout(self, words: bytes) -> None:
        if self.on_line is None:
            self.stdout += words
            if len(self.stdout) > STDOUT_KEPT:
                raise Damaged
            return
        *lines, self.unfinished_line = (self.unfinished_line + words).split(b"\n")
        self.unfinished_line = self.unfinished_line[-STDERR_KEPT:]
        for line in lines:
            self.on_line(line.decode("utf-8", "replace"))

    def take_stderr(self, words: bytes) -> None:
        self.stderr += words
        del self.stderr[:-STDERR_KEPT]

    def finish(self) -> None:
        """Take what is still in the pipes. Everybody at the other end is gone, so this ends."""
        while self.selector.get_map() and self.selector.select(0):
            self.listen(0)

    def close(self) -> None:
        self.selector.close()


def watch(
    process: subprocess.Popen[bytes], said: Listening, limits: Limits, on_tick: Callable[[], None] | None
) -> None:
    """Listen until the launcher ends; it ends with the program. Raises TookTooLong at the deadline."""
    started = ticked = time.monotonic()
    talking = True
    while not has_ended(process.pid):
        if talking:
            talking = said.listen(0.1)
        else:
            # Both pipes closed: only the end is left to wait for.
            time.sleep(0.02)
        now = time.monotonic()
        if now - started > limits.wall_seconds:
            raise TookTooLong
        if on_tick is not None and now - ticked >= TICK_SECONDS:
            ticked = now
            on_tick()


def has_ended(pid: int) -> bool:
    """Whether it has, leaving it a zombie: as long as it is one, its number cannot mean another process."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole process group and wait for its leader."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def judge(code: int, said: Listening, words: bytes, program: str) -> Finished:
    """Tell the program's own end from that of its surroundings."""
    stderr = said.stderr.decode("utf-8", "replace")
    granted, _, failure = words.partition(b"\n")
    if failure:
        raise ToolMissing(f"{program} cannot be started on this server: {os.strerror(json.loads(failure)['exec'])}.")
    if not granted:
        raise SandboxFailed(f"The server could not start the program that prepares files: {stderr[-500:].strip()}")
    code = code if code >= 0 else 128 - code
    if code == 128 + signal.SIGXCPU:
        raise TookTooLong
    return Finished(code, bytes(said.stdout), stderr, Confinement(**json.loads(granted)))


def python() -> str:
    """The interpreter: under uWSGI `sys.executable` is uWSGI itself."""
    if Path(sys.executable).name.startswith("python"):
        return sys.executable
    return str(Path(sysconfig.get_path("scripts")) / "python3")


def system_files() -> list[str]:
    """What a program needs to start, and our own code for those written in Python."""
    ours = str(Path(__file__).parents[2])
    return [*SYSTEM_FILES, sys.prefix, sys.base_prefix, sys.base_exec_prefix, ours]


def confinement(work: Path) -> Confinement:
    """What this server's kernel grants, tried out with a program that does nothing."""
    return run([python(), "-I", "-S", "-c", ""], work=work, limits=Limits(wall_seconds=20)).confinement
