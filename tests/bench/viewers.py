"""`python -m tests.bench.viewers`: 1,000 players in pages of other sites that pull HLS through nginx.

The shipped configuration on one machine. Each player is a connection of its own that fetches a part of 200 kB every six
seconds, with its own token in the address, and every part is decided. They begin spread over the six seconds, as people
do; a part's time counts from when it was due, not from when the connection was free again, to its last byte.
"""
from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import re
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert, select

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import SignIn
from privmedia.db import writing
from privmedia.embedding.models import Embed, EmbedToken
from privmedia.ids import new_token
from privmedia.installation import Installation
from privmedia.library.models import STREAMS_FOLDER
from privmedia.operations.front_servers import APP_SERVERS, AppServer
from privmedia.operations.stack import HOST, Stack
from tests.bench import page
from tests.bench.scale import Times
from tests.embeds import make_embed
from tests.private_library import PrivateLibrary
from tests.sites import free_port

VIEWERS = 1000
PART = 200_000
"""Bytes."""
EVERY = 6.0
"""Seconds from one part to the next."""
GOAL = 200
"""Milliseconds for 95 of 100 parts."""
PARTS = 100
STREAM = "720p-bench.mp4"
HEAD = re.compile(rb"\AHTTP/1\.1 206 [^\r\n]*\r\n.*?content-length: *(\d+)", re.IGNORECASE | re.DOTALL)
SEED = 20261130


