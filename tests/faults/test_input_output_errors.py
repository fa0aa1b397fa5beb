"""The n-th write, fsync or rename of an upload fails, for every n: nothing that was acknowledged is lost by it."""
from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import FULL
from tests.faults.disks import failing
from tests.faults.sending import Sender, content_of, problems
from tests.sites import without_front_server

SIZE = 600_000
# Every how many of the calls one fails; SQLite makes many of them in a row, two for each page.
CALLS = {"write": 1, "fsync": 1, "fdatasync": 1, "rename": 1, "mkdir": 1, "pwrite64": 1}
IN_SHORT = {"write": 10, "fsync": 12, "fdatasync": 2, "rename": 1, "pwrite64": 46}
# What only happens where nginx has put a body into a file.
KEPT = {**CALLS, "linkat": 1, "copy_file_range": 1, "fchmod": 1}
KEPT_IN_SHORT = {"fsync": 12, "rename": 1, "linkat": 1, "copy_file_range": 1, "fchmod": 1}
STEPS = KEPT if FULL else KEPT_IN_SHORT | IN_SHORT
MOST = 1000
Way = Callable[[Sender, bytes], Callable[[], bool]]


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sender]:
    """Everything is done by one thread, so that the calls have one order."""
    with without_front_server(tmp_path_factory.mktemp("faults"), threads=1, settings_say="nginx") as site:
        yield Sender(site)


def in_parts(sender: Sender, content: bytes, *, kept: bool = False) -> Callable[[], bool]:
    """Announced, then sent in two parts; the next time from where it broke off, if it is still there."""
    address = ""

    def attempt() -> bool:
        nonlocal address
        if sender.parts(address, content, kept=kept):
            return True
        address = sender.announce(content)
        return sender.parts(address, content, kept=kept)

    return attempt


def in_parts_that_nginx_keeps(sender: Sender, content: bytes) -> Callable[[], bool]:
    """The first part becomes the upload, the second one the kernel copies."""
    return in_parts(sender, content, kept=True)


def by_the_form(sender: Sender, content: bytes) -> Callable[[], bool]:
    return lambda: sender.form(content)


WAYS: list[tuple[Way, str]] = [
    *itertools.product([in_parts, by_the_form], CALLS if FULL else IN_SHORT),
    *itertools.product([in_parts_that_nginx_keeps], KEPT if FULL else KEPT_IN_SHORT),
]


@pytest.mark.parametrize(("way", "call"), WAYS)
def test_whichever_call_fails_nothing_acknowledged_is_lost_and_the_next_try_succeeds(
    sender: Sender, way: Way, call: str, tmp_path: Path
) -> None:
    step, met = STEPS[call], 0
    before = len(sender.answers)
    for number in range(1, MOST, step):
        content = content_of(len(sender.answers), SIZE)
        attempt = way(sender, content)
        with failing(sender.site.server, call, number, tmp_path) as fault:
            acknowledged = attempt()
        assert sender.lost() == set(), f"{call} number {number}"
        assert acknowledged or attempt(), f"{call} number {number}: trying again does not help"
        assert problems(sender.site) == [], f"{call} number {number}"
        met += fault.met
        if not fault.met:
            break
    assert met >= 1
    assert 500 not in sender.answers[before:]
    assert problems(sender.site, full=True) == []
    assert sender.lost() == set()
