"""`python -m tests.bench.scale`: pages, lists and decisions of a large library, and of one a tenth its size beside it.

The whole application is asked in one process, as a server asks it: from the environment of a request to the last byte
of the answer. Nothing is sent anywhere, so that what is measured is what the server does.
"""
from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from pyramid.config import Configurator
from sqlalchemy import text

from privmedia import compose
from privmedia.accounts.identity import Identity, identity_of, token_hash
from privmedia.db import milliseconds, reading, writing
from privmedia.installation import Installation
from privmedia.library.counting import Counting
from privmedia.library.models import Folder
from privmedia.library.pointers import Pointers
from privmedia.library.service import Library
from privmedia.library.shelves import Shelves
from privmedia.library.tree import Tree
from privmedia.library.who_sees import WhoSees
from privmedia.memory import collect_seldom
from privmedia.operations.migrations import migrate
from privmedia.settings import Settings
from tests import postgresql
from tests.bench import page
from tests.bench.large_library import ASKING, LARGE, SEARCHED, SMALL, Made, Size, fill

HOST = "127.0.0.1:8080"
GOAL = 100
"""Milliseconds that a page may take on the server, for 95 of 100 requests."""
SEARCH = "search"
SEARCH_GOAL = 150
"""The same for pages of search, whose names begin so."""
SECRET = "4f0c2a9be1d75863f2a0c9d8e7b61534"


@dataclass(frozen=True)
class Times:
    """How long something took, in milliseconds."""

    each: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.each)

    @property
    def p95(self) -> float:
        return sorted(self.each)[max(0, round(len(self.each) * 0.95) - 1)]


@dataclass(frozen=True)
class Place:
    """A large library, open for measuring."""

    made: Made
    installation: Installation
    app: Any

    def get(self, address: str, number: int) -> bytes:
        """One page, from the request's environment to the last byte. Raises RuntimeError if it is none."""
        path, _, query = address.partition("?")
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "HTTP_COOKIE": f"session={self.made.tokens[number]}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        begun: list[str] = []
        answer = self.app(environ, lambda status, _headers, _info=None: begun.append(status))
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        if not begun[0].startswith("200"):
            raise RuntimeError(f"{address} for person {number}: {begun[0]}")
        return body

    def identity(self, number: int) -> Identity:
        with reading(self.installation.sessions) as session:
            found = identity_of(session, token=self.made.tokens[number], now=self.installation.clock())
        if found is None:
            raise RuntimeError(f"person {number} is not signed in")
        return found


@contextmanager
def library(size: Size, folder: Path, url: str) -> Iterator[Place]:
    """A library of that size in a fresh database."""
    (folder / "media").mkdir(parents=True)
    migrate(url)
    ini = {
        "sqlalchemy.url": url,
        "privmedia.media_root": str(folder / "media"),
        "privmedia.base_url": f"http://{HOST}",
        "privmedia.secret": SECRET,
        "privmedia.front_server": "nginx",
    }
    installation = Installation.open(Settings.read(ini, {}))
    try:
        with writing(installation.sessions) as session:
            made = fill(session, size)
        with writing(installation.sessions) as session:
            session.execute(text("ANALYZE"))
            if wrong := Pointers(session, installation.clock).differences():
                raise RuntimeError(f"the library is not sound: {wrong[:3]}")
        app = compose(Configurator(settings=dict(ini)), installation)
        collect_seldom()  # as the application does when it starts
        yield Place(made, installation, app)
        gc.unfreeze()
    finally:
        installation.close()


def timed(what: Callable[[], object], *, times: int, clock: Callable[[], float] = time.perf_counter) -> Times:
    """How long `what` takes by that clock, once it has been done a few times."""
    for _warm_up in range(3):
        what()
    each = []
    for _turn in range(times):
        begun = clock()
        what()
        each.append((clock() - begun) * 1000)
    return Times(tuple(each))


def together(several: Sequence[Times]) -> Times:
    return Times(tuple(each for times in several for each in times.each))


def pages(place: Place, number: int) -> dict[str, str]:
    """The address of each page that is measured, for one person: everything on it exists for them."""
    identity, made = place.identity(number), place.made
    with reading(place.installation.sessions) as session:
        first = Shelves(session, place.installation).items(identity)
        listed = Tree(session, place.installation).tops(identity)
        folder = made.largest if identity.is_admin else listed[0].uid
    if identity.user_id in ASKING["sees most"]:
        folder = made.largest
    found = {
        "library": "/",
        "recent": "/recent",
        "folder": f"/f/{folder}",
        "item": f"/m/{first.items[0].uid}",
        "add files": "/upload/plain",
        "as rows, by title": "/recent?view=list&sort=title",
        "longest videos": "/?kind=video&sort=longest",
        "shared": "/shared",
        "starred": "/starred",
        "a folder by name": "/folders?q=mar",
    }
    for word in SEARCHED:
        found[f"{SEARCH} for “{word}”"] = f"/search?q={word}"
    common = max(SEARCHED, key=SEARCHED.__getitem__)
    found[f"{SEARCH} for “{common}”, newest first"] = f"/search?q={common}&order=newest"
    found[f"{SEARCH} for “step”, which every title has"] = "/search?q=step"
    found[f"{SEARCH} for “beering”, which is none"] = "/search?q=beering"
    found["suggestions for “bea”"] = "/search/suggest?q=bea"
    if first.next:
        found["recent, second page"] = f"/recent?after={first.next}"
    if identity.is_admin:
        found |= {
            "access of a folder": f"/f/{folder}/access",
            "who can see it": f"/f/{folder}/who",
            "a name typed": f"/f/{folder}/access/suggest?q=mar",
            "people": "/admin/users",
            "a group": "/admin/groups",
        }
    return found


