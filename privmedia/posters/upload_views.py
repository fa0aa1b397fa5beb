"""A picture that is sent as the poster: received, made anew by the media room, kept."""
from __future__ import annotations

from itertools import islice
from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.captions.keeping import place_of
from privmedia.errors import Invalid, RefusedType, TooLarge
from privmedia.posters.resources import LONGEST, TOO_LARGE, SentPicture
from privmedia.posters.service import Posters, require_picture
from privmedia.posters.views import PAGE, REFUSALS, poster_page, taken
from privmedia.uploads.reading import FormReader
from privmedia.uploads.receiving import Receipt
from privmedia.web.csrf import check_before_body, check_field
from privmedia.web.i18n import _
from privmedia.web.rights import Right


@view_config(
    route_name="poster_upload",
    permission=Right.EDIT,
    request_method="POST",
    renderer=PAGE,
    require_csrf=False,  # it stands in the body, which is a file; checked as soon as it is read
)
def receive(context: SentPicture, request: Request) -> Any:
    check_before_body(request)
    request.db.rollback()  # no transaction stays open while the picture arrives
    try:
        reader = FormReader(context.body, request.headers.get("Content-Type", ""))
        check_field(request, reader.fields())
        _take(context, request, reader)
    except (*REFUSALS, TooLarge, RefusedType) as error:
        request.note("poster.put", target=f"item:{context.item.uid}", detail={"why": str(error)})
        return poster_page(context, request, problem=error)
    return taken(context, request)


def _take(context: SentPicture, request: Request, reader: FormReader) -> None:
    with Receipt() as receipt:
        files = islice(reader.files(), 1)
        receipt.take(files, request.installation.storage, announced=1, fits=require_picture)
        for refused in receipt.refused:
            raise refused.error
        if not receipt.arrived:
            raise Invalid(_("Choose a picture."), "file")
        (arrived,) = receipt.arrived
        if arrived.incoming.size > LONGEST:
            raise TooLarge(TOO_LARGE, LONGEST)
        posters = Posters(request.installation, context.identity, place_of(context.item))
        posters.take_picture(arrived.incoming, arrived.file_type)
