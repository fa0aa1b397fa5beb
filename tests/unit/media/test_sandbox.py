"""The limits hold, nothing is left running, and nothing outside can be reached."""
from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from privmedia.media import Damaged, TookTooLong, ToolMissing, confinement
from privmedia.media.sandbox import MIB, STDERR_KEPT, Confinement, Finished, Limits, python, run

CLEAN_UP_SECONDS = 10
ONE_MINUTE = Limits(wall_seconds=60)


def run_python(code: str, work: Path, limits: Limits = ONE_MINUTE, **options: Any) -> Finished:
    return run([python(), "-I", "-c", code], work=work, limits=limits, **options)


@pytest.fixture(scope="module")
def granted(tmp_path_factory: pytest.TempPathFactory) -> Confinement:
    return confinement(tmp_path_factory.mktemp("granted"))


def alive_with(mark: str) -> list[str]:
    """Processes of this machine with these words in their command line, zombies left out."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in words:
                found.append(folder.name)
    return found


def assert_gone(mark: str) -> None:
    deadline = time.monotonic() + CLEAN_UP_SECONDS
    while alive_with(mark):
        assert time.monotonic() < deadline, f"still running: {alive_with(mark)}"
        time.sleep(0.05)


def test_this_system_keeps_the_network_and_other_files_out_of_reach(granted: Confinement) -> None:
    assert granted.without_network
    assert granted.without_other_files
    assert granted.limits


def test_what_a_program_says_comes_back(work: Path) -> None:
    finished = run_python("import sys; print('answer'); sys.stderr.write('complaint'); sys.exit(3)", work)
    assert (finished.code, finished.stdout, finished.stderr) == (3, b"answer\n", "complaint")


def test_lines_are_handed_on_while_the_program_runs(work: Path) -> None:
    lines: list[str] = []
    run_python("for n in range(1000): print('line', n)", work, on_line=lines.append)
    assert lines == [f"line {n}" for n in range(1000)]


def test_the_environment_is_empty_and_standard_input_closed(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRIVMEDIA_SECRET", "do not tell")
    finished = run_python("import os, sys; print(sorted(os.environ), sys.stdin.read(), os.getcwd())", work)
    assert finished.stdout.decode() == f"['HOME', 'LANG', 'PATH']  {work}\n"


def test_it_steps_back_behind_what_serves_pages(work: Path) -> None:
    seen = {}

    def look(_line: str) -> None:
        commands = {each: Path(f"/proc/{each}/cmdline").read_bytes() for each in alive_with("nice-mark")}
        (ran,) = (each for each, command in commands.items() if b"launcher" not in command)
        seen["niceness"] = os.getpriority(os.PRIO_PROCESS, int(ran))
        with suppress(FileNotFoundError):
            seen["group"] = int(Path(f"/proc/{ran}/autogroup").read_text().split()[-1])

    run_python("print('nice-mark', flush=True); import time; time.sleep(0.5)", work, Limits(niceness=17), on_line=look)
    assert set(seen.values()) == {17}


def test_a_program_that_sleeps_is_stopped_at_the_deadline(work: Path) -> None:
    mark = f"sleeper-{os.getpid()}"
    with pytest.raises(TookTooLong):
        run_python(f"import time; '{mark}'; time.sleep(300)", work, Limits(wall_seconds=1))
    assert_gone(mark)


def test_a_program_that_only_computes_is_stopped_by_its_processor_time(work: Path) -> None:
    with pytest.raises(TookTooLong):
        run_python("while True: pass", work, Limits(wall_seconds=60, cpu_seconds=1))


def test_what_a_program_forked_ends_with_it(work: Path) -> None:
    mark = f"forker-{os.getpid()}"
    code = (
        f"import os, time; '{mark}'; first = os.getpid()\n"
        "for _ in range(3): os.fork()\n"
        "if os.getpid() != first: time.sleep(300)"
    )
    assert run_python(code, work).code == 0
    assert_gone(mark)


def test_what_a_program_forked_ends_with_it_at_the_deadline_too(work: Path) -> None:
    mark = f"nest-{os.getpid()}"
    code = f"import os, time; '{mark}'\nfor _ in range(3): os.fork()\ntime.sleep(300)"
    with pytest.raises(TookTooLong):
        run_python(code, work, Limits(wall_seconds=1))
    assert_gone(mark)


def test_a_program_cannot_leave_the_group_that_is_killed(work: Path) -> None:
    finished = run_python("import os\nif not os.fork(): os.setsid()\nos.wait()", work)
    assert "Operation not permitted" in finished.stderr


def test_memory_is_limited(work: Path) -> None:
    finished = run_python("hoard = bytearray(800 * 1024 * 1024)", work, Limits(memory_bytes=400 * MIB, wall_seconds=60))
    assert finished.code == 1
    assert "MemoryError" in finished.stderr


def test_the_size_of_a_file_is_limited(work: Path) -> None:
    finished = run_python("open('big', 'wb').write(bytes(3_000_000))", work, Limits(file_bytes=MIB, wall_seconds=60))
    assert finished.code != 0
    assert (work / "big").stat().st_size <= MIB


def test_complaints_are_kept_at_their_end_and_an_endless_answer_is_not_kept(work: Path) -> None:
    finished = run_python("import sys; sys.stderr.write('x' * 2_000_000 + 'the end')", work)
    assert len(finished.stderr) == STDERR_KEPT
    assert finished.stderr.endswith("the end")
    with pytest.raises(Damaged):
        run_python("while True: print('x' * 100_000)", work)


def test_what_is_raised_at_a_tick_ends_the_program(work: Path) -> None:
    class LeaseLost(Exception):
        pass

    def renew() -> None:
        raise LeaseLost

    mark = f"leased-{os.getpid()}"
    started = time.monotonic()
    with pytest.raises(LeaseLost):
        run_python(f"import time; '{mark}'; time.sleep(300)", work, on_tick=renew)
    assert time.monotonic() - started < 60
    assert_gone(mark)


def test_a_program_that_is_not_there_is_named(work: Path) -> None:
    with pytest.raises(ToolMissing, match="/nowhere/ffmpeg cannot be started"):
        run(["/nowhere/ffmpeg"], work=work)


def test_a_killed_worker_leaves_nothing_at_work(work: Path) -> None:
    mark = f"orphan-{os.getpid()}"
    code = f"import time; '{mark}'; open('started', 'w').close(); time.sleep(300)"
    worker = subprocess.Popen([
        python(), "-c",
        "from pathlib import Path; from privmedia.media.sandbox import python, run\n"
        f"run([python(), '-I', '-c', {code!r}], work=Path({str(work)!r}))",
    ])
    deadline = time.monotonic() + 60
    while not (work / "started").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    worker.kill()
    worker.wait()
    assert_gone(mark)


@contextmanager
def listener() -> Iterator[tuple[int, list[object]]]:
    """Somebody who waits for calls on this machine, and writes them down."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                calls.append(address)
                connection.close()

        waiting = threading.Thread(target=answer, daemon=True)
        waiting.start()
        yield server.getsockname()[1], calls
        server.shutdown(socket.SHUT_RDWR)
        waiting.join(10)


