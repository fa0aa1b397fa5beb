"""nginx: the answer carries an address inside nginx, and nginx puts the file in its place."""
from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from urllib.parse import quote

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.headers import PRIVATE_FILE_CACHING
from privmedia.delivery.senders.file import DecidedFile
from privmedia.storage import Storage
from privmedia.web.address import carries_token
from privmedia.web.headers import DROPPED

INTERNAL = "/pmedia/"
QUIET = "/pmedia/~/"
"""The same folder, where nginx writes no errors: they would carry the address that was asked for, and its token."""
DECIDED_TYPES = {
    "application/json": ("json",),
    "application/vnd.apple.mpegurl": ("m3u8",),
    "audio/mp4": ("m4a",),
    "audio/mpeg": ("mp3",),
    "image/webp": ("webp",),
    "text/vtt": ("vtt",),
    "video/mp4": ("mp4",),
    "video/webm": ("webm",),
}
"""What nginx sends by itself where decisions are kept: it knows types by the ending of the address alone."""
_ENDINGS = {ending: media_type for media_type, endings in DECIDED_TYPES.items() for ending in endings}


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast each connection of a person, or of whoever came by a link, gets files: bytes in a second, 0 for any."""

    person: int = 0
    link: int = 0

    def headers(self, file: DecidedFile) -> list[tuple[str, str]]:
        """Who counts as one for nginx's limits of connections, and the rate."""
        rate = self.link if file.link else self.person
        who = ("X-Accel-Link", str(file.link)) if file.link else ("X-Accel-Person", str(file.person))
        return [who, ("X-Accel-Limit-Rate", str(rate))] if rate else [who]


def _handed_over(headerlist: list[tuple[str, str]]) -> Response:
    """An answer of which nginx keeps these headers at most: those of pages would be written and read for nothing."""
    answer = Response(headerlist=headerlist)
    setattr(answer, DROPPED, True)
    return answer


class NginxSender:
    """X-Accel-Redirect. nginx keeps Content-Type, Content-Disposition and Cache-Control of this answer, drops its other
    headers, and does ranges, validators and HEAD itself.
    """

    def __init__(self, storage: Storage, limits: Limits = Limits()) -> None:
        self._storage = storage
        self._private = str(storage.private)
        self._limits = limits

    def answer(self, request: Request, file: DecidedFile) -> Response:
        inside = QUIET if carries_token(request) else INTERNAL
        return _handed_over(
            headerlist=[
                # nginx unescapes it once: a raw "%" or "?" would name another file.
                ("X-Accel-Redirect", inside + quote(self._path(file), safe="/")),
                ("Content-Type", file.media_type),
                ("Content-Disposition", file.disposition),
                ("Cache-Control", PRIVATE_FILE_CACHING),
                ("Content-Length", "0"),
                *self._limits.headers(file),
            ]
        )

    def decision(self, file: DecidedFile, name: str) -> Response:
        """The same for nginx to keep, of a file it is asked for by this name.

        Raises ValueError for what it would send under another type, and FileNotFoundError as above.
        """
        path = self._path(file)
        if _ENDINGS.get(name.rpartition(".")[2]) != file.media_type:
            raise ValueError(f"nginx would not send {name} as {file.media_type}")
        rate = self._limits.link if file.link else self._limits.person
        return _handed_over(
            headerlist=[
                ("X-Accel-Path", path),
                ("X-Accel-Disposition", file.disposition),
                ("X-Accel-Rate", str(rate)),
                ("Content-Length", "0"),
            ]
        )

    def _path(self, file: DecidedFile) -> str:
        """Below `private/`. Raises FileNotFoundError where there is no regular file."""
        path = self._storage.relative_path(file.uid, file.version, file.stored_as)
        # nginx would answer 301 for a folder, with its inner address, and keep our headers on its own 404.
        if not stat.S_ISREG(os.lstat(f"{self._private}/{path}").st_mode):
            raise FileNotFoundError(errno.ENOENT, "not a regular file", path)
        return path
