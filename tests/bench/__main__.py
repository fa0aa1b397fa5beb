"""`python -m tests.bench`: measure, print the tables, and with `--write` put them into docs/benchmarks.md."""
from __future__ import annotations

import argparse
import os
import shlex
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.bench import memory, page, receiving, report
from tests.bench.load import LoadFailed
from tests.bench.prepared import ROOT, prepare
from tests.bench.scenarios import SCENARIOS
from tests.bench.serving import OTHERS, STACKS, serving, speeds


def arguments(command: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"of {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=9, help="times each stack has its turn (default 9)")
    parser.add_argument("--seconds", type=float, default=4, help="length of a turn (default 4)")
    parser.add_argument("--only", default=",".join(STACKS), help=f"stacks, separated by commas, of {','.join(STACKS)}")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--memory", action="store_true", help="watch a worker's memory instead: 2 GB out, 2 GB in")
    parser.add_argument("--receive", action="store_true", help="receive files of 1 GB instead, in every way there is")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="what is kept (default var/bench)")
    parser.add_argument("--keep", action="store_true", help="keep the servers' logs and configurations, and say where")
    chosen = parser.parse_args(command)
    chosen.only = chosen.only.split(",")
    chosen.scenarios = chosen.scenarios or list(SCENARIOS)
    if unknown := set(chosen.only) - set(STACKS):
        parser.error(f"no such stack: {', '.join(sorted(unknown))}")
    if unknown := set(chosen.scenarios) - set(SCENARIOS):
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    return chosen


def main(command: list[str]) -> int:
    chosen = arguments(command)
    if missing := [program for program in ("nginx", "wrk") if shutil.which(program, path=_path()) is None]:
        print(f"The benchmark needs {' and '.join(missing)}: apt-get install {' '.join(missing)}", file=sys.stderr)
        return 1
    site = prepare(chosen.folder.absolute(), others=bool(set(OTHERS) & set(chosen.only)))
    # A short path: the name of a socket may have no more than 107 characters.
    run = Path(tempfile.mkdtemp(prefix="bench-"))
    words = f".venv/bin/python -m tests.bench {shlex.join(command)}".rstrip()
    keep = partial(page.keep, command=words, write=chosen.write)
    try:
        if chosen.memory:
            with serving(site.aside(), run, ["privmedia"]) as processes:
                stack, process = processes["privmedia"]
                watched = memory.watch(stack, process, site)
            print(keep("memory", watched.words()))
            return 0 if watched.flat else 1
        if chosen.receive:
            with serving(site.aside(), run, ["privmedia", "handed", "django"]) as processes:
                received = receiving.measure(processes, site, chosen.rounds)
            print(keep("receiving", receiving.table(received)))
            return 0 if receiving.reached(received) else 1
        measured = speeds(
            site, run, keys=chosen.only, scenarios=chosen.scenarios, rounds=chosen.rounds, seconds=chosen.seconds
        )
        for made, series in measured:
            tables = (report.goals(series), report.table(made, series))
            print(keep(series.scenario.key, "\n\n".join(table for table in tables if table)), flush=True)
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
