"""Before anything is measured: every stack sends the right bytes to the member, and nothing to anyone else."""
from __future__ import annotations

import http.client
from pathlib import Path

from tests.bench.library import SIZES, Item, Library
from tests.bench.load import LoadFailed
from tests.bench.stacks import Stack


def prove(stack: Stack, library: Library, private: Path) -> None:
    """Raises LoadFailed with what the stack got wrong."""
    for size, length in SIZES.items():
        for item in library.asked_for(size):
            status, declared, start = _get(stack, stack.path(item), stack.cookie)
            if status != 200 or declared != length or start != _start_of(private / item.path):
                raise LoadFailed(f"{stack.name}: {stack.path(item)} answered {status}, {declared} bytes")
    if stack.decides:
        _refuses(stack, library.hidden, stack.cookie, "what the member may not see")
        _refuses(stack, library.asked_for("1 KB")[0], "", "somebody who is not signed in")


def _refuses(stack: Stack, item: Item, cookie: str, what: str) -> None:
    status, _, _ = _get(stack, stack.path(item), cookie)
    if status < 300 or status >= 500:
        raise LoadFailed(f"{stack.name} answered {status} for {what}")


def _get(stack: Stack, path: str, cookie: str) -> tuple[int, int, bytes]:
    """Status, declared length and the first kilobyte."""
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=30)
    try:
        connection.request("GET", path, headers={"Cookie": cookie} if cookie else {})
        answer = connection.getresponse()
        return answer.status, int(answer.headers.get("Content-Length", -1)), answer.read(1024)
    finally:
        connection.close()


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024)