def questions(place: Place, number: int) -> dict[str, Callable[[], object]]:
    """The statements behind the pages, one by one."""
    identity, made, installation = place.identity(number), place.made, place.installation
    gate = place.app.registry["gate"]
    now, token = milliseconds(installation.clock()), token_hash(made.tokens[number])

    def newest() -> object:
        with reading(installation.sessions) as session:
            return Shelves(session, installation).items(identity)

    def how_much() -> object:
        with reading(installation.sessions) as session:
            return Counting(session, installation).totals(identity)

    def who() -> object:
        with reading(installation.sessions) as session:
            folder: Folder = Library(session, installation).folder(made.folders[-1])
            return WhoSees(session, installation).of_folder(folder, identity)

    return {
        "the gate": lambda: gate.ask(token=token, now=now, item=made.items[-1], version=None, file="play.mp4"),
        "newest items": newest,
        "how much there is": how_much,
        "who can see it": who,
    }


def measure(place: Place, turns: int, clock: Callable[[], float]) -> dict[tuple[str, str], Times]:
    """Every page and every statement, for each kind of person."""
    measured: dict[tuple[str, str], Times] = {}
    for kind, numbers in ASKING.items():
        found: dict[str, list[Times]] = {}
        for number in numbers:
            each = -(-turns // len(numbers))
            for name, address in pages(place, number).items():
                found.setdefault(name, []).append(timed(partial(place.get, address, number), times=each, clock=clock))
            for name, ask in questions(place, number).items():
                found.setdefault(f"*{name}*", []).append(timed(ask, times=each, clock=clock))
        for name, several in found.items():
            measured[name, kind] = together(several)
    return measured


def goal_of(name: str) -> int:
    """Milliseconds that a page of this name may take."""
    return SEARCH_GOAL if name.startswith(SEARCH) else GOAL


def written(taken: float) -> str:
    """To the precision that says something."""
    return f"{taken:.3f}" if taken < 1 else f"{taken:.1f}"


def table(large: dict[tuple[str, str], Times], small: dict[tuple[str, str], Times]) -> str:
    """A row for each page and statement, a column for each kind of person."""
    lines = [
        "| " + " | ".join(["ms, median / p95 (p95 at a tenth of the size)", *ASKING]) + " |",
        "|---|" + "---:|" * len(ASKING),
    ]
    for name in dict.fromkeys(name for name, _kind in large):
        cells = []
        for kind in ASKING:
            here, there = large.get((name, kind)), small.get((name, kind))
            if here is None:
                cells.append("")
                continue
            mark = "**" if here.p95 > goal_of(name) else ""
            beside = f" ({written(there.p95)})" if there is not None else ""
            cells.append(f"{written(here.median)} / {mark}{written(here.p95)}{mark}{beside}")
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def new_database(socket: Path, name: str) -> str:
    """An empty database of a PostgreSQL that listens on this socket."""
    with psycopg.connect(host=str(socket), user="tester", dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"postgresql://tester@/{name}?host={socket}"


def main(command: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__)
    parser.add_argument("--turns", type=int, default=60, help="times each kind of person asks (default 60)")
    parser.add_argument("--postgresql", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument(
        "--processor",
        action="store_true",
        help="the processor's time instead of the clock's, for a machine that has other work; on SQLite only, "
        "because a database server's own time is not in it",
    )
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args(command)
    if chosen.processor and chosen.postgresql:
        parser.error("--processor measures one process, and PostgreSQL is another")
    clock = time.process_time if chosen.processor else time.perf_counter
    measured = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="scale-")))
        socket = None
        if chosen.postgresql:
            programs = postgresql.programs()
            if programs is None:
                print("PostgreSQL is missing: apt-get install postgresql", file=sys.stderr)
                return 1
            socket = stack.enter_context(postgresql.cluster(programs))
        for size in (LARGE, SMALL):
            name = f"size{size.items}"
            url = f"sqlite:///{folder}/{name}.sqlite" if socket is None else new_database(socket, name)
            with library(size, folder / name, url) as place:
                measured[size] = measure(place, chosen.turns, clock)
    words = " ".join([".venv/bin/python -m tests.bench.scale", *command])
    made, kept = table(measured[LARGE], measured[SMALL]), partial(page.keep, command=words, write=chosen.write)
    print(kept("scale on PostgreSQL" if chosen.postgresql else "scale", made))
    pages = {key: times.p95 for key, times in measured[LARGE].items() if not key[0].startswith("*")}
    slow = {key: taken for key, taken in pages.items() if taken >= goal_of(key[0])}
    (name, kind), worst = max(pages.items(), key=lambda one: one[1] / goal_of(one[0][0]))
    print(f"nearest to its goal of {goal_of(name)} ms, or beyond: {name} ({kind}), {worst:.1f} ms at p95")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
