"""Many people at once on real servers: each a small program that goes on until it is told that it is over.

All run in one thread, on connections that stay open as a browser's do. What came back is kept in one place.
"""
from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from privmedia.operations.stack import HOST
from tests.tus_client import in_base64

PART = 200_000
"""Bytes of a film that a viewer asks for at once."""


@dataclass
class Seen:
    """What all of them got."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By what was asked for, and the status of the answer; 0: the connection was closed instead."""
    pages: list[tuple[float, float]] = field(default_factory=list)
    """When each page was there, and how many milliseconds it took."""
    uploaded: int = 0

    def wrong(self) -> dict[tuple[str, int], int]:
        """What was not answered as it should."""
        return {which: count for which, count in self.statuses.items() if which[1] not in (200, 201, 204, 206)}

    def p95(self, since: float = 0) -> float:
        """Milliseconds within which 95 of 100 pages were there, of those since a moment."""
        times = sorted(taken for at, taken in self.pages if at >= since)
        return times[max(0, round(len(times) * 0.95) - 1)]


class Talk:
    """One connection that is opened again when the server has closed it between two requests."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", pace: float = 0
    ) -> tuple[int, dict[str, str]]:
        """Status and headers; the body is read and thrown away. `pace`: seconds that sending the body takes."""
        for last_try in (False, True):
            fresh = self._writer is None
            try:
                return await self._asked(method, path, headers, body, pace)
            except (OSError, asyncio.IncompleteReadError):
                await self.close()
                if fresh or last_try:
                    return 0, {}
        raise AssertionError

    async def _asked(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, pace: float
    ) -> tuple[int, dict[str, str]]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(HOST, self.port)
        lines = {"Host": f"{HOST}:{self.port}", **headers}
        if body or method != "GET":
            lines["Content-Length"] = str(len(body))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {text}\r\n" for name, text in lines.items())
        self._writer.write(head.encode() + b"\r\n")
        pieces = 10 if pace else 1
        for number in range(pieces):
            self._writer.write(body[number * len(body) // pieces : (number + 1) * len(body) // pieces])
            await self._writer.drain()
            await asyncio.sleep(pace / pieces)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        found = {name.lower(): text.strip() for name, _, text in (line.partition(":") for line in answer[1:])}
        if found.get("transfer-encoding") == "chunked":
            while size := int(await self._reader.readuntil(b"\r\n"), 16):
                await self._reader.readexactly(size + 2)
            await self._reader.readexactly(2)
        else:
            await self._reader.readexactly(int(found.get("content-length", 0)))
        if found.get("connection") == "close":
            await self.close()
        return int(answer[0].split()[1]), found

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()
        self._reader = self._writer = None


@dataclass
class Crowd:
    """The people on one site."""

    port: int
    folder: str
    seen: Seen = field(default_factory=Seen)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def view(self, cookie: Mapping[str, str], item: str, size: int, pause: float, seed: int) -> None:
        """Watch: a part, a pause, the next part; sometimes jump."""
        talk, dice = Talk(self.port), random.Random(seed)
        place = dice.randrange(size)
        await asyncio.sleep(dice.random() * pause)
        while not self.over.is_set():
            place = dice.randrange(size) if dice.random() < 0.05 or place >= size else place
            part = {"Range": f"bytes={place}-{min(place + PART, size) - 1}"}
            status, _ = await talk.ask("GET", f"/smedia/{item}/play.mp4", {**cookie, **part})
            self.seen.statuses["a part", status] += 1
            place += PART
            await asyncio.sleep(pause)
        await talk.close()

    async def upload(self, key: Mapping[str, str], content: bytes, pieces: int, pace: float) -> None:
        """Send the same file again and again, in parts."""
        talk = Talk(self.port)
        about = {"filename": "bench.png", "folder": self.folder}
        pairs = ",".join(f"{name} {in_base64(text)}" for name, text in about.items())
        while not self.over.is_set():
            sent = {"Tus-Resumable": "1.0.0", **key}
            announced = {**sent, "Upload-Length": str(len(content)), "Upload-Metadata": pairs}
            status, headers = await talk.ask("POST", "/uploads/", announced)
            self.seen.statuses["an announcement", status] += 1
            if status != 201:
                await asyncio.sleep(pace)
                continue
            address = "/uploads/" + headers["location"].rpartition("/")[2]
            for number in range(pieces):
                start, end = (place * len(content) // pieces for place in (number, number + 1))
                this = {**sent, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(start)}
                status, headers = await talk.ask("PATCH", address, this, content[start:end], pace)
                self.seen.statuses["a part of an upload", status] += 1
            self.seen.uploaded += "location-item" in headers
        await talk.close()

    async def browse(self, cookie: Mapping[str, str], addresses: Sequence[str], pause: float) -> None:
        """Go from page to page."""
        talk, number = Talk(self.port), 0
        while not self.over.is_set():
            begun = time.monotonic()
            status, _ = await talk.ask("GET", addresses[number % len(addresses)], cookie)
            ended = time.monotonic()
            self.seen.pages.append((ended, (ended - begun) * 1000))
            self.seen.statuses["a page", status] += 1
            number += 1
            await asyncio.sleep(pause)
        await talk.close()
