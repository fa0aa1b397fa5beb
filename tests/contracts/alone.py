"""A front server in front of an application that is played: what it does of itself, whatever the application says."""
from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from privmedia.operations.stack import HOST, Stack, front_program, is_answering
from privmedia.storage import Storage
from tests.sites import QUICK, free_port, or_skipped

FILE = b"this is the private file\n"
OUTSIDE = b"this lies outside of private/\n"


class Played(socketserver.StreamRequestHandler):
    """Answers `/x?status=403&X-Sendfile=…` with that status and those headers."""

    def handle(self) -> None:
        while request := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            asked = parse_qs(urlsplit(request.split()[1].decode()).query, keep_blank_values=True)
            status = asked.pop("status", ["200"])[0]
            headers = "".join(f"{name}: {values[0]}\r\n" for name, values in asked.items())
            body = b"" if status == "304" else b"the application's own words"
            head = f"HTTP/1.1 {status} Said\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
            self.wfile.write(head.encode() + body)


class Listening(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@dataclass
class Alone:
    """A front server, and where its private files lie."""

    port: int
    private: Path

    def ask(self, **said: str) -> tuple[int, HTTPMessage, bytes]:
        """What comes of an application's answer with this status and these headers."""
        query = "&".join(f"{name.replace('_', '-')}={value}" for name, value in said.items())
        connection = HTTPConnection(HOST, self.port, timeout=30)
        connection.request("GET", f"/page?{query}")
        answer = connection.getresponse()
        found = answer.status, answer.msg, answer.read()
        connection.close()
        return found


@contextmanager
def alone(folder: Path, front: str) -> Iterator[Alone]:
    stack = Stack(folder, free_port(), environment=QUICK, quiet=True, front=front)
    with or_skipped():
        front_program(front)
        stack.prepare()
    storage = Storage(folder / "media")
    (storage.private / "ab").mkdir()
    (storage.private / "ab" / "file").write_bytes(FILE)
    (storage.root / "secret").write_bytes(OUTSIDE)
    with Listening(str(stack.socket), Played) as application:
        threading.Thread(target=application.serve_forever, daemon=True).start()
        try:
            stack.start_front_server()
            while not is_answering(stack.port):
                stack.processes.check()
            yield Alone(stack.port, storage.private)
        finally:
            stack.stop()
            application.shutdown()
