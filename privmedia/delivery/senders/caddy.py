"""Caddy: the answer names the file below the folder of private files, and `handle_response` puts it in its place."""
from __future__ import annotations

import re

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.ranges import Part
from privmedia.delivery.senders.described import handed_over
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage

# Caddy cuts a path at "?", unescapes none, and reads "{…}" as the name of a variable.
_READ_AS_IT_IS = re.compile(r"[A-Za-z0-9][A-Za-z0-9/._~-]*")


class CaddySender:
    """X-Accel-Redirect and X-Accel-Range. Of this answer Caddy keeps the headers its configuration lists.

    It would do ranges in its own way, so it is told the part to send.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._private = str(storage.private)

    def answer(self, request: Request, file: DecidedFile) -> Response:
        path = self._storage.relative_path(file.uid, file.version, file.stored_as)

        def steering(part: Part | None) -> dict[str, str]:
            asked = "" if part is None else f"bytes={part.start}-{part.stop - 1}"
            return {"X-Accel-Redirect": encoded(path), "X-Accel-Range": asked}

        return handed_over(request, file, f"{self._private}/{path}", steering)


def encoded(path: str) -> str:
    """A path below `private/` as Caddy wants it in the header: as it is. Raises ValueError for one it would misread."""
    if not _READ_AS_IT_IS.fullmatch(path) or ".." in path:
        raise ValueError(f"Caddy cannot be told the path {path!r}")
    return f"/{path}"
