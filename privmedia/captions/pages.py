"""What the pages have in common on which an item is edited: the way down to it, and the parts there are."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request

from privmedia.captions.service import Captioning
from privmedia.captions.transcript import HAS_TIME
from privmedia.library.models import Kind
from privmedia.library.resources import ItemContext
from privmedia.library.views import crumbs, itself


def edit_page(request: Request, context: ItemContext, part: str) -> dict[str, Any]:
    """`parts` are (name of the part, how many there are) for the row of links; `part` is the one shown."""
    item = context.item
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    return {"item": item, "crumbs": way, "part": part, "parts": parts_of(request, context)}


def parts_of(request: Request, context: ItemContext) -> list[tuple[str, int | None]]:
    """`request.parts_of_item(context)`: the pages an item is edited on."""
    item = context.item
    parts: list[tuple[str, int | None]] = [("details", None)]
    if item.kind is not Kind.IMAGE:
        parts.append(("poster", None))
    if item.kind in HAS_TIME:
        service = request.read(Captioning)
        parts += [("captions", len(service.tracks(item))), ("chapters", len(service.marks(item)))]
    return [*parts, ("file", None)]
