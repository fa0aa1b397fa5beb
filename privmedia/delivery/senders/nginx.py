"""nginx: the answer carries an address inside nginx, and nginx puts the file in its place."""
from __future__ import annotations

import errno
import os
import stat
from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.headers import PRIVATE_FILE_CACHING
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage

INTERNAL = "/pmedia/"


class NginxSender:
    """X-Accel-Redirect. nginx keeps Content-Type, Content-Disposition and Cache-Control of this answer, drops its other
    headers, and does ranges, validators and HEAD itself.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._private = str(storage.private)

    def answer(self, request: Request, file: DecidedFile) -> Response:
        path = self._storage.relative_path(file.uid, file.version, file.stored_as)
        # nginx would answer 301 for a folder, with its inner address, and keep our headers on its own 404.
        if not stat.S_ISREG(os.lstat(f"{self._private}/{path}").st_mode):
            raise FileNotFoundError(errno.ENOENT, "not a regular file", path)
        return Response(
            headerlist=[
                # nginx unescapes it once: a raw "%" or "?" would name another file.
                ("X-Accel-Redirect", INTERNAL + quote(path, safe="/")),
                ("Content-Type", file.media_type),
                ("Content-Disposition", file.disposition),
                ("Cache-Control", PRIVATE_FILE_CACHING),
                ("Content-Length", "0"),
            ]
        )
