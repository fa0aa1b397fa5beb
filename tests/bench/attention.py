"""Who watched, with a million watchers of one film: what a word of a player costs, and what the pages read.

`python -m tests.bench.attention [watchers]`. Needs nothing but the project: SQLite in a folder that goes afterwards.
"""
from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, insert

from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.attention.models import Attention, Watching
from privmedia.attention.noting import Watcher, Way, Word, write
from privmedia.attention.ranges import covered, steps
from privmedia.attention.service import Show, WhoWatched
from privmedia.clock import utcnow
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Item, Kind, State, Version
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.operations.migrations import migrate
from privmedia.settings import Settings

SECONDS = 1122
PEOPLE = 10_000
TIMES = 20


def opened(folder: Path) -> Installation:
    url = f"sqlite:///{folder}/bench.sqlite"
    migrate(url)
    ini = {
        "sqlalchemy.url": url, "privmedia.media_root": str(folder), "privmedia.base_url": "http://127.0.0.1:6543",
        "privmedia.secret": "5f8d1c", "privmedia.who_watched": "names",
    }  # fmt: skip
    return Installation.open(Settings.read(ini, {}))


def seeded(installation: Installation, watchers: int) -> str:
    """A film that so many have watched, every hundredth of them with an account; its public id."""
    now = utcnow()
    with writing(installation.sessions) as session:
        accounts = Accounts(session, installation)
        people = [accounts.add_user(email=f"p{number}@example.test").id for number in range(min(PEOPLE, watchers))]
        folder = Paths(session, installation).make_folders("Training")[-1]
        received = Received(uid=new_uid(), filename="a.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
        version = Library(session, installation).add_item(folder=folder, title="T4", received=received, by=None)
        version.duration, version.state = SECONDS, State.READY
        version.item.state, version.item.shown = State.READY, True
        session.flush()
        length = SECONDS * 10
        seen = ((0, 6000), (7000, 9000))

        def rows() -> Iterator[dict[str, Any]]:
            for number in range(watchers):
                person = people[number] if number < len(people) else None
                yield {
                    "version_id": version.id, "who": f"user {person}" if person else f"visit {number}",
                    "user_id": person, "way": "library" if person else "link", "seen": "0-6000,7000-9000",
                    "sitting": "0-6000,7000-9000", "tenths": 8000, "times": 1 + number % 3,
                    "since": now - timedelta(days=9), "last_at": now - timedelta(seconds=number),
                    "named_at": now if person else None,
                }  # fmt: skip

        block: list[dict[str, Any]] = []
        for row in rows():
            block.append(row)
            if len(block) == 20_000:
                session.execute(insert(Watching), block)
                block = []
        if block:
            session.execute(insert(Watching), block)
        counts = [watchers if step in covered(seen, length) else 0 for step in range(steps(length))]
        session.add(
            Attention(
                version_id=version.id, length=length, since=now, people=len(people), ended=0,
                tenths=8000 * len(people), links=watchers - len(people), embeds=0, watchers=counts, viewings=counts,
            )
        )  # fmt: skip
        return received.uid


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds, the middle of several."""
    taken = []
    for _time in range(TIMES):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def main(watchers: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        installation = opened(Path(folder))
        began = time.perf_counter()
        uid = seeded(installation, watchers)
        print(f"{watchers:,} watchers of one film, seeded in {time.perf_counter() - began:.0f} s")
        asked: list[str] = []
        event.listen(installation.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))

        def words(count: int, shift: int) -> list[Word]:
            now = utcnow()
            return [
                Word(uid, 1, Watcher(f"visit {number}", Way.LINK), ((shift, shift + 100),), now)
                for number in range(PEOPLE, PEOPLE + count)
            ]

        shift = iter(range(0, 10**6, 100))
        for count in (1, 100, 1000):
            asked.clear()
            taken = timed(lambda count=count: write(installation, words(count, next(shift))))  # type: ignore[misc]
            print(f"{count:5} words written together: {taken:8.2f} ms, {len(asked) // TIMES} statements")

        with reading(installation.sessions) as session:
            item, version = session.query(Item).one(), session.query(Version).one()
            who = WhoWatched(session, installation)
            asked.clear()
            print(f"the card of an item:  {timed(lambda: (session.expire_all(), who.of(version))):8.2f} ms")
            print(f"a page of people:     {timed(lambda: who.people(version, Show.WATCHED, 1)):8.2f} ms")
            print(f"counted people:       {timed(lambda: who.count(version, Show.WATCHED)):8.2f} ms")
            print(f"who has not started:  {timed(lambda: who.not_started(version, item)):8.2f} ms")
            print(f"one's own:            {timed(lambda: who.own(session.query(User.id).limit(1).scalar())):8.2f} ms")
            for statement, values in {one[0]: one for one in asked if "watchings" in one[0]}.values():
                plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                print("   ", "; ".join(str(row[3]) for row in plan))
        print(f"the database has {Path(folder, 'bench.sqlite').stat().st_size / 1e6:.0f} MB")
        installation.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
