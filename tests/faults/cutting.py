"""A line that is cut: passes connections on to a server, and resets them at bytes that the test chooses."""
from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence

from privmedia.operations.stack import HOST

BLOCK = 65_536
RESET = struct.pack("ii", 1, 0)


class Line:
    """Counts what is sent over it, and resets the connection it was sent on after each of `cuts`, in bytes."""

    def __init__(self, port: int, cuts: Sequence[int], on_cut: Callable[[int], None]) -> None:
        """`on_cut` is called after each with how many there were."""
        self.cuts = 0
        self._server, self._left, self._on_cut = port, list(cuts), on_cut
        self._lock = threading.Lock()
        self._listening = socket.create_server((HOST, 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client = self._listening.accept()[0]
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), socket.create_connection((HOST, self._server)) as server:
            while True:
                ready = select.select([client, server], [], [])[0]
                if client in ready:
                    data = client.recv(BLOCK)
                    whole = self._counted(data)
                    server.sendall(whole)
                    if len(whole) < len(data):
                        for end in (client, server):
                            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                        break
                    if not data:
                        return
                if server in ready:
                    data = server.recv(BLOCK)
                    if not data:
                        return
                    client.sendall(data)
        if client in ready and len(whole) < len(data):
            self._on_cut(self.cuts)

    def _counted(self, data: bytes) -> bytes:
        """What of it is still passed on."""
        with self._lock:
            if not self._left:
                return data
            if len(data) <= self._left[0]:
                self._left[0] -= len(data)
                return data
            self.cuts += 1
            return data[: self._left.pop(0)]


@contextlib.contextmanager
def line(port: int, cuts: Sequence[int], on_cut: Callable[[int], None]) -> Iterator[Line]:
    made = Line(port, cuts, on_cut)
    try:
        yield made
    finally:
        made.close()
