"""What an answer with a file says of it: status, part and headers, for every sender that speaks for itself.

nginx does this on its own. Apache, lighttpd and Caddy keep or take over what the application says, so that one place
decides for them and for the built-in sender, and all answer alike.
"""
from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.conditions import Validators, failed, not_modified, range_applies
from privmedia.delivery.headers import PRIVATE_FILE_CACHING, PRIVATE_FILE_HEADERS
from privmedia.delivery.ranges import Part, Unsatisfiable, requested_part
from privmedia.delivery.senders.file import DecidedFile

NOTHING = Part(0, 0)


@dataclass(frozen=True, slots=True)
class Described:
    """An answer without its bytes."""

    status: int
    part: Part
    headers: dict[str, str]


def describe(
    request: Request, facts: os.stat_result, *, always: Mapping[str, str], with_bytes: Mapping[str, str]
) -> Described:
    """What a request for this file is answered: with these headers, and others where any of its bytes leave."""
    size, current = facts.st_size, Validators.of(facts.st_mtime_ns, facts.st_size)
    status, part = _what_to_send(request, current, size)
    headers = {
        **always,
        "Accept-Ranges": "bytes",
        "ETag": current.etag,
        "Last-Modified": current.last_modified,
    }
    if status in (200, 206):
        headers |= with_bytes
    if status == 206:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    elif status == 416:
        headers["Content-Range"] = f"bytes */{size}"
    if status != 304:
        headers["Content-Length"] = str(part.length)
    return Described(status, part, headers)


def handed_over(
    request: Request, file: DecidedFile, path: str, steering: Callable[[Part | None], dict[str, str]]
) -> Response:
    """The answer that has a front server send the file at this path, and keep our other headers.

    `steering` makes the headers that do it, of the part to send, or None for the whole file. What needs no bytes (304,
    412, 416, HEAD) is answered here, because front servers differ in it. Raises FileNotFoundError where there is no
    regular file.
    """
    facts = os.lstat(path)
    if not stat.S_ISREG(facts.st_mode):
        raise FileNotFoundError(errno.ENOENT, "not a regular file", path)
    described = describe(
        request,
        facts,
        always={**PRIVATE_FILE_HEADERS, "Cache-Control": PRIVATE_FILE_CACHING},
        with_bytes={"Content-Disposition": file.disposition, "Content-Type": file.media_type},
    )
    if described.status not in (200, 206) or request.method == "HEAD":
        headers = described.headers
        return Response(status=described.status, headerlist=list(headers.items()), app_iter=[])
    part = described.part if described.status == 206 else None
    headers = described.headers | {"Content-Length": "0"} | steering(part)
    headers.pop("Content-Range", None)
    return Response(headerlist=list(headers.items()))


def _what_to_send(request: Request, current: Validators, size: int) -> tuple[int, Part]:
    """The status of the answer, and the part of the file that goes with it; none with a refusal."""
    if failed(request, current):
        return 412, NOTHING
    if not_modified(request, current):
        return 304, NOTHING
    try:
        part = requested_part(request.headers.get("Range"), size) if range_applies(request, current) else None
    except Unsatisfiable:
        return 416, NOTHING
    return (200, Part(0, size)) if part is None else (206, part)
