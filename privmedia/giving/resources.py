"""Contexts of what is sent by a link. Nothing of a body has been read yet."""
from __future__ import annotations

from dataclasses import dataclass, replace

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request

from privmedia.errors import Ended
from privmedia.giving.service import Giver, Giving
from privmedia.sharing.cookies import visit_token
from privmedia.sharing.visiting import looks_only
from privmedia.uploads.reading import Body
from privmedia.uploads.resources import form_body
from privmedia.uploads.tus_resources import TusContext, tus_of, with_upload

TOGETHER = 2 * 1000**3
"""Bytes that a form may bring at most: it cannot go on where it broke off."""


@dataclass(frozen=True)
class FormContext:
    """A form that brings files by a link."""

    giver: Giver
    body: Body
    length: int | None
    """Of the body in bytes; None if the client does not say."""
    limit: int


def giver_of(request: Request) -> Giver | None:
    """Who has the link of the address open in this browser, whatever has become of it."""
    giving = request.read(Giving)
    standing = None if looks_only(request) else giving.by_uid(request.matchdict["link"])
    if standing is None:
        return None
    found: Giver | None = giving.giver(
        standing, visit_token(request), address=request.remote_addr or "", request_id=request.request_id
    )
    return found


def most_together(request: Request) -> int:
    """Bytes that a form may bring."""
    allowed: int = request.installation.settings.max_upload_size
    return min(TOGETHER, allowed)


def form_of(request: Request) -> FormContext:
    """The context of `/upload/send/<link>`. Raises Ended where the link is not open in this browser."""
    limit = most_together(request)
    body, length = form_body(request, limit)
    giver = giver_of(request)
    if giver is None or not giver.goes_on:
        raise Ended
    return FormContext(giver, body, length, limit)


def tus_by_link(request: Request) -> TusContext:
    """The context of `/uploads/send/<link>/`. Raises Ended where the link is not open in this browser."""
    context = tus_of(request)
    giver = giver_of(request)
    if giver is None:
        raise Ended
    return replace(context, identity=giver.maker, sender=giver.sends, result=receipt_of)


def upload_by_link(request: Request) -> TusContext:
    """The same with the upload that the address names, if it came from this browser."""
    context = tus_by_link(request)
    try:
        return with_upload(context, request)
    except HTTPNotFound:  # which would ask a visitor to sign in: the view says so in the protocol
        return context


def receipt_of(request: Request, item_uid: str) -> str:
    """Where a sender asks what became of a file."""
    return str(request.route_path("sent_file", link=request.matchdict["link"], item=item_uid))
