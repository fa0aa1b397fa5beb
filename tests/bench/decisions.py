"""`python -m tests.bench.decisions`: what one decision takes, by the size of the library and the depth of its folders.

The whole application is asked in one process, from a request's environment to the answer that nginx would act on. Two
libraries with the same people and rules, of 1,000 and of 1,000,000 items, are asked in turn for 200 items each; and
items in a folder at the top, and twelve folders deep with rules on each of them, of which only the first lets the
member in. With `--profile` it says instead which functions the time goes to.
"""
from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pyramid.config import Configurator

from privmedia import compose
from privmedia.access.permissions import Permission
from privmedia.access.principals import group, user
from privmedia.db import writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import File, Kind, State
from privmedia.library.paths import Paths
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import DEEPEST, Library, Received
from privmedia.memory import collect_seldom
from privmedia.operations.migrations import migrate
from privmedia.settings import Settings
from tests.bench import files, page, privmedia_seed, report
from tests.bench.library import FILE, SIZES, Plan, token_of
from tests.bench.library import Library as Planned
from tests.bench.prepared import ROOT

HOST = "127.0.0.1:8080"
SMALL, LARGE = 1_000, 1_000_000
SHALLOW, DEEP = 1, 12
"""Folders above an item, the root aside."""
ASKED = 200
"""Items that are asked for in turn."""
SAME, DEEPER = 1.15, 1.5
"""How much longer it may take in the large library, and twelve folders deep."""


