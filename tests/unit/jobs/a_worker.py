"""A worker as a process of its own, with handlers simple enough to see what it did. Started by the tests.

    python -m tests.unit.jobs.a_worker DATABASE_URL MEDIA_ROOT LOG patient|quick|real
"""
from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sqlalchemy.orm import Session

from privmedia.installation import Installation
from privmedia.jobs.worker import Handler, Task, run
from privmedia.operations.worker import stopped_by_signals
from privmedia.settings import Settings


def patient(log: Path) -> Handler:
    """Says that it has begun, and then works until somebody ends it."""

    def work(task: Task) -> None:
        with task.installation.storage.work_folder() as folder:
            (folder / "half.mp4").write_bytes(b"half")
            note(log, f"begun {task.target_id}")
            while True:
                task.check()
                time.sleep(0.02)

    return Handler(work, gave_up)


def quick(log: Path) -> Handler:
    """Says that it is done."""

    def work(task: Task) -> None:
        note(log, f"done {task.target_id}")

    return Handler(work, gave_up)


def real() -> dict[str, Handler]:
    """All there are, as `privmedia worker` has them."""
    from privmedia.operations.worker import HANDLERS

    return HANDLERS


def gave_up(session: Session, target_id: int, sentence: str) -> None:
    raise AssertionError(f"gave up {target_id}: {sentence}")


def note(log: Path, line: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def main(url: str, root: str, log: str, kind: str) -> None:
    settings = Settings(
        sqlalchemy_url=url, media_root=Path(root), base_url="http://127.0.0.1", secret="for a test only"
    )
    handlers = real() if kind == "real" else {"prepare": {"patient": patient, "quick": quick}[kind](Path(log))}
    with stopped_by_signals() as stop:
        run(Installation.open(settings), handlers, stop, once=kind == "quick")


if __name__ == "__main__":
    main(*sys.argv[1:])
