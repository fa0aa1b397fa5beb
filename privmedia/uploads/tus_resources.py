"""The contexts of the tus protocol: one's own upload, and the body that is still to be read."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.identity import Identity
from privmedia.errors import NotFound, TooLarge
from privmedia.text import Sentence, Size
from privmedia.text import mark as _
from privmedia.uploads import front_bodies
from privmedia.uploads.front_bodies import Follows
from privmedia.uploads.reading import Body
from privmedia.uploads.resources import length_of, read_on_after
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
    kept_in: Path | None = None
    """The file into which the front server has put the body."""
    only_asked: bool = False
    """Whether the front server asks with the headers alone if the body may come: nothing is to be done yet."""
    sender: Sender = THEMSELVES
    result: Callable[[Request, str], str] = page_of
    """The address of what became of an upload, by the public id of its item."""

    def uploads(self, request: Request) -> Resuming:
        return Resuming(request.installation, self.sender)


def part_too_large(limit: int) -> TooLarge:
    """The refusal of more than one request may bring."""
    return TooLarge(Sentence(PART_TOO_LARGE, {"limit": Size(limit)}), limit)


def most_in_a_part(request: Request, *, keeps_bodies: bool = False) -> int:
    """Bytes of one request at most: what a front server passes on, or all that a file may have.

    What breaks off is sent again, so that behind a front server parts are small. A file that comes whole may be as
    large as any: only what need not be copied may come so.
    """
    settings = request.installation.settings
    limit: int = settings.max_upload_size
    whole = request.method == "POST" and keeps_bodies
    return limit if whole or settings.front_server == "builtin" else min(limit, PART)


def tus_of(request: Request) -> TusContext:
    """The context of `/uploads/`. Any answer names the protocol, and is sent before the rest is passed over."""
    follows = front_bodies.follows(request)
    asked = follows is Follows.ASKED
    kept_in = front_bodies.file_of(request)
    keeps_bodies = (follows is not None or kept_in is not None) and front_bodies.keeps_bodies(request)
    limit = most_in_a_part(request, keeps_bodies=keeps_bodies)
    length = front_bodies.announced_length(request) if asked else request.content_length
    brings_bytes = request.method in ("POST", "PATCH")
    fits = length <= limit if length is not None else not brings_bytes
    if length is None:
        length = length_of(request)
    body = Body(request.environ["wsgi.input"], length=length, limit=limit, too_large=part_too_large(limit))
    if asked:
        request.only_asks()

    def finished(_request: Request, response: Response) -> None:
        if asked:
            _say_whether_it_may_come(response, keeps_bodies=keeps_bodies, fits=fits)
            return
        response.headers["Tus-Resumable"] = VERSION
        if brings_bytes:
            read_on_after(response, body)

    request.add_response_callback(finished)
    kept_in = kept_in if keeps_bodies else None
    return TusContext(body, length or 0, limit, request.identity, kept_in=kept_in, only_asked=asked)


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


def _say_whether_it_may_come(response: Response, *, keeps_bodies: bool, fits: bool) -> None:
    """The answer to the front server, which understands three: it may, it may not, and hand it over as any other."""
    allowed = response.status_int < 300
    response.app_iter = []
    response.status_int = 403 if not fits or (keeps_bodies and not allowed) else 204 if keeps_bodies else 401
