"""Bytes sent, from nginx's log: each line counts once, whatever the log is called by then."""
from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from sqlalchemy import select

from privmedia.db import reading, writing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.traffic import service
from privmedia.traffic.models import Sort, Traffic
from privmedia.traffic.service import Sendings, read_log
from tests.private_library import PrivateLibrary

DAY = "2026-11-23"


def line(
    address: str, size: int, *, status: int = 206, day: str = DAY, method: str = "GET", number: int = 0
) -> str:
    asked = f'203.0.113.9 [{day}T11:00:00+00:00] "{method} {address} HTTP/2.0"'
    return f'{asked} {status} {size} 0.004 {number:032x} "Firefox (x) \\x22"\n'


@pytest.fixture
def item(installation: Installation) -> str:
    return PrivateLibrary(installation).add_item(b"x")


def counted(installation: Installation) -> dict[tuple[str, str], tuple[int, int]]:
    with reading(installation.sessions) as session:
        return {(row.day, row.sort): (row.requests, row.bytes_sent) for row in session.scalars(select(Traffic))}


@pytest.mark.both_databases
def test_what_was_sent_is_added_up_by_item_day_and_sort(installation: Installation, item: str, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        line(f"/smedia/{item}/play.mp4", 1000, number=1)
        + line(f"/smedia/{item}/hls/v1/720p-abc.mp4", 500)
        + line(f"/smedia/{item}/original/a%20b.mp4", 70, status=200)
        + line(f"/smedia/{item}/poster.webp", 5, status=200)
        + line(f"/smedia/{item}/play.mp4", 31, status=404)
        + line(f"/smedia/{item}/play.mp4", 0, status=304)
        + line(f"/smedia/{item}/play.mp4", 0, method="HEAD")
        + line("/smedia/0000000000000000/play.mp4", 9)
        + line("/smedia/~...", 77)
        + line("/login", 3000, status=200)
        + line("(unusual address)", 3, status=400)
        + "something else\n"
        + line(f"/smedia/{item}/play.mp4", 1, day="2026-11-22")
    )
    found = read_log(installation, log)
    assert (found.lines, found.unreadable, found.requests, found.bytes_sent, found.unknown) == (13, 1, 5, 1576, 1)
    assert counted(installation) == {
        (DAY, Sort.WATCHED): (2, 1500),
        (DAY, Sort.DOWNLOADED): (1, 70),
        (DAY, Sort.OTHER): (1, 5),
        ("2026-11-22", Sort.WATCHED): (1, 1),
    }
    with reading(installation.sessions) as session:
        (sums,) = Sendings(session, installation).most(days=30, limit=10)
        assert (sums.item, sums.watched, sums.downloaded, sums.other, sums.total) == (item, 1501, 70, 5, 1576)
        number = session.scalars(select(Item.id)).one()
        assert Sendings(session, installation).of_item(number, days=30) == 1576
        assert Sendings(session, installation).of_item(number, days=0) == 1575


def test_each_line_counts_once_when_logs_are_renamed_and_packed(
    installation: Installation, item: str, tmp_path: Path
) -> None:
    log, older = tmp_path / "access.log", tmp_path / "access.log.1"
    address = f"/smedia/{item}/play.mp4"
    log.write_text(line(address, 10, number=1))
    assert read_log(installation, log).bytes_sent == 10
    assert read_log(installation, log).lines == 0
    with log.open("a") as file:
        file.write(line(address, 20) + line(address, 40)[:-9])
    assert read_log(installation, log).bytes_sent == 20, "a line that is still being written waits"
    with log.open("a") as file:
        file.write(line(address, 40)[-9:])
    log.rename(older)
    log.write_text(line(address, 100, number=2))
    assert [read_log(installation, path).bytes_sent for path in (older, log)] == [40, 100]
    packed = tmp_path / "access.log.2.gz"
    packed.write_bytes(gzip.compress(older.read_bytes() + line(address, 7).encode()))
    assert read_log(installation, packed).bytes_sent == 7
    assert counted(installation) == {(DAY, Sort.WATCHED): (5, 177)}


def test_what_was_written_before_it_broke_off_is_not_counted_again(
    installation: Installation, item: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "access.log"
    log.write_text("".join(line(f"/smedia/{item}/play.mp4", 10, number=number) for number in range(10)))
    monkeypatch.setattr(service, "TOGETHER", 3)
    original, calls = service._write, []

    def third_fails(*arguments: object) -> None:
        calls.append(arguments)
        original(*arguments)  # type: ignore[arg-type]
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(service, "_write", third_fails)
    with pytest.raises(KeyboardInterrupt):
        read_log(installation, log)
    assert counted(installation) == {(DAY, Sort.WATCHED): (6, 60)}
    assert read_log(installation, log).bytes_sent == 40
    assert counted(installation) == {(DAY, Sort.WATCHED): (10, 100)}


def test_what_is_no_log_of_ours_is_refused_and_nothing_counted(installation: Installation, tmp_path: Path) -> None:
    other = tmp_path / "other.log"
    other.write_text('127.0.0.1 - - [30/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl"\n')
    for path, why in ((other, "not in the format"), (tmp_path / "none.log", "cannot be read"), (tmp_path, "read")):
        with pytest.raises(Invalid, match=why):
            read_log(installation, path)
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 1000)[:-9])
    with pytest.raises(Invalid):
        read_log(installation, tmp_path / "broken.gz")
    (tmp_path / "empty.log").write_text("")
    assert read_log(installation, tmp_path / "empty.log").lines == 0


def test_sums_go_with_the_item(installation: Installation, item: str, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text(line(f"/smedia/{item}/play.mp4", 10))
    read_log(installation, log)
    with writing(installation.sessions) as session:
        session.delete(session.scalars(select(Item)).one())
    assert counted(installation) == {}
