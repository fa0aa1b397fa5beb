"""Imports in processes of their own: killed with -9 at any step and started again, two at once, on a terminal."""
from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from privmedia.audit.seals import seal_all
from privmedia.captions.models import Captions
from privmedia.db import reading
from privmedia.importing.models import Imported
from privmedia.library.models import Item
from privmedia.operations.check import check
from privmedia.uploads.jobs import clear_away
from tests.faults import FULL
from tests.unit.importing.conftest import Disk

ROOT = Path(__file__).parents[3]
PRIVMEDIA = [sys.executable, "-c", "from privmedia.cli import main; main()"]
# Root may read everything, unless it gives that up.
AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.fixture
def config(ini: dict[str, str], tmp_path: Path) -> Path:
    path = tmp_path / "site.ini"
    values = "\n".join(f"{name} = {value}" for name, value in ini.items())
    path.write_text(f"[app:main]\nuse = egg:privmedia\n{values}\n")
    return path


@pytest.mark.parametrize(("how", "stride"), [("move", 1 if FULL else 3), ("copy", 3 if FULL else 5)])
def test_killed_at_every_step_and_started_again(disk: Disk, config: Path, how: str, stride: int) -> None:
    disk.film("film.mp4")
    program = [sys.executable, "-m", "tests.unit.importing.killed", str(config), str(disk.root), how, str(stride)]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    rounds = int(ended.stdout)
    assert rounds * stride > 30
    bare = disk.studio.make("one-second.mp4").read_bytes()
    assert disk.items() == {f"Films/{number}/film": bare + str(number).encode() for number in range(1, rounds + 1)}
    left = [path for path in disk.root.rglob("*/*") if path.is_file()]
    assert len(left) == (0 if how == "move" else 2 * rounds)
    with reading(disk.installation.sessions) as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Item, Imported, Captions)]
    assert counts == [rounds] * 3
    clear_away(disk.installation, older_than=timedelta(0))
    seal_all(disk.installation)
    assert [part.problems for part in check(disk.installation, full=True) if part.problems] == []
    assert disk.leftovers() == []


@pytest.mark.both_databases
def test_two_imports_of_one_tree_at_once_take_each_file_once(disk: Disk, config: Path) -> None:
    films = {f"Films/{number}": disk.film(f"{number}.mp4", str(number).encode()).read_bytes() for number in range(12)}
    program = [*PRIVMEDIA, "-c", str(config), "import", f"{disk.root}/.", "--into", "Films", "--move"]
    both = [subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    said = [one.communicate()[0] for one in both]
    assert disk.items() == films, said
    assert disk.leftovers() == []
    with reading(disk.installation.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Imported)) == 12
    assert [path.name for path in disk.root.iterdir()] == [], said


def test_what_cannot_be_read_is_named_and_the_rest_is_taken(disk: Disk, config: Path) -> None:
    disk.film("a.mp4")
    locked, folder = disk.film("locked.mp4", b"l"), disk.film("private/b.mp4", b"bb").parent
    names_only = disk.film("names/c.mp4", b"ccc")
    locked.chmod(0)
    folder.chmod(0)
    names_only.parent.chmod(0o444)
    try:
        program = [*AS_ANYBODY, *PRIVMEDIA, "-c", str(config), "import", f"{disk.root}/.", "--into", "Films"]
        ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    finally:
        folder.chmod(0o700)
        names_only.parent.chmod(0o700)
    assert f"failed: {locked}: It cannot be read: Permission denied." in ended.stdout
    assert f"failed: {folder}: It cannot be read." in ended.stdout
    assert f"failed: {names_only}: It cannot be read." in ended.stdout
    assert ended.stderr == "Not all is done: 3 files; the lines above say why.\n"
    assert (ended.returncode, set(disk.items())) == (1, {"Films/a"})


def test_a_disk_that_is_full_ends_it_with_a_sentence_and_it_goes_on_when_there_is_room(
    disk: Disk, config: Path
) -> None:
    small, large = disk.film("a small.mp4"), disk.film("b large.mp4", bytes(8_000_000))
    program = [*PRIVMEDIA, "-c", str(config), "import", f"{disk.root}/.", "--into", "Films"]
    # A limit on the size of a file, which the system reports as it does a full disk.
    limited = ["prlimit", "--fsize=6000000", *program]
    ended = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stderr == (
        "The disk has no room for the next file. What was taken until then is in the library. "
        "Start the same command again to go on.\n"
    )
    assert (ended.returncode, set(disk.items()), disk.leftovers()) == (1, {"Films/a small"}, [])
    assert len(list(disk.installation.storage.items_on_disk())) == 1
    subprocess.run(program, cwd=ROOT, capture_output=True, check=True)
    assert disk.items() == {"Films/a small": small.read_bytes(), "Films/b large": large.read_bytes()}


def test_on_a_terminal_a_bar_says_how_far_it_is_and_lines_stand_above_it(disk: Disk, config: Path) -> None:
    disk.film("a.mp4")
    disk.write("[bold] note.txt", b"hello")
    terminal, end = pty.openpty()
    program = [*PRIVMEDIA, "-c", str(config), "import", f"{disk.root}/.", "--into", "Films"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(program, cwd=ROOT, stdout=end, stderr=end, env=environment) as running:
        os.close(end)
        said = b""
        while block := _read(terminal):
            said += block
        os.close(terminal)
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode()))
    assert running.returncode == 0
    assert any(line.startswith(f"not taken: {disk.root}/[bold] note.txt: ") for line in lines), lines
    assert any(line.startswith("2 of 2 files") for line in lines), lines
    assert any(line.startswith("Taken: 1 file") for line in lines), lines


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
