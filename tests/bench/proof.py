"""Before anything is measured: every stack sends the right bytes to the member, and nothing to anyone else."""
from __future__ import annotations

import http.client
from pathlib import Path

from tests.bench.files import EVERY, mark
from tests.bench.library import FILM, SEGMENT, Item, Library
from tests.bench.load import LoadFailed
from tests.bench.stacks import Stack


def prove(stack: Stack, library: Library, private: Path) -> None:
    """Raises LoadFailed with what the stack got wrong."""
    for size, length in library.plan.lengths.items():
        for item in library.asked_for(size):
            status, declared, start = _get(stack, stack.path(item), stack.cookie)
            if status != 200 or declared != length or start != _start_of(private / item.path):
                raise LoadFailed(f"{stack.name}: {stack.path(item)} answered {status}, {declared} bytes")
    _sends_parts(stack, library, private)
    if stack.remembers:
        _remembers(stack, library)
    if stack.decides:
        _refuses(stack, library.hidden, stack.cookie, "what the member may not see")
    if stack.cookie:
        _refuses(stack, library.asked_for("1 KB")[0], "", "somebody who is not signed in")


def _sends_parts(stack: Stack, library: Library, private: Path) -> None:
    """The large file's last mark, and a segment as the first viewer gets it."""
    (large,) = library.asked_for("4 GB")
    place = library.plan.lengths["4 GB"] - EVERY
    part = f"bytes={place}-{place + 15}"
    status, declared, start = _get(stack, stack.path(large), stack.cookie, part)
    if (status, declared, start) != (206, 16, mark(place)):
        raise LoadFailed(f"{stack.name}: {stack.path(large)} answered {status}, {declared} bytes for {part}")
    user, film = library.viewers[0]
    place = library.plan.lengths[FILM] - SEGMENT
    part = f"bytes={place}-{place + SEGMENT - 1}"
    status, declared, start = _get(stack, stack.segment_of(film), stack.cookie_of(user), part)
    if (status, declared, start) != (206, SEGMENT, _start_of(private / film.path, place)):
        raise LoadFailed(f"{stack.name}: {stack.segment_of(film)} answered {status}, {declared} bytes for {part}")


def _remembers(stack: Stack, library: Library) -> None:
    """nginx has kept something of what it asked; otherwise every request is decided, and it only takes longer."""
    _get(stack, stack.path(library.asked_for("1 KB")[0]), stack.cookie)
    if not any(file.is_file() for file in stack.decisions.rglob("*")):
        raise LoadFailed(f"{stack.name}: no decision was kept")


def _refuses(stack: Stack, item: Item, cookie: str, what: str) -> None:
    status, _, _ = _get(stack, stack.path(item), cookie)
    if status < 300 or status >= 500:
        raise LoadFailed(f"{stack.name} answered {status} for {what}")


def _get(stack: Stack, path: str, cookie: str, part: str = "") -> tuple[int, int, bytes]:
    """Status, declared length and the first kilobyte."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    try:
        headers = {"Cookie": cookie, "Range": part}
        connection.request("GET", path, headers={name: text for name, text in headers.items() if text})
        answer = connection.getresponse()
        return answer.status, int(answer.headers.get("Content-Length", -1)), answer.read(1024)
    finally:
        connection.close()


def _start_of(path: Path, place: int = 0) -> bytes:
    with path.open("rb") as file:
        file.seek(place)
        return file.read(1024)
