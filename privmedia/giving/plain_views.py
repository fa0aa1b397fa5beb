"""The form by which files are sent by a link without script, and its receipt."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.db import reading
from privmedia.errors import DomainError, Invalid, NoSpace, TooLarge
from privmedia.giving.page_views import page
from privmedia.giving.resources import FormContext
from privmedia.installation import Installation
from privmedia.sharing.visiting import private
from privmedia.uploads.keeping import keep
from privmedia.uploads.reading import ENVELOPE, FilePart, FormReader
from privmedia.uploads.receiving import Receipt
from privmedia.uploads.resources import too_large
from privmedia.uploads.service import Destination, Uploads, check_space
from privmedia.uploads.views import status_of
from privmedia.web.csrf import check_field, check_origin
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _

PLAIN = "privmedia:templates/giving/plain.jinja2"
NONE_CHOSEN = _("Choose at least one file.")


@view_config(route_name="send_plain", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def form(context: FormContext, request: Request) -> Response:
    return _page(context, request)


@view_config(route_name="send_plain", request_method="POST", permission=NO_PERMISSION_REQUIRED, require_csrf=False)
def receive(context: FormContext, request: Request) -> Response:
    """All files or, where one of them cannot be kept, the others; each with its sum, taken as it came."""
    check_origin(request)
    giver, installation = context.giver, request.installation
    maker, sends = giver.maker, giver.sends
    try:
        reader = FormReader(context.body, request.headers.get("Content-Type", ""))
        check_field(request, reader.fields())
        _check_size(context, installation)
        request.db.rollback()  # who sends is known, and nothing stays open while bytes arrive
        destination = _destination(installation, context)
        with Receipt() as receipt:
            sums = _take(reader, receipt, installation)
            if not receipt.arrived and not receipt.refused:
                raise Invalid(NONE_CHOSEN)
            added = keep(installation, maker, destination, "", receipt, sender=replace(sends, sums=sums))
    except (Invalid, TooLarge, NoSpace) as error:
        request.note("upload", target=f"folder:{sends.folder_uid}", detail={"why": str(error), "link": sends.link_uid})
        return _page(context, request, error=error)
    for refused in receipt.refused:
        detail = {"file": refused.filename, "why": refused.sentence, "link": sends.link_uid}
        request.note("upload", target=f"folder:{sends.folder_uid}", detail=detail)
    if receipt.refused:
        return _page(context, request, receipt=receipt, status=200 if added else status_of(receipt))
    return private(HTTPSeeOther(request.route_path("send", link=sends.link_uid)))


def _take(reader: FormReader, receipt: Receipt, installation: Installation) -> dict[str, str]:
    """Receive every file; answers the sums of those that arrived, by the public ids of their items."""
    sums = {}
    for part in reader.files():
        summed, before = hashlib.sha256(), len(receipt.arrived)
        receipt.take([FilePart(part.filename, _seen(part.blocks, summed))], installation.storage)
        if len(receipt.arrived) > before:
            sums[receipt.arrived[-1].uid] = summed.hexdigest()
    return sums


def _seen(blocks: Iterator[bytes], summed: Any) -> Iterator[bytes]:
    for block in blocks:
        summed.update(block)
        yield block


def _check_size(context: FormContext, installation: Installation) -> None:
    """By what the client says it will send. Raises TooLarge or NoSpace."""
    if context.length is not None:
        if context.length > context.limit + ENVELOPE:
            raise too_large(context.limit)
        check_space(installation, context.length)


def _destination(installation: Installation, context: FormContext) -> Destination:
    """Where the files go. Raises Ended, and TooLarge for what the link cannot take."""
    giver, sends = context.giver, context.giver.sends
    folder_uid, draft = sends.place("", True)
    with reading(installation.sessions) as session:
        sends.require(session, max(0, (context.length or 0) - ENVELOPE))
        return Uploads(session, installation).destination(giver.maker, folder_uid, draft=draft)


def _page(
    context: FormContext,
    request: Request,
    *,
    error: DomainError | None = None,
    receipt: Receipt | None = None,
    status: int = 200,
) -> Response:
    giver = context.giver
    values = page(request, giver.standing, giver) | {
        "plain": True,
        "error": None if error is None else error.sentence,
        "refused": [] if receipt is None else receipt.refused,
    }
    response = render_to_response(PLAIN, values, request=request)
    response.headers["Cache-Control"] = "no-store"
    response.status_int = status if error is None else STATUS[type(error)]
    return response


