"""The page on which the poster of an item is chosen."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPBadRequest, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.captions.keeping import place_of
from privmedia.captions.pages import edit_page
from privmedia.errors import Conflict, DomainError, Invalid, NoSpace, Unavailable
from privmedia.library.resources import ItemContext
from privmedia.library.shelves import Shelves
from privmedia.media import Damaged, SandboxFailed, TookTooLong
from privmedia.playback.times import seconds
from privmedia.posters.resources import LONGEST
from privmedia.posters.service import NO_FRAME, NO_MOMENT, Posters, Stills, require_poster
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "posters/poster.jinja2"
REFUSALS = (Invalid, Conflict, NoSpace, Unavailable, Damaged, TookTooLong, SandboxFailed)
"""What choosing a poster may be refused with; each has its sentence."""


@view_config(route_name="item_poster", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def choose_poster(context: ItemContext, request: Request) -> Any:
    return poster_page(context, request)


@view_config(route_name="item_poster", permission=Right.EDIT, request_method="POST", renderer=PAGE)
def take_poster(context: ItemContext, request: Request) -> Any:
    require_poster(context.item.kind)
    form = request.POST
    posters = Posters(request.installation, context.identity, place_of(context.item))
    request.db.rollback()  # no transaction stays open while a frame is looked for
    try:
        if "own" in form:
            posters.take_own()
        elif "still" in form:
            posters.take_still(_number(form["still"]))
        elif "time" in form:
            posters.take_moment(_moment(form["time"]))
        else:
            raise HTTPBadRequest(_("The form cannot be read."))
    except REFUSALS as error:
        return poster_page(context, request, problem=error)
    return taken(context, request)


def taken(context: ItemContext, request: Request) -> Response:
    """Back to the page, which shows what was chosen."""
    flash(request, _("The cover is changed.") if context.item.kind == "audio" else _("The poster is changed."))
    return HTTPSeeOther(request.route_path("item_poster", item=context.item.uid))


def poster_page(context: ItemContext, request: Request, problem: DomainError | None = None) -> dict[str, Any]:
    """The values of the page, with what was wrong."""
    item = context.item
    require_poster(item.kind)
    if problem is not None:
        request.response.status_int = STATUS.get(type(problem), 422)
    stills = request.read(Stills)
    return {
        **edit_page(request, context, "poster"),
        "details": request.read(Shelves).item(context.identity, item, may_download=False),
        "stills": stills.of(place_of(item)),
        "own": stills.is_own(place_of(item)),
        "time": request.params.get("time", "") if request.content_type != "multipart/form-data" else "",
        "max_size": LONGEST,
        "problem": "" if problem is None else problem.sentence,
    }


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 3):
        raise Invalid(NO_FRAME, "still")
    return int(text)


def _moment(text: str) -> float:
    found = seconds(text.strip())
    if found is None:
        raise Invalid(NO_MOMENT, "time")
    return found
