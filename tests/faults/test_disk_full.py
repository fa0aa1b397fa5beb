"""The disk is full somewhere in the middle of an upload: it is said, nothing acknowledged is lost, more room helps."""
from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.faults import FULL
from tests.faults.disks import small_disk
from tests.faults.sending import Sender, content_of, problems
from tests.sites import without_front_server

DISK = 96_000_000
SIZE = 600_000
LEFT = range(0, 1_400_000, 20_000) if FULL else (0, 250_000, 640_000)
"""Bytes that are left once an upload has begun: from nothing to enough for all of it."""
REFUSED = {503, 507}
SEEDS = count()


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    """Files and database on one disk."""
    folder = tmp_path_factory.mktemp("faults") / "disk"
    with small_disk(folder, DISK), without_front_server(folder) as site:
        yield Sender(site)


@pytest.mark.parametrize("left", LEFT)
def test_wherever_the_room_ends_it_is_said_and_the_next_try_succeeds_once_there_is_more(
    sender: Sender, left: int
) -> None:
    filler = Filler(sender.site.ini.parent / "filler")
    whole, form = content_of(next(SEEDS), SIZE), content_of(next(SEEDS), SIZE)
    address, before = sender.announce(whole), len(sender.answers)
    assert address
    with filler.leaving(left):
        acknowledged = sender.parts(address, whole, part=200_000)
        assert sender.lost() == set()
        assert not acknowledged or left > SIZE
        acknowledged_form = sender.form(form)
        assert sender.lost() == set()
        assert sender.site.ask("/healthz").status == 200
        assert sender.site.ask(f"/f/{sender.site.library.folder}", "leila").status == 200
    assert {status for status in sender.answers[before:] if status >= 400} <= {*REFUSED, 404}
    assert acknowledged or sender.parts(address, whole) or sender.parts(sender.announce(whole), whole)
    assert acknowledged_form or sender.form(form)
    assert sender.lost() == set()
    assert problems(sender.site, full=True) == []


class Filler:
    """A file that takes what a disk has left."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def leaving(self, left: int) -> Filler:
        self._left = left
        return self

    def __enter__(self) -> None:
        block, keep = b"\0" * 4096, bytearray(self._left)
        room = self._path.parent / "room"
        room.write_bytes(keep)
        with self._path.open("wb", buffering=0) as file:
            try:
                while file.write(block):
                    pass
            except OSError:
                room.unlink()

    def __exit__(self, *details: object) -> None:
        self._path.unlink()
