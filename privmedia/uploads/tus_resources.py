"""The contexts of the tus protocol: one's own upload, and the body that is still to be read."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.identity import Identity
from privmedia.errors import NotFound, TooLarge
from privmedia.text import Sentence, Size
from privmedia.text import mark as _
from privmedia.uploads.reading import Body
from privmedia.uploads.resources import read_on_after
from privmedia.uploads.resuming import Announced, Resuming
from privmedia.uploads.senders import THEMSELVES, Sender
from privmedia.uploads.tus import PART, VERSION

PART_TOO_LARGE = _(
    "One request may bring ${limit} at most here: the front server keeps a part until it is whole. Send smaller parts "
    "(“chunk size” in most programs)."
)


def page_of(request: Request, item_uid: str) -> str:
    """The address of what became of an upload, for who sends for themselves."""
    return str(request.route_path("item", item=item_uid))


@dataclass(frozen=True)
class TusContext:
    """A request of the protocol. Nothing of its body has been read yet."""

    body: Body
    length: int
    """Of the body in bytes, as it was announced."""
    limit: int
    """Bytes that the body may have."""
    identity: Identity
    """Whose the items will be."""
    upload: Announced | None = None
    sender: Sender = THEMSELVES
    result: Callable[[Request, str], str] = page_of
    """The address of what became of an upload, by the public id of its item."""

    def uploads(self, request: Request) -> Resuming:
        return Resuming(request.installation, self.sender)


def part_too_large(limit: int) -> TooLarge:
    """The refusal of more than one request may bring."""
    return TooLarge(Sentence(PART_TOO_LARGE, {"limit": Size(limit)}), limit)


def most_in_a_part(request: Request) -> int:
    """Bytes of one request at most: what a front server passes on, or all that a file may have."""
    settings = request.installation.settings
    limit: int = settings.max_upload_size
    return limit if settings.front_server == "builtin" else min(limit, PART)


def tus_of(request: Request) -> TusContext:
    """The context of `/uploads/`. Any answer names the protocol, and is sent before the rest is passed over."""
    limit = most_in_a_part(request)
    length = request.content_length
    if length is None and not request.environ.get("wsgi.input_terminated"):
        length = 0  # nobody could tell where it ends
    body = Body(request.environ["wsgi.input"], length=length, limit=limit, too_large=part_too_large(limit))

    def finished(_request: Request, response: Response) -> None:
        response.headers["Tus-Resumable"] = VERSION
        if request.method in ("POST", "PATCH"):
            read_on_after(response, body)

    request.add_response_callback(finished)
    return TusContext(body, length or 0, limit, request.identity)


def upload_of(request: Request) -> TusContext:
    """The context of `/uploads/<upload>`. Raises HTTPNotFound for what is not one's own."""
    context = tus_of(request)
    return context if request.identity is None else with_upload(context, request)


def with_upload(context: TusContext, request: Request) -> TusContext:
    """The same with the upload that the address names. Raises HTTPNotFound for what is not one's own."""
    try:
        return replace(context, upload=context.uploads(request).find(context.identity, request.matchdict["upload"]))
    except NotFound:
        raise HTTPNotFound from None
