"""What the pages have in common on which an item is edited: the way down to it, and the parts there are."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request

from privmedia.captions.keeping import Changed
from privmedia.captions.service import Captioning
from privmedia.captions.transcript import HAS_TIME
from privmedia.errors import Conflict, Invalid
from privmedia.library.models import Item, Kind
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


def editing(
    request: Request, item: Item, name: str, seen: str | None, error: Invalid | Conflict | None
) -> dict[str, Any]:
    """For a form that edits a text: the edition on the page and the one there is now, and what plays beside it.

    `seen` is the edition that a form which comes back was made from. Whoever was told that the two differ may choose to
    put theirs in its place.
    """
    service = request.read(Captioning)
    now = service.edition(item, name)
    return {
        "seen": now if seen is None else seen,
        "now": now,
        "changed": isinstance(error, Changed),
        "play_url": service.play_url(item),
    }


def edition_seen(request: Request) -> str | None:
    """The edition that may be replaced, as the form says."""
    seen: str | None = request.POST.get("over", request.POST.get("seen"))
    return seen