@dataclass(frozen=True)
class Viewer:
    """Somebody who watches: the address of the stream, and the headers by which they are known, if any."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Pulled:
    """What came of it: milliseconds of each part, and everything that was no part."""

    each: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def times(self) -> Times:
        return Times(tuple(self.each))


async def pull(
    port: int, viewers: Sequence[Viewer], *, seconds: float, every: float = EVERY, part: int = PART
) -> Pulled:
    """Have all of them watch for so many seconds, after a first part each that does not count."""
    pulled, dice, begun = Pulled(), random.Random(SEED), time.monotonic() + 0.5
    starts = [dice.random() * every for _viewer in viewers]
    watching = (
        _watch(port, viewer, begun + start, begun + every + seconds, every, part, pulled)
        for viewer, start in zip(viewers, starts, strict=True)
    )
    await asyncio.gather(*watching)
    return pulled


async def _watch(
    port: int, viewer: Viewer, due: float, until: float, every: float, part: int, pulled: Pulled
) -> None:
    number, writer = 0, None
    try:
        while due < until:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            if writer is None:
                reader, writer = await asyncio.open_connection(HOST, port, limit=1 << 18)
            first = (number % PARTS) * part
            lines = [f"GET {viewer.path} HTTP/1.1", f"Host: {HOST}:{port}", f"Range: bytes={first}-{first + part - 1}"]
            lines += [f"{name}: {value}" for name, value in viewer.headers]
            writer.write("\r\n".join([*lines, "", ""]).encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
            found = HEAD.match(head)
            if found is None or int(found[1]) != part:
                pulled.wrong.append(head.split(b"\r\n", 1)[0].decode("latin-1"))
                writer.close()
                writer = None
            else:
                await asyncio.wait_for(reader.readexactly(part), 30)
                if number:
                    pulled.each.append((time.monotonic() - due) * 1000)
            number, due = number + 1, due + every
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError) as error:
        pulled.wrong.append(repr(error))
    finally:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def serve(folder: Path, app: AppServer, stack: ExitStack) -> tuple[Stack, PrivateLibrary]:
    """The stack as it is shipped, with a library."""
    server = Stack(folder, free_port(), app, {"PYTHONWARNINGS": "ignore"}, quiet=True)
    server.prepare()
    stack.callback(server.stop)
    installation = Installation.open(server.settings)
    stack.callback(installation.close)
    library = PrivateLibrary(installation)
    server.start(worker=False)
    return server, library


def stream(library: PrivateLibrary) -> str:
    """An item with a stream; its public id."""
    library.add_person("maker", allow=Permission.MANAGE)
    library.add_person("viewer", allow=Permission.VIEW)
    item = library.add_item(b"not asked for")
    content = random.Random(SEED).randbytes(PARTS * PART)
    library.add_product(item, STREAMS_FOLDER + STREAM, "video/mp4", content, stored_as=STREAM)
    return item


def in_other_pages(library: PrivateLibrary, item: str, count: int) -> list[Viewer]:
    """So many open players of it, each with a token of its own, of somebody who signed in for it."""
    uid = make_embed(library.installation, item, library.user_ids["maker"])
    tokens, now = [new_token() for _number in range(count)], library.installation.clock()
    until = now + timedelta(hours=1)
    with writing(library.installation.sessions) as session:
        embed_id = session.scalars(select(Embed.id).where(Embed.uid == uid)).one()
        user_id = library.user_ids["viewer"]
        session_id = session.scalars(select(SignIn.id).where(SignIn.user_id == user_id)).one()
        row = {
            "embed_id": embed_id, "user_id": user_id, "session_id": session_id, "created_at": now,
            "last_used_at": now, "expires_at": until, "ends_at": until,
        }
        rows = [
            {**row, "token_hash": token_hash(token), "renew_hash": token_hash(f"renews {token}")} for token in tokens
        ]
        session.execute(insert(EmbedToken), rows)
    return [Viewer(f"/smedia/~{token}/{item}/hls/v1/{STREAM}") for token in tokens]


def prove(server: Stack, viewer: Viewer, library: PrivateLibrary) -> None:
    """A player gets its part, and none once it was ended. Raises RuntimeError for anything else."""
    got = asyncio.run(pull(server.port, [viewer], seconds=0.2, every=0.1))
    if got.wrong or not got.each:
        raise RuntimeError(f"a player that may watch got {got.wrong[:1]}")
    with writing(library.installation.sessions) as session:
        kept = session.scalars(select(EmbedToken).where(EmbedToken.token_hash == _hash_of(viewer))).one()
        kept.expires_at = library.installation.clock()
    got = asyncio.run(pull(server.port, [viewer], seconds=0.2, every=0.1))
    if got.each or not got.wrong:
        raise RuntimeError("a player that was ended still got its part")


def _hash_of(viewer: Viewer) -> str:
    return token_hash(viewer.path.split("~")[1].split("/")[0])


def allow_open_files(count: int) -> None:
    """As many connections as there are viewers. Raises RuntimeError if this machine allows fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + 200
    if soft < wanted and soft != resource.RLIM_INFINITY:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise RuntimeError(f"{wanted} open files are needed, and {hard} are allowed: ulimit -n")
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def measure(app: AppServer, viewers: int, seconds: float) -> Pulled:
    """Behind one application server, from nothing to the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="viewers-")))
        server, library = serve(folder, app, stack)
        item = stream(library)
        who = in_other_pages(library, item, viewers + 1)
        prove(server, who.pop(), library)
        return asyncio.run(pull(server.port, who, seconds=seconds))


def row(name: str, viewers: int, seconds: float, pulled: Pulled) -> str:
    """One line of the table."""
    times = pulled.times
    spread = " / ".join(f"{value:.1f}" for value in (times.median, times.p95, max(times.each)))
    rate = len(pulled.each) / seconds
    return f"| {name} | {viewers} | {rate:.0f} | {rate * PART / 1e6:.1f} | {len(pulled.wrong)} | {spread} |"


def main(command: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.viewers", description=__doc__)
    parser.add_argument("--viewers", type=int, default=VIEWERS, help=f"how many watch at once (default {VIEWERS})")
    parser.add_argument("--seconds", type=float, default=60, help="for how long (default 60)")
    parser.add_argument("--app", choices=APP_SERVERS, action="append", help="behind which application server")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args(command)
    allow_open_files(chosen.viewers)
    lines = [
        "| players in other pages, HLS, a part of 200 kB every 6 s each | players | parts/s | MB/s | errors "
        "| ms from when it was due: median / p95 / longest |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    reached = True
    for app in chosen.app or APP_SERVERS:
        pulled = measure(app, chosen.viewers, chosen.seconds)
        reached = reached and not pulled.wrong and pulled.times.p95 < GOAL
        lines.append(row(app, chosen.viewers, chosen.seconds, pulled))
        for wrong in sorted(set(pulled.wrong))[:5]:
            print(f"{app}: {wrong}", file=sys.stderr)
    words = " ".join([".venv/bin/python -m tests.bench.viewers", *command])
    print(page.keep("viewers", "\n".join(lines), command=words, write=chosen.write))
    print(f"goal: no error, and {GOAL} ms at p95: {'met' if reached else 'missed'}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
