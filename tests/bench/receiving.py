"""Files of 1 GB coming in: kept by nginx, handed over, by the plain form, and by a form of Django's beside it.

All of them behind the same nginx and uWSGI, with one worker of four threads. privmedia has each file on the disk when
it answers (fsync); Django leaves that to chance. Its form comes in twice: as nginx does it by default, which keeps a
body until it is whole and then passes it on, and as it arrives, by the directives that privmedia has for its own form.
"""
from __future__ import annotations

import http.client
import os
import shutil
import statistics
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from privmedia.uploads.tus import BYTES, PART
from tests.bench.load import LoadFailed
from tests.bench.memory import BOUNDARY, Highest, around_a_file, film, form, only_child, receive_form, resident
from tests.bench.nginx import BUFFERED
from tests.bench.prepared import Site
from tests.bench.report import TIMES
from tests.bench.stacks import Stack

VOLUME = 1 << 30  # bytes
DJANGO = "Django, a form with a `FileField`"
ALREADY_THERE = "the same, passed on as it arrives"
WHOLE = "kept by nginx, one request"
FASTER, LEAST_SECONDS = 2.5, 0.1
"""Times as fast as Django's form; seconds of the worker's processor for 1 GB that nginx keeps."""
Way = Callable[[Stack, Site], Callable[[], None]]
"""Makes ready what is not measured (a page, its token), and answers what is."""


@dataclass(frozen=True)
class Received:
    """How one file came in."""

    seconds: float
    processor: float
    """Seconds of the worker's processor."""
    grown: int
    """Bytes of memory by which the worker grew meanwhile."""