def test_no_network_is_reachable(work: Path) -> None:
    with listener() as (port, calls):
        with socket.create_connection(("127.0.0.1", port)):
            pass
        finished = run_python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)", work)
    assert finished.code == 1
    assert len(calls) == 1, "the call made here, and none from inside"


def test_no_network_is_reachable_by_a_namespace_alone(work: Path, granted: Confinement) -> None:
    """Without the filter of system calls, the empty network still has nobody in it."""
    if not granted.namespaces:
        pytest.skip("this kernel or container forbids user namespaces (kernel.unprivileged_userns_clone)")
    with listener() as (port, calls):
        code = (
            "import os, socket\nfrom privmedia.media.sandbox import namespaces\n"
            "assert namespaces.isolate()\n"
            f"socket.create_connection(('127.0.0.1', {port}), 5)"
        )
        tried = subprocess.run([python(), "-I", "-c", code], capture_output=True, text=True, check=False)
    assert "Network is unreachable" in tried.stderr
    assert calls == []


@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/self/environ", "/root", "{outside}"])
def test_other_files_cannot_be_opened(work: Path, tmp_path: Path, path: str) -> None:
    outside = tmp_path / "secret.ini"
    outside.write_text("privmedia.secret = 123")
    path = path.format(outside=outside)
    finished = run_python(f"import os; os.listdir({path!r}) if os.path.isdir({path!r}) else open({path!r})", work)
    assert "PermissionError" in finished.stderr


def test_the_input_can_be_read_and_not_changed(work: Path, tmp_path: Path) -> None:
    film = tmp_path / "original"
    film.write_bytes(b"film")
    finished = run_python(
        f"print(open('{film}').read())\ntry: open('{film}', 'a')\nexcept PermissionError: print('kept')",
        work, reads=[film],
    )
    assert finished.stdout == b"film\nkept\n"
    assert run_python(f"import os; os.unlink('{film}')", work, reads=[film]).code == 1
    assert film.exists()
