"""A worker's memory while it lets 2 GB out and takes 2 GB in: it must stay flat, for no file is ever in it whole."""
from __future__ import annotations

import http.client
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.library import ADMINISTRATOR, SIZES
from tests.bench.load import LoadFailed
from tests.bench.prepared import Site
from tests.bench.stacks import Stack

VOLUME = 2 << 30  # bytes in each direction
FLAT = 16 << 20  # bytes a worker may grow by: a few buffers, nothing of a file's size
EVERY = 0.05  # seconds between two looks
BOUNDARY = "bench-0123456789abcdef"


@dataclass(frozen=True)
class Watched:
    """The resident memory of the worker, in bytes: before, and at its highest while it served and received."""

    before: int
    serving: int
    receiving: int

    @property
    def flat(self) -> bool:
        return max(self.serving, self.receiving) - self.before <= FLAT

    def words(self) -> str:
        before, serving, receiving = (f"{size / 2**20:.1f} MB" for size in (self.before, self.serving, self.receiving))
        return (
            "| memory of the uWSGI worker | resident |\n|---|---:|\n"
            f"| before | {before} |\n"
            f"| at most while 2 GB went out through nginx | {serving} |\n"
            f"| at most while 2 GB came in by the plain form | {receiving} |\n\n"
            f"{'Flat' if self.flat else '**Not flat**'}: at most {FLAT >> 20} MB more than before is flat."
        )


def watch(stack: Stack, master: int, site: Site) -> Watched:
    """Serve and receive, and look at the only worker of the uWSGI master meanwhile. Raises LoadFailed."""
    _serve(stack, site, 1)
    worker = only_child(master)
    receive_form(stack, site, 1 << 20, form(stack, site))
    before = resident(worker)
    with Highest(worker) as serving:
        _serve(stack, site, VOLUME // SIZES["256 MB"])
    with Highest(worker) as receiving:
        receive_form(stack, site, VOLUME, form(stack, site))
    return Watched(before, serving.bytes, receiving.bytes)


class Highest(threading.Thread):
    """The highest resident memory of a process within a `with` block."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self.process, self.bytes, self._over = process, 0, threading.Event()

    def run(self) -> None:
        while not self._over.wait(EVERY):
            self.bytes = max(self.bytes, resident(self.process))

    def __enter__(self) -> Highest:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()
        self.bytes = max(self.bytes, resident(self.process))


def resident(process: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    if found is None:
        raise LoadFailed(f"process {process} has ended")
    return int(found[1]) * 1024


def only_child(process: int) -> int:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    if len(children) != 1:
        raise LoadFailed(f"uWSGI should have one worker, and has {len(children)}")
    return int(children[0])


def _serve(stack: Stack, site: Site, times: int) -> None:
    for number in range(times):
        items = site.library.asked_for("256 MB")
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        connection.request("GET", stack.path(items[number % len(items)]), headers={"Cookie": stack.cookie})
        answer = connection.getresponse()
        length = 0
        while block := answer.read(1 << 20):
            length += len(block)
        connection.close()
        if answer.status != 200 or length != SIZES["256 MB"]:
            raise LoadFailed(f"privmedia sent {length} bytes with status {answer.status}")


def receive_form(stack: Stack, site: Site, length: int, signed_in: tuple[str, str]) -> None:
    """Upload one file by the plain form, and take it away from the disk again. `signed_in` is what `form` answers."""
    cookie, token = signed_in
    folder = site.library.folders[0].uid
    fields = {"csrf_token": token, "folder": folder, "title": "Benchmark"}
    start, end = around_a_file(fields)
    head = (
        f"POST /upload/plain HTTP/1.1\r\nHost: 127.0.0.1:{stack.port}\r\nOrigin: {stack.address}\r\n"
        f"Cookie: {cookie}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
        f"Content-Length: {len(start) + length + len(end)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", stack.port), timeout=120) as connection:
        connection.sendall((head + start).encode())
        for block in film(length):
            connection.sendall(block)
        connection.sendall(end.encode())
        answer = connection.makefile("rb").read().decode("latin-1")
    status = answer.partition("\r\n")[0]
    if " 303 " not in status:
        raise LoadFailed(f"the upload of {length} bytes was answered: {status}")
    for uid in re.findall(r"(?im)^location:.*/m/([0-9a-z]+)", answer):
        shutil.rmtree(site.media_root / "private" / uid[:2] / uid[2:4] / uid)


def around_a_file(fields: dict[str, str]) -> tuple[str, str]:
    """What stands before and after the one file of a form."""
    start = "".join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    start += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="bench.mp4"\r\n'
    return start + "Content-Type: video/mp4\r\n\r\n", f"\r\n--{BOUNDARY}--\r\n"


def form(stack: Stack, site: Site) -> tuple[str, str]:
    """The administrator's Cookie header, and the token that the upload page carries."""
    cookie = site.privmedia_cookie(ADMINISTRATOR)
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    connection.request("GET", "/upload/plain", headers={"Cookie": cookie})
    answer = connection.getresponse()
    page = answer.read().decode()
    connection.close()
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if found is None:
        raise LoadFailed(f"the upload page answered {answer.status}, without a token")
    return cookie, found[1]


def film(length: int) -> Iterator[bytes]:
    """An MP4 file as far as its first bytes tell: a file type box, and media data for the rest."""
    start = b"\0\0\0\x18ftypisom\0\0\x02\0isomavc1"
    # A size of 1 means: the real one follows in eight bytes.
    start += b"\0\0\0\x01mdat" + (length - len(start)).to_bytes(8, "big")
    yield start
    block = bytes(range(256)) * 4096
    length -= len(start)
    while length:
        length -= len(part := block[:length])
        yield part