def measure(
    processes: Mapping[str, tuple[Stack, int]], site: Site, rounds: int
) -> dict[str, list[Received]]:
    """Every way once, then again from the start. Raises LoadFailed."""
    ways: dict[str, tuple[str, Way]] = {
        WHOLE: ("privmedia", whole),
        "kept by nginx, parts of 16 MB": ("privmedia", parts),
        "handed over, parts of 16 MB": ("handed", parts),
        "the plain form": ("privmedia", plain),
        DJANGO: ("django", partial(django, BUFFERED)),
        ALREADY_THERE: ("django", partial(django, "/upload/plain")),
    }
    found: dict[str, list[Received]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, (key, way) in ways.items():
            stack, master = processes[key]
            one = watched(only_child(master), way(stack, site))
            if number:  # the first one warms up
                found[name].append(one)
                figures = f"{one.seconds:6.2f} s, {one.processor:5.2f} s of the worker"
                print(f"round {number}: {name:34} {figures}", flush=True)
    return found


def watched(worker: int, receive: Callable[[], None]) -> Received:
    os.sync()
    before, processor, begun = resident(worker), processor_of(worker), time.perf_counter()
    with Highest(worker) as highest:
        receive()
        seconds = time.perf_counter() - begun
    return Received(seconds, processor_of(worker) - processor, highest.bytes - before)


def processor_of(process: int) -> float:
    """Seconds a process has used a processor, all its threads together."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9


def whole(stack: Stack, site: Site) -> Callable[[], None]:
    headers, folder = _signed_in(stack, site)

    def receive() -> None:
        answer = _send(stack, "POST", "/uploads/", headers | _announcement(folder), film(VOLUME), VOLUME, 201)
        _take_away(site, answer["Location-Item"])

    return receive


def parts(stack: Stack, site: Site) -> Callable[[], None]:
    headers, folder = _signed_in(stack, site)

    def receive() -> None:
        answer = _send(stack, "POST", "/uploads/", headers | _announcement(folder), (), 0, 201)
        address = "/uploads/" + answer["Location"].rpartition("/")[2]
        blocks, offset, block = film(VOLUME), 0, b""
        while offset < VOLUME:
            part = bytearray(block)
            while len(part) < PART and (block := next(blocks, b"")):
                part += block
            part, block = part[:PART], bytes(part[PART:])
            said = headers | {"Upload-Offset": str(offset), "Content-Type": BYTES}
            answer = _send(stack, "PATCH", address, said, (part,), len(part), 204)
            offset += len(part)
        _take_away(site, answer["Location-Item"])

    return receive


def plain(stack: Stack, site: Site) -> Callable[[], None]:
    signed_in = form(stack, site)
    return lambda: receive_form(stack, site, VOLUME, signed_in)


def django(address: str, stack: Stack, site: Site) -> Callable[[], None]:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=120)
    connection.request("GET", "/upload/plain", headers={"Cookie": stack.cookie})
    response = connection.getresponse()
    token, csrf = response.read().decode(), response.headers["Set-Cookie"].partition(";")[0]
    connection.close()
    start, end = around_a_file({"csrfmiddlewaretoken": token, "title": "Benchmark"})
    headers = {"Cookie": f"{stack.cookie}; {csrf}", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    def body() -> Iterable[bytes]:
        yield start.encode()
        yield from film(VOLUME)
        yield end.encode()

    def receive() -> None:
        _send(stack, "POST", address, headers, body(), len(start) + VOLUME + len(end), 201)
        for kept in (site.django_uploads / "uploads").iterdir():
            kept.unlink()

    return receive


def table(received: Mapping[str, list[Received]]) -> str:
    """A row for each way, with its ratio to Django's form within each round."""
    lines = [
        f"| 1 GB comes in | MB/s | {TIMES} Django | lowest and highest | worker, s | nth of Django's | worker grows |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, each in received.items():
        pairs = list(zip(received[DJANGO], each, strict=True))
        faster = [other.seconds / one.seconds for other, one in pairs]
        processor = statistics.median(one.processor for one in each)
        less = statistics.median(one.processor for one in received[DJANGO]) / max(processor, 0.01)
        grown = max(one.grown for one in each) / (1 << 20)
        speed = VOLUME / statistics.median(one.seconds for one in each) / 1e6
        lines.append(
            f"| {name} | {speed:,.0f} | {statistics.median(faster):.2f} | {min(faster):.2f}, {max(faster):.2f} "
            f"| {processor:.2f} | {less:.1f} | {grown:.1f} MB |"
        )
    return "\n".join([*lines, "", f"Linux began to write what had arrived at {written_from()}."])


def written_from() -> str:
    """How much has to have arrived before Linux begins to write it to the disk, in words."""
    said = Path("/proc/sys/vm/dirty_background_bytes").read_text().strip()
    if said != "0":
        return f"{int(said) / (1 << 20):,.0f} MB"
    return f"{Path('/proc/sys/vm/dirty_background_ratio').read_text().strip()} % of the memory"


def reached(received: Mapping[str, list[Received]]) -> bool:
    """Whether what nginx keeps is as quick as promised."""
    pairs = zip(received[DJANGO], received[WHOLE], strict=True)
    faster = statistics.median(other.seconds / one.seconds for other, one in pairs)
    processor = statistics.median(one.processor for one in received[WHOLE])
    print(f"goal: {FASTER} times Django's form, is {faster:.2f}; {LEAST_SECONDS} s of the worker, is {processor:.2f} s")
    return faster >= FASTER and processor < LEAST_SECONDS


def _signed_in(stack: Stack, site: Site) -> tuple[dict[str, str], str]:
    cookie, token = form(stack, site)
    said = {"Cookie": cookie, "Origin": stack.address, "X-CSRF-Token": token, "Tus-Resumable": "1.0.0"}
    return said, site.library.folders[0].uid


def _announcement(folder: str) -> dict[str, str]:
    about = {"filename": "bench.mp4", "folder": folder}
    pairs = ",".join(f"{name} {b64encode(text.encode()).decode()}" for name, text in about.items())
    return {"Upload-Length": str(VOLUME), "Upload-Metadata": pairs, "Content-Type": BYTES}


def _send(
    stack: Stack,
    method: str,
    address: str,
    headers: Mapping[str, str],
    body: Iterable[bytes | bytearray],
    length: int,
    status: int,
) -> Mapping[str, str]:
    """One request on a connection of its own; the headers of its answer. Raises LoadFailed."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=300)
    try:
        connection.request(method, address, body=body or None, headers={**headers, "Content-Length": str(length)})
        response = connection.getresponse()
        if response.status != status:
            raise LoadFailed(f"{method} {address}: {response.status} {response.read()[:300]!r}")
        return response.headers
    finally:
        connection.close()


def _take_away(site: Site, address: str) -> None:
    uid = address.rpartition("/")[2]
    shutil.rmtree(site.media_root / "private" / uid[:2] / uid[2:4] / uid)
