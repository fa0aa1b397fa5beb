"""The context of an upload: the body that is still to be read."""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyramid.request import Request
from pyramid.response import Response

from privmedia.errors import TooLarge
from privmedia.text import Sentence, Size
from privmedia.text import mark as _
from privmedia.uploads.reading import ENVELOPE, Body

TOO_MUCH = _(
    "These files are too large together: ${limit} is the most that can be sent at once. "
    "Nothing was kept. Choose fewer or smaller ones."
)
READ_ON = 16 << 20
"""Bytes that are still taken after an answer: closing the connection at once could cut the answer off."""


@dataclass(frozen=True)
class UploadContext:
    """A request that brings files. Nothing of its body has been read yet."""

    body: Body
    length: int | None
    """Of the body in bytes; None if the client does not say."""


def upload_of(request: Request) -> UploadContext:
    """The context of POST /upload/plain; whatever the answer, the client gets it before the rest is passed over."""
    return UploadContext(*form_body(request, request.installation.settings.max_upload_size))


def form_body(request: Request, limit: int) -> tuple[Body, int | None]:
    """The body of a form whose files may have so many bytes together, and its length."""
    return body_to_read(request, limit + ENVELOPE, too_large(limit)), length_of(request)


def body_to_read(request: Request, limit: int, refusal: TooLarge) -> Body:
    """The body of a form, of which nothing has been read yet; of more than `limit` bytes the refusal is raised.

    Whatever is answered before its end is sent first.
    """
    body = Body(request.environ["wsgi.input"], length=length_of(request), limit=limit, too_large=refusal)
    if request.method == "POST":
        request.add_response_callback(lambda _request, response: read_on_after(response, body))
    return body


def length_of(request: Request) -> int | None:
    """How many bytes the body has; None if that is told by its end."""
    length: int | None = request.content_length
    if length is None and not request.environ.get("wsgi.input_terminated"):
        return 0  # nobody could tell where it ends
    return length


def too_large(limit: int) -> TooLarge:
    """The refusal of more than the settings allow at once."""
    return TooLarge(Sentence(TOO_MUCH, {"limit": Size(limit)}), limit)


def read_on_after(response: Response, body: Body) -> None:
    """Send the answer first, then take some of what the client has under way. See RFC 9112, 9.6."""
    answer, length = response.app_iter, response.content_length

    def answer_then_rest() -> Iterator[bytes]:
        try:
            yield from answer
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        body.discard(READ_ON)

    response.app_iter = answer_then_rest()
    response.content_length = length  # which the line above took away; with it the client knows where the answer ends
