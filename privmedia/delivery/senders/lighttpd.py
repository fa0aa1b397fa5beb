"""lighttpd: the answer names the file by its path, and lighttpd puts it in its place."""
from __future__ import annotations

import os
from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.senders.described import handed_over
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage


class LighttpdSender:
    """X-Sendfile. lighttpd keeps all headers of this answer, and cuts out the part that was asked for.

    It would send the file with any status, and without `x-sendfile-docroot` any file: the guard and the configuration
    see to both.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._private = str(storage.private)

    def answer(self, request: Request, file: DecidedFile) -> Response:
        path = f"{self._private}/{self._storage.relative_path(file.uid, file.version, file.stored_as)}"
        return handed_over(request, file, path, lambda part: {"X-Sendfile": encoded(path)})


def encoded(path: str) -> str:
    """A path as lighttpd wants it in the header: percent-encoded, because it unescapes it once."""
    return quote(os.fsencode(path), safe="/")
