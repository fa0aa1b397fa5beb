"""A file that takes the place of an item's: decided first, received, kept."""
from __future__ import annotations

from itertools import islice
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.db import reading
from privmedia.errors import Conflict, Invalid, NoSpace, RefusedType, TooLarge, Unavailable
from privmedia.library.service import Library
from privmedia.text import Sentence
from privmedia.uploads.reading import ENVELOPE, FormReader
from privmedia.uploads.receiving import Receipt
from privmedia.uploads.resources import too_large
from privmedia.uploads.service import check_quota, check_space
from privmedia.versions.replacing import Kept, Replacement, Replacing, keep_version
from privmedia.versions.resources import SentReplacement
from privmedia.versions.views import REPLACE, replace_page
from privmedia.web.csrf import check_before_body, check_field
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

KEPT_BESIDE = _(
    "${name} added another file while yours was on its way. Yours is kept as version ${number} and is not shown by "
    "itself: look at both, and show yours if it is the right one."
)


@view_config(
    route_name="replace_upload",
    permission=Right.EDIT,
    request_method="POST",
    renderer=REPLACE,
    require_csrf=False,  # it stands in the body, which is a file; checked as soon as it is read
)
def receive(context: SentReplacement, request: Request) -> Any:
    check_before_body(request)
    request.db.rollback()  # no transaction stays open while the file arrives
    try:
        reader = FormReader(context.upload.body, request.headers.get("Content-Type", ""))
        fields = reader.fields()
        check_field(request, fields)
        _check_size(context, request)
        kept = _taken(request, reader, _decide(context, request, fields))
    except (Invalid, Conflict, TooLarge, NoSpace, RefusedType, Unavailable) as error:
        request.note("version.add", target=f"item:{context.item.uid}", detail={"why": str(error)})
        request.response.status_int = STATUS[type(error)]
        return replace_page(context, request, error.sentence)
    _say(request, kept)
    return HTTPSeeOther(request.route_path("item", item=context.item.uid))


def _decide(context: SentReplacement, request: Request, fields: dict[str, str]) -> Replacement:
    with reading(request.installation.sessions) as session:
        item = Library(session, request.installation).item(context.item.uid)
        return Replacing(session, request.installation).decide(item, fields.get("newest", ""))


def _taken(request: Request, reader: FormReader, replacement: Replacement) -> Kept:
    with Receipt() as receipt:
        receipt.take(islice(reader.files(), 1), request.installation.storage, announced=1, fits=replacement.fits)
        for refused in receipt.refused:
            raise refused.error
        if not receipt.arrived:
            raise Invalid(_("Choose a file."), "file")
        return keep_version(request.installation, request.identity, replacement, receipt.arrived[0])


def _say(request: Request, kept: Kept) -> None:
    if kept.quicker:
        flash(request, Sentence(KEPT_BESIDE, {"name": kept.quicker, "number": kept.number}), "warn")
    else:
        flash(request, _("The new file has arrived. It is shown as soon as it is ready."))


def _check_size(context: SentReplacement, request: Request) -> None:
    """By what the client says it will send. Raises TooLarge, OverQuota or NoSpace."""
    limit, length = request.installation.settings.max_upload_size, context.upload.length
    if length is not None:
        if length > limit + ENVELOPE:
            raise too_large(limit)
        check_space(request.installation, length)
        check_quota(request.installation, request.identity, length)