@dataclass(frozen=True)
class Place:
    """A library, open for asking."""

    app: Any
    items: Sequence[str]
    """Public ids of what the member may view."""
    depths: dict[int, Sequence[str]]
    """The same at depths of their own."""

    def decide(self, item: str) -> list[tuple[str, str]]:
        """The headers of the answer for one item. Raises RuntimeError if it is no yes."""
        environ = {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": f"/smedia/{item}/{FILE}",
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8080",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "HTTP_COOKIE": f"session={token_of(1)}",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        answer = self.app(environ, lambda status, headers, _info=None: begun.append((status, headers)))
        for _part in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()
        status, headers = begun[0]
        if not status.startswith("200") or "X-Accel-Redirect" not in dict(headers):
            raise RuntimeError(f"{item}: {status}")
        return headers


@contextmanager
def opened(folder: Path, items: int) -> Iterator[Place]:
    """A library of that many items, filled when it is asked for first."""
    root, kept = folder / "media", folder / "asked.json"
    ini = {
        "sqlalchemy.url": f"sqlite:///{folder}/privmedia.sqlite",
        "privmedia.media_root": str(root),
        "privmedia.base_url": f"http://{HOST}",
        "privmedia.secret": "4f0c2a9be1d75863f2a0c9d8e7b61534",
        "privmedia.front_server": "nginx",
    }
    plan = Plan(items=items, folders=min(1_000, items // 2), lengths=dict.fromkeys(SIZES, 1 << 10))
    if not kept.exists():
        print(f"filling a library of {items:,} items …", flush=True)
        root.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.sqlite*"):
            old.unlink()
        planned = Planned.make(plan)
        privmedia_seed.seed(ini["sqlalchemy.url"], planned)
        files.place(planned, root)
    migrate(ini["sqlalchemy.url"])  # what is kept is older than the newest schema, perhaps
    installation = Installation.open(Settings.read(ini, {}))
    try:
        if not kept.exists():
            step = max(1, len(planned.viewable) // ASKED)
            some = planned.viewable[::step][:ASKED]
            for item in some:
                _put_file(installation, item.uid)
            depths = {depth: _deep_items(installation, depth) for depth in (SHALLOW, DEEP)}
            kept.write_text(json.dumps({"items": [item.uid for item in some], "depths": depths}))
        found = json.loads(kept.read_text())
        app = compose(Configurator(settings=dict(ini)), installation)
        collect_seldom()  # as the application does when it starts
        yield Place(app, found["items"], {int(depth): uids for depth, uids in found["depths"].items()})
    finally:
        installation.close()


def _put_file(installation: Installation, uid: str) -> None:
    place = installation.storage.version_folder(uid, 1)
    place.mkdir(parents=True, exist_ok=True)
    (place / FILE).write_bytes(bytes(1 << 10))


def _deep_items(installation: Installation, depth: int) -> list[str]:
    """Items so deep; each folder has rules, for groups the member is not in below the first."""
    # The deepest there may be counts the library itself, whose rules stand above all.
    levels = range(1, min(depth, DEEPEST - 1) + 1)
    names = [f"Depth {depth} {level}" for level in levels]
    uids = []
    with writing(installation.sessions) as session:
        library, rules = Library(session, installation), Rules(session, installation)
        for level in levels:
            folder = Paths(session, installation).make_folders("/".join(names[:level]))[-1]
            rules.set(folder, Wanted(user(1) if level == 1 else group(level), Permission.VIEW))
        for number in range(ASKED // 10):
            uids.append(new_uid())
            received = Received(uid=uids[-1], filename="a.mp4", media_type="video/mp4", size=1 << 10, kind=Kind.VIDEO)
            version = library.add_item(folder=folder, title=f"Item {number}", received=received, by=None)
            version.state = version.item.state = State.READY
            version.item.shown = True
            session.add(
                File(version_id=version.id, name=FILE, stored_as=FILE, media_type="video/mp4", size=1 << 10)
            )
    for uid in uids:
        _put_file(installation, uid)
    return uids


def per_decision(place: Place, items: Sequence[str], turns: int) -> float:
    """Microseconds that one of `turns` decisions takes."""
    begun = time.perf_counter()
    for turn in range(turns):
        place.decide(items[turn % len(items)])
    return (time.perf_counter() - begun) / turns * 1e6


@dataclass(frozen=True)
class Compared:
    """Two ways to ask, round by round: microseconds for each decision."""

    words: tuple[str, str]
    one: Sequence[float]
    other: Sequence[float]
    most: float

    @property
    def ratio(self) -> float:
        return statistics.median(b / a for a, b in zip(self.one, self.other, strict=True))

    @property
    def met(self) -> bool:
        return self.ratio <= self.most

    def row(self) -> str:
        ratios = sorted(b / a for a, b in zip(self.one, self.other, strict=True))
        times = " | ".join(f"{statistics.median(each):.1f}" for each in (self.one, self.other))
        return (
            f"| {self.words[0]}, {self.words[1]} | {times} | {self.ratio:.3f} | {ratios[0]:.3f}, {ratios[-1]:.3f}"
            f" | {self.most:g} | {report.verdict(met=self.met)} |"
        )


def compare(
    words: tuple[str, str], one: Callable[[], float], other: Callable[[], float], most: float, rounds: int
) -> Compared:
    """In turns, so that what disturbs the machine disturbs both; which is first changes with each round."""
    one(), other()
    measured: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds):
        for which in ((0, 1), (1, 0))[turn % 2]:
            measured[which].append((one, other)[which]())
    return Compared(words, *measured, most)


def measure(folder: Path, *, rounds: int, turns: int, large: int = LARGE) -> list[Compared]:
    """Both comparisons."""
    with ExitStack() as stack:
        few = stack.enter_context(opened(folder / str(SMALL), SMALL))
        many = stack.enter_context(opened(folder / str(large), large))
        return [
            compare(
                (f"{SMALL:,} items", f"{large:,} items"),
                lambda: per_decision(few, few.items, turns), lambda: per_decision(many, many.items, turns),
                SAME, rounds,
            ),
            compare(
                (f"folder depth {SHALLOW}", f"folder depth {DEEP}"),
                lambda: per_decision(many, many.depths[SHALLOW], turns),
                lambda: per_decision(many, many.depths[DEEP], turns),
                DEEPER, rounds,
            ),
        ]  # fmt: skip


def table(compared: Sequence[Compared]) -> str:
    head = "| | microseconds | | ratio | lowest and highest | at most | |\n|---|---:|---:|---:|---:|---:|---|"
    return "\n".join([head, *(each.row() for each in compared)])


def profiled(place: Place, turns: int) -> None:
    """Print where the time goes."""
    per_decision(place, place.items, turns // 10)
    profile = cProfile.Profile()
    profile.runcall(per_decision, place, place.items, turns)
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def main(command: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.decisions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="times each has its turn (default 15)")
    parser.add_argument("--turns", type=int, default=3_000, help="decisions in each turn (default 3000)")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench" / "decisions", help="what is kept")
    parser.add_argument("--profile", action="store_true", help="the functions that take the time, in a small library")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args(command)
    folder = chosen.folder.absolute()
    if chosen.profile:
        with opened(folder / str(SMALL), SMALL) as place:
            profiled(place, chosen.turns)
        return 0
    compared = measure(folder, rounds=chosen.rounds, turns=chosen.turns)
    words = f".venv/bin/python -m tests.bench.decisions {shlex.join(command)}".rstrip()
    print(page.keep("decisions", table(compared), command=words, write=chosen.write))
    return 0 if all(each.met for each in compared) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
