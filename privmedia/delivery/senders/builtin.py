"""No front server: the application sends the file itself. For developing and small teams; the others are faster."""
from __future__ import annotations

import io
import os
from collections.abc import Mapping
from typing import Any

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.headers import PRIVATE_FILE_CACHING, PRIVATE_FILE_HEADERS
from privmedia.delivery.ranges import Part
from privmedia.delivery.senders.described import describe
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage

BLOCK = 256 * 1024  # bytes


class BuiltinSender:
    """Single ranges, validators and HEAD as RFC 9110 has them, with the headers that nginx's location sets."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def answer(self, request: Request, file: DecidedFile) -> Response:
        handle, facts = self._storage.open_file(file.uid, file.version, file.stored_as)
        return send_file(
            request,
            handle,
            facts,
            always={**PRIVATE_FILE_HEADERS, "Cache-Control": PRIVATE_FILE_CACHING},
            with_bytes={"Content-Disposition": file.disposition, "Content-Type": file.media_type},
        )


def send_file(
    request: Request,
    handle: int,
    facts: os.stat_result,
    *,
    always: Mapping[str, str],
    with_bytes: Mapping[str, str],
) -> Response:
    """The answer with an opened file, which it closes: with these headers, and others where any of its bytes leave."""
    described = describe(request, facts, always=always, with_bytes=with_bytes)
    opened = FilePart(handle, described.part)
    body: Any = []
    if described.part.length and request.method == "GET":
        body = _given_to_server(request.environ, opened)
    else:
        opened.close()
    return Response(status=described.status, headerlist=list(described.headers.items()), app_iter=body)


class FilePart(io.RawIOBase):
    """A part of an open file as a file of its own, beyond which nobody can read or seek.

    It has no file number on purpose: given one, some servers send the whole file whatever the part is.
    """

    def __init__(self, handle: int, part: Part) -> None:
        super().__init__()
        self._handle = handle
        self._position = 0
        self.part = part

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.part.length}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        length = max(0, min(len(buffer), self.part.length - self._position))
        count = os.preadv(self._handle, [memoryview(buffer)[:length]], self.part.start + self._position)
        self._position += count
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()


def _given_to_server(environ: dict[str, Any], opened: FilePart) -> Any:
    """The body: through the server's own file wrapper, which under waitress keeps no thread while it is sent."""
    wrapper = environ.get("wsgi.file_wrapper")
    return wrapper(opened, BLOCK) if wrapper is not None else iter(lambda: opened.read(BLOCK), b"")
