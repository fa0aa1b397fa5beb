"""Adding up what was sent, and telling it."""
from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.db import writing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.traffic.log_lines import read_line
from privmedia.traffic.models import ReadLog, Sort, Traffic

TOGETHER = 500_000
"""Lines that are added up before they are written."""
NAMES_AT_ONCE = 500
FORGOTTEN_AFTER = timedelta(days=400)
"""For so long it is known that a log was read, counted from when it was read last."""


@dataclass
class Reading:
    """What came of reading a log."""

    lines: int = 0
    unreadable: int = 0
    """Lines of another format, which are passed over."""
    requests: int = 0
    """Those that were sent something of an item."""
    bytes_sent: int = 0
    unknown: int = 0
    """Requests of items that are not there any more."""


@dataclass(frozen=True)
class Sums:
    """What was sent of one item."""

    item: str
    title: str
    watched: int
    downloaded: int
    other: int

    @property
    def total(self) -> int:
        return self.watched + self.downloaded + self.other


Key = tuple[str, str, Sort]


def read_log(installation: Installation, path: Path) -> Reading:
    """Add up what is new in a log since it was read last, under whatever name; a line that is not ended yet waits.

    Each part is written together with how far it was read, so that nothing counts twice, however this is broken off.
    Raises Invalid for what cannot be read, and for a log that is not in our format.
    """
    reading = Reading()
    with _opened(path) as file:
        first = file.readline()
        if not first.endswith(b"\n"):
            return reading
        if read_line(first) is None:
            raise Invalid(f"{path} is not in the format that `privmedia front-config nginx` gives nginx's log.")
        key = hashlib.sha256(first).hexdigest()
        with installation.sessions() as session:
            before = session.get(ReadLog, key)
            place = before.read_to if before else 0
        file.seek(place)
        while True:
            sums, end = _added_up(file, place, reading)
            if end == place:
                return reading
            with writing(installation.sessions) as session:
                _write(session, sums, reading)
                session.merge(ReadLog(first_line=key, read_to=end, at=installation.clock()))
                session.execute(delete(ReadLog).where(ReadLog.at < installation.clock() - FORGOTTEN_AFTER))
            place = end


def _added_up(file: IO[bytes], place: int, reading: Reading) -> tuple[dict[Key, list[int]], int]:
    """The sums (requests, bytes) of the next lines, and where they end."""
    sums: dict[Key, list[int]] = {}
    for _ in range(TOGETHER):
        line = file.readline()
        if not line.endswith(b"\n"):
            break
        place += len(line)
        reading.lines += 1
        sent = read_line(line)
        if sent is None:
            reading.unreadable += 1
        elif sent.item:
            of = sums.setdefault((sent.day, sent.item, sent.sort), [0, 0])
            of[0] += 1
            of[1] += sent.size
    return sums, place


def _write(session: Session, sums: dict[Key, list[int]], reading: Reading) -> None:
    uids = sorted({item for _, item, _ in sums})
    numbers: dict[str, int] = {}
    for start in range(0, len(uids), NAMES_AT_ONCE):
        some = select(Item.uid, Item.id).where(Item.uid.in_(uids[start : start + NAMES_AT_ONCE]))
        numbers.update((uid, number) for uid, number in session.execute(some))
    insert: Any = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    for (day, item, sort), (requests, size) in sums.items():
        if item not in numbers:
            reading.unknown += requests
            continue
        reading.requests += requests
        reading.bytes_sent += size
        row = insert(Traffic).values(
            item_id=numbers[item], day=day, sort=sort.value, requests=requests, bytes_sent=size
        )
        again = {
            "requests": Traffic.requests + row.excluded.requests,
            "bytes_sent": Traffic.bytes_sent + row.excluded.bytes_sent,
        }
        session.execute(row.on_conflict_do_update(index_elements=["item_id", "day", "sort"], set_=again))


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A log, unpacked. Raises Invalid."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            yield file  # type: ignore[misc]  # a GzipFile reads as a file does
    except (OSError, EOFError) as error:
        raise Invalid(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


class Sendings:
    """What was sent, read from the sums."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation

    def of_item(self, item_id: int, *, days: int) -> int:
        """Bytes of one item in the last days; 0 as well where no log was read."""
        query = select(func.coalesce(func.sum(Traffic.bytes_sent), 0))
        return int(self._session.scalar(query.where(Traffic.item_id == item_id, Traffic.day >= self._since(days))) or 0)

    def most(self, *, days: int, limit: int) -> Sequence[Sums]:
        """The items of which most was sent in the last days."""
        of = {
            sort: func.sum(func.coalesce(Traffic.bytes_sent, 0)).filter(Traffic.sort == sort.value) for sort in Sort
        }
        total = func.sum(Traffic.bytes_sent)
        query = (
            select(Item.uid, Item.title, of[Sort.WATCHED], of[Sort.DOWNLOADED], of[Sort.OTHER])
            .join(Traffic, Traffic.item_id == Item.id)
            .where(Traffic.day >= self._since(days))
            .group_by(Item.id, Item.uid, Item.title)
            .order_by(total.desc(), Item.id)
            .limit(limit)
        )
        rows = self._session.execute(query)
        return [Sums(uid, title, *(int(part or 0) for part in parts)) for uid, title, *parts in rows]

    def _since(self, days: int) -> str:
        return (self._installation.clock() - timedelta(days=days)).date().isoformat()
