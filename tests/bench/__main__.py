"""`python -m tests.bench`: measure, print the tables, and with `--write` put them into docs/benchmarks.md."""
from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import memory, nginx, page, receiving, running, stacks
from tests.bench.library import SIZES
from tests.bench.load import LoadFailed
from tests.bench.measuring import Series, measure
from tests.bench.prepared import ROOT, Site, prepare
from tests.bench.proof import prove
from tests.bench.stacks import Stack

KEYS = ("nginx", "empty", "privmedia", "gunicorn", "django")
ASIDE = ("handed",)
"""Only for receiving."""


def arguments(command: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="times each stack has its turn (default 5)")
    parser.add_argument("--seconds", type=float, default=4, help="length of a turn (default 4)")
    parser.add_argument("--only", default=",".join(KEYS), help=f"stacks, separated by commas, of {','.join(KEYS)}")
    parser.add_argument("--sizes", default=",".join(SIZES), help=f"sizes, separated by commas, of {','.join(SIZES)}")
    parser.add_argument("--crowd", action="store_true", help="1 KB with 16 connections as well")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--memory", action="store_true", help="watch a worker's memory instead: 2 GB out, 2 GB in")
    parser.add_argument("--receive", action="store_true", help="receive files of 1 GB instead, in every way there is")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="what is kept (default var/bench)")
    parser.add_argument("--keep", action="store_true", help="keep the servers' logs and configurations, and say where")
    chosen = parser.parse_args(command)
    chosen.only = chosen.only.split(",")
    chosen.sizes = chosen.sizes.split(",")
    if unknown := set(chosen.only) - set(KEYS):
        parser.error(f"no such stack: {', '.join(sorted(unknown))}")
    if unknown := set(chosen.sizes) - set(SIZES):
        parser.error(f"no such size: {', '.join(sorted(unknown))}")
    return chosen


def build(site: Site, run: Path, keys: list[str]) -> list[Stack]:
    """The stacks that were asked for, in their order in the table."""
    ports = iter(running.free_ports(len(keys)))
    made = []
    for key in (key for key in (*KEYS, *ASIDE) if key in keys):
        port = next(ports)
        if key == "nginx":
            made.append(stacks.nginx_alone(port, run))
        elif key == "empty":
            made.append(stacks.empty_view(port, run))
        elif key == "privmedia":
            made.append(stacks.privmedia_uwsgi(port, run, site))
        elif key == "handed":
            made.append(stacks.privmedia_handed_over(port, run, site))
        elif key == "gunicorn":
            made.append(stacks.privmedia_gunicorn(port, run, site))
        else:
            made.append(stacks.django(port, run, site))
    return made


@contextlib.contextmanager
def serving(site: Site, run: Path, keys: list[str]) -> Iterator[dict[str, tuple[Stack, int]]]:
    """nginx and the stacks behind it: each with the process that was started for it (0: none)."""
    made = build(site, run, keys)
    with contextlib.ExitStack() as servers:
        processes = {
            stack.key: (stack, servers.enter_context(running.started(stack, run)).pid if stack.command else 0)
            for stack in made
        }
        configuration = nginx.write(made, run, site.media_root)
        servers.enter_context(running.nginx(nginx.command(configuration), run, made[0].port))
        yield processes


def speeds(site: Site, run: Path, chosen: argparse.Namespace) -> tuple[list[Stack], list[Series]]:
    """Every size, one after another."""
    with serving(site, run, chosen.only) as processes:
        made = [stack for stack, _ in processes.values()]
        for stack in made:
            prove(stack, site.library, site.media_root / "private")
        plan = [(size, 4) for size in chosen.sizes] + ([("1 KB", 16)] if chosen.crowd else [])
        return made, [
            measure(
                made, site.library, run,
                size=size, connections=connections, rounds=chosen.rounds, seconds=chosen.seconds,
            )
            for size, connections in plan
        ]


def main(command: list[str]) -> int:
    chosen = arguments(command)
    if missing := [program for program in ("nginx", "wrk") if shutil.which(program, path=_path()) is None]:
        print(f"The benchmark needs {' and '.join(missing)}: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 1
    site = prepare(chosen.folder.absolute())
    # A short path: the name of a socket may have no more than 107 characters.
    run = Path(tempfile.mkdtemp(prefix="bench-"))
    words = "make bench" if not command else f".venv/bin/python -m tests.bench {shlex.join(command)}"
    try:
        if chosen.memory:
            with serving(site.aside(), run, ["privmedia"]) as processes:
                stack, process = processes["privmedia"]
                watched = memory.watch(stack, process, site)
            print(watched.words())
            page.keep(memory=watched, command=words, write=chosen.write)
            return 0 if watched.flat else 1
        if chosen.receive:
            with serving(site.aside(), run, ["privmedia", "handed", "django"]) as processes:
                received = receiving.measure(processes, site, chosen.rounds)
            print(page.keep(receiving=receiving.table(received), command=words, write=chosen.write))
            return 0 if receiving.reached(received) else 1
        made, measured = speeds(site, run, chosen)
        print(page.keep(stacks=made, measured=measured, command=words, write=chosen.write))
    except LoadFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    finally:
        if chosen.keep:
            print(f"logs and configurations: {run}")
        else:
            shutil.rmtree(run)
    return 0


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
