"""The page on which the chapters of an item are written."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.captions import chapters
from privmedia.captions.cues import Unreadable
from privmedia.captions.keeping import keep_marks, place_of
from privmedia.captions.pages import edit_page, editing, edition_seen
from privmedia.captions.service import Captioning, own_marks
from privmedia.captions.transcript import HAS_TIME
from privmedia.errors import Conflict, Invalid
from privmedia.library.models import CHAPTERS
from privmedia.library.resources import ItemContext
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "captions/chapters.jinja2"


@view_config(route_name="item_chapters", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def edit_chapters(context: ItemContext, request: Request) -> Any:
    service = request.read(Captioning)
    text = chapters.typed(service.marks(context.item))
    if request.GET.get("from") == "file":
        text = chapters.typed(own_marks(service.version(context.item)))
    return _page(context, request, text)


@view_config(route_name="item_chapters", permission=Right.EDIT, request_method="POST", renderer=PAGE)
def save_chapters(context: ItemContext, request: Request) -> Any:
    text = request.POST.get("chapters", "")
    try:
        marks = chapters.read(text, length=request.read(Captioning).version(context.item).duration)
        place, seen = place_of(context.item), edition_seen(request)
        keep_marks(request.installation, context.identity, place, marks=marks, seen=seen)
    except (Invalid, Conflict) as error:
        return _page(context, request, text, error)
    flash(request, _("The chapters are saved.") if marks else _("There are no chapters any more."))
    return HTTPSeeOther(request.route_path("item", item=context.item.uid))


def _page(
    context: ItemContext, request: Request, text: str, error: Invalid | Conflict | None = None
) -> dict[str, Any]:
    if context.item.kind not in HAS_TIME:
        raise HTTPNotFound
    if error is not None:
        request.response.status_int = 409 if isinstance(error, Conflict) else 422
    problems = error.problems if isinstance(error, Unreadable) else []
    return {
        **edit_page(request, context, "chapters"),
        **editing(request, context.item, CHAPTERS, request.POST.get("seen"), error),
        "text": text,
        "problems": problems,
        "problem": "" if error is None or problems else error.sentence,
        "own": len(own_marks(request.read(Captioning).version(context.item))),
    }
