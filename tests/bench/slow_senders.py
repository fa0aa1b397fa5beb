"""`python -m tests.bench.slow_senders`: how quick pages are while 200 people upload over slow lines.

The shipped configuration, with one process of four threads. Each sender has its own upload and sends 10 kB/s; nginx
keeps a part until it is whole, so none of them holds a thread.
"""
from __future__ import annotations

import argparse
import asyncio
import base64
import http.client
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path

from privmedia.access.permissions import Permission
from privmedia.accounts.tokens import Tokens
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.operations.front_servers import APP_SERVERS, AppServer
from privmedia.operations.stack import HOST, Stack
from privmedia.scopes import Scope
from tests.bench import page
from tests.bench.scale import Times
from tests.private_library import PrivateLibrary
from tests.sites import free_port

SENDERS = 200
SPEED = 10_000
"""Bytes a second of each."""
PART = 4_000_000
GOAL = 500
"""Milliseconds for 95 of 100 pages."""
PAGES = ("/", "/recent", "/mine")


def serve(folder: Path, app: AppServer, stack: ExitStack) -> tuple[Stack, PrivateLibrary]:
    """The stack with four threads of the application, and a library in it."""
    server = Stack(folder, free_port(), app, {"PYTHONWARNINGS": "ignore"}, quiet=True)
    server.prepare()
    ini = re.sub(r"^(workers|processes) = \d+$", r"\1 = 1", server.ini.read_text(), flags=re.MULTILINE)
    server.ini.write_text(ini)
    stack.callback(server.stop)
    installation = Installation.open(server.settings)
    stack.callback(installation.close)
    library = PrivateLibrary(installation)
    library.add_person("leila", allow=Permission.VIEW | Permission.UPLOAD)
    server.start(worker=False)
    return server, library


def token(library: PrivateLibrary) -> dict[str, str]:
    with writing(library.installation.sessions) as session:
        owner = library.user(session, "leila")
        text = Tokens(session, library.installation).add(
            user=owner, name="slow", scopes=(Scope.UPLOAD,), lasts=timedelta(days=1)
        )[1]
    return {"Authorization": f"Bearer {text}", "Tus-Resumable": "1.0.0"}


def announced(port: int, folder: str, headers: Mapping[str, str]) -> str:
    """The path of a new upload. Raises RuntimeError if it was refused."""
    about = {"filename": "slow.mp4", "folder": folder}
    pairs = ",".join(f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in about.items())
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request(
        "POST", "/uploads/", headers={**headers, "Upload-Length": str(PART), "Upload-Metadata": pairs}
    )
    response = connection.getresponse()
    if response.status != 201:
        raise RuntimeError(f"{response.status}: {response.read()!r}")
    return "/uploads/" + response.headers["Location"].rpartition("/")[2]


async def send_slowly(port: int, address: str, headers: Mapping[str, str], until: asyncio.Event) -> None:
    """One part, ten times a second a little of it."""
    _reader, writer = await asyncio.open_connection(HOST, port)
    lines = {
        "Host": f"{HOST}:{port}",
        "Content-Type": "application/offset+octet-stream",
        "Upload-Offset": "0",
        "Content-Length": str(PART),
        **headers,
    }
    head = f"PATCH {address} HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in lines.items())
    writer.write(head.encode() + b"\r\n")
    while not until.is_set():
        writer.write(bytes(SPEED // 10))
        with suppress(ConnectionError):
            await writer.drain()
        await asyncio.sleep(0.1)
    writer.close()


def browse(port: int, cookie: Mapping[str, str], seconds: float) -> Times:
    """Pages one after the other on one connection. Raises RuntimeError for what is no page."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    each, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        for address in PAGES:
            begun = time.perf_counter()
            connection.request("GET", address, headers=dict(cookie))
            response = connection.getresponse()
            response.read()
            each.append((time.perf_counter() - begun) * 1000)
            if response.status != 200:
                raise RuntimeError(f"{address}: {response.status}")
    return Times(tuple(each))


async def measure(server: Stack, library: PrivateLibrary, seconds: float) -> tuple[Times, Times]:
    """Pages without and with the senders."""
    headers = token(library)
    addresses = [announced(server.port, library.folder, headers) for _number in range(SENDERS)]
    browse(server.port, library.cookie("leila"), 2)
    alone = await asyncio.to_thread(browse, server.port, library.cookie("leila"), seconds)
    ended = asyncio.Event()
    senders = [asyncio.create_task(send_slowly(server.port, address, headers, ended)) for address in addresses]
    await asyncio.sleep(2)
    beside = await asyncio.to_thread(browse, server.port, library.cookie("leila"), seconds)
    still = sum(not sender.done() for sender in senders)
    ended.set()
    await asyncio.gather(*senders)
    if still != SENDERS:
        raise RuntimeError(f"only {still} of {SENDERS} were still sending")
    return alone, beside


def main(command: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.slow_senders", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="how long pages are asked for each time (default 10)")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args(command)
    lines = ["| page, ms, median / p95 | nobody sends | 200 send | ratio of the medians |", "|---|---:|---:|---:|"]
    worst = 0.0
    for app in APP_SERVERS:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slow-")))
            server, library = serve(folder, app, stack)
            alone, beside = asyncio.run(measure(server, library, chosen.seconds))
        worst = max(worst, beside.p95)
        ratio = beside.median / alone.median
        cells = " | ".join(f"{times.median:.1f} / {times.p95:.1f}" for times in (alone, beside))
        lines.append(f"| {app} | {cells} | {ratio:.2f} |")
    words = " ".join([".venv/bin/python -m tests.bench.slow_senders", *command])
    print(page.keep("slow", "\n".join(lines), command=words, write=chosen.write))
    print(f"goal: {GOAL} ms at p95; worst: {worst:.1f} ms")
    return 1 if worst >= GOAL else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
