"""Apache with mod_xsendfile: the answer names the file by its path, and Apache puts it in its place."""
from __future__ import annotations

import re

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.senders.described import handed_over
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage

# mod_xsendfile 0.12 takes the path as it is and 1.0 unescapes it: what both read alike has no "%".
_READ_ALIKE = re.compile(r"[^\x00-\x1f\x7f%]+")


class ApacheSender:
    """X-Sendfile. Apache keeps all headers of this answer, and cuts out the part that was asked for.

    It sends nothing with another status than 200: that answer would go out empty.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._private = str(storage.private)

    def answer(self, request: Request, file: DecidedFile) -> Response:
        path = f"{self._private}/{self._storage.relative_path(file.uid, file.version, file.stored_as)}"
        return handed_over(request, file, path, lambda part: {"X-Sendfile": encoded(path)})


def encoded(path: str) -> str:
    """A path as Apache wants it in the header: its bytes as they are. Raises ValueError for one it would misread."""
    if not _READ_ALIKE.fullmatch(path) or path != path.strip():
        raise ValueError(f"Apache cannot be told the path {path!r}")
    return path.encode().decode("latin-1")
