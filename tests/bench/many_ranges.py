"""`python -m tests.bench.many_ranges`: what a request for thousands of parts costs, beside one for the whole file.

Each request comes on a connection of its own, and its answer is read to the end. Several ranges are answered with the
whole file; a header longer than nginx reads (8 kB) with 400. Without nginx the built-in sender is asked in this
process, up to its first bytes.
"""
from __future__ import annotations

import argparse
import http.client
import shlex
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from webob.request import BaseRequest

from privmedia.delivery.senders.builtin import BuiltinSender
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage
from tests.bench import page, report
from tests.bench.library import Item
from tests.bench.prepared import ROOT, Site, prepare
from tests.bench.serving import serving
from tests.bench.stacks import Stack

MANY = 10_000
LONGEST = 8_000
"""Bytes of one header that nginx takes, as it is set up."""
TURNS = 60
MOST = 1.1
"""The ratio that is no more: what one measuring differs from the next."""


def parts(count: int) -> str:
    return "bytes=" + ",".join(f"{2 * number}-{2 * number}" for number in range(count))


def longest_for_nginx() -> str:
    """As many as go into one header of nginx's."""
    count = 1
    while len(parts(count + 50)) < LONGEST:
        count += 50
    return parts(count)


def through_nginx(stack: Stack, item: Item, part: str) -> Callable[[], int]:
    """Ask for a file by those ranges; how many bytes of it came."""

    def ask() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
        try:
            headers = {"Cookie": stack.cookie, "Range": part}
            connection.request("GET", stack.path(item), headers=headers)
            return len(connection.getresponse().read())
        finally:
            connection.close()

    return ask


def without_nginx(site: Site, item: Item, part: str) -> Callable[[], int]:
    """The same of the built-in sender, up to its first bytes."""
    sender = BuiltinSender(Storage(site.media_root))
    file = DecidedFile(item.uid, 1, "play.mp4", "video/mp4", "inline")

    def ask() -> int:
        request = BaseRequest.blank("/", headers={"Range": part})
        request.body_file = BytesIO()
        return len(next(iter(sender.answer(request, file).app_iter), b""))

    return ask


def milliseconds(ask: Callable[[], int]) -> float:
    begun = time.perf_counter()
    ask()
    return (time.perf_counter() - begun) * 1000


def measure(stack: Stack, site: Site, turns: int) -> tuple[str, bool]:
    """The table, and whether thousands cost no more than one."""
    item = site.library.asked_for("1 MB")[0]
    longest = longest_for_nginx()
    asked = {
        "nginx": {
            "one": through_nginx(stack, item, "bytes=0-"),
            f"{longest.count(',') + 1:,}": through_nginx(stack, item, longest),
            f"{MANY:,}": through_nginx(stack, item, parts(MANY)),
        },
        "built in": {
            "one": without_nginx(site, item, "bytes=0-"),
            f"{MANY:,}": without_nginx(site, item, parts(MANY)),
        },
    }
    lines = ["| ranges of a file of 1 MB | bytes of the answer | ms | to one | |", "|---|---:|---:|---:|---|"]
    well = True
    for where, each in asked.items():
        times: dict[str, list[float]] = {name: [] for name in each}
        for _turn in range(turns):
            for name, ask in each.items():
                times[name].append(milliseconds(ask))
        for name, ask in each.items():
            ratio = statistics.median(times[name]) / statistics.median(times["one"])
            met = ratio <= MOST
            well = well and met
            verdict = "" if name == "one" else report.verdict(met=met)
            took = statistics.median(times[name])
            lines.append(f"| {where}, {name} | {ask():,} | {took:.3f} | {ratio:.2f} | {verdict} |")
    return "\n".join(lines), well


def main(command: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many_ranges", description=__doc__)
    parser.add_argument("--turns", type=int, default=TURNS, help=f"times each is asked (default {TURNS})")
    parser.add_argument("--folder", type=Path, default=ROOT / "var" / "bench", help="what is kept (default var/bench)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args(command)
    site = prepare(chosen.folder.absolute(), others=False)
    run = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        with serving(site, run, ["nginx", "privmedia"]) as processes:
            text, well = measure(processes["privmedia"][0], site, chosen.turns)
    finally:
        shutil.rmtree(run)
    words = f".venv/bin/python -m tests.bench.many_ranges {shlex.join(command)}".rstrip()
    print(page.keep("ranges", text, command=words, write=chosen.write))
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
