"""Imports in processes of their own that end with SIGKILL at the N-th step, for many N: run by `test_processes`.

    python -m tests.unit.importing.killed CONFIG.ini FOLDER move|copy STRIDE

Steps are what Python tells its audit hooks of (opening, linking, renaming, removing, changing modes) and the moments
before and after each commit. Each round has files of its own in FOLDER/<N>; the import is killed, then run again to
its end. Prints how many rounds there were.
"""
from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from privmedia.console import Line
from privmedia.importing.looking import Manner
from privmedia.importing.service import Importing

STEPS = frozenset({"open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.rmdir", "os.scandir"})


def killed_at(number: int) -> None:
    """Die at the N-th step from now on."""
    left = number

    def step(*_details: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(lambda name, _details: step() if name in STEPS else None)
    event.listen(Engine, "commit", step)
    event.listen(Session, "after_commit", step)


def run(config: str, source: Path, manner: Manner, *, at: int = 0) -> int:
    """Import in a process of its own; how it ended."""
    child = os.fork()
    if child == 0:
        installation = Line(config).installation
        if at:
            killed_at(at)
        list(Importing(installation, f"Films/{source.name}", manner).run([f"{source}/."]))
        os._exit(0)
    return os.waitpid(child, 0)[1]


def main(config: str, folder: Path, how: str, stride: int) -> None:
    manner, number, ended = Manner(move=how == "move"), 0, -1
    while ended != 0:
        number += 1
        source = folder / str(number)
        source.mkdir()
        shutil.copy(folder / "film.mp4", source)
        with (source / "film.mp4").open("ab") as file:
            file.write(str(number).encode())
        (source / "film.de.vtt").write_bytes(b"WEBVTT\n\n00:00.000 --> 00:00.900\nHello\n")
        ended = run(config, source, manner, at=number * stride)
        if ended not in (0, signal.SIGKILL) or run(config, source, manner) != 0:
            sys.exit(f"round {number} ended with {ended}")
    print(number)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
