"""The power is cut in the middle of uploads: every file that was acknowledged is there afterwards, to the byte."""
from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from tests.faults import FULL
from tests.faults.disks import power
from tests.faults.sending import NO_ANSWER, Sender, content_of, problems
from tests.sites import without_front_server

CUTS = 20 if FULL else 1
FILES = 20 if FULL else 4
DISK = 400_000_000
SIZE = 120_000


def test_every_file_that_was_acknowledged_outlives_a_power_cut(tmp_path: Path) -> None:
    """Each time some files are sent whole, by both ways, and one is in the middle; then nothing reaches the disk."""
    seeds, acknowledged = iter(range(10_000)), 0
    with power(tmp_path, DISK) as disk:
        ledger: set[str] = set()
        for _cut in range(CUTS):
            with without_front_server(disk.folder) as site:
                sender = Sender(site, ledger=ledger)
                assert sender.lost() == set()
                disk.sync()  # what was set up is older; all that follows reaches the disk by our doing alone
                for number in range(FILES):
                    content = content_of(next(seeds), SIZE)
                    if number % 3:
                        assert sender.parts(sender.announce(content), content, part=50_000)
                    else:
                        assert sender.form(content)
                    acknowledged += 1
                half = content_of(next(seeds), SIZE)
                assert not sender.parts(sender.announce(half), half[:50_000])
                disk.cut()
                with suppress(*NO_ANSWER):
                    assert not sender.form(content_of(next(seeds), SIZE))
            disk.again()
        with without_front_server(disk.folder) as site:
            sender = Sender(site, ledger=ledger)
            assert len(ledger) == acknowledged == CUTS * FILES
            assert sender.lost() == set()
            assert problems(site, full=True) == []
            last = content_of(next(seeds), SIZE)
            assert sender.parts(sender.announce(last), last)
        disk.off()
