"""What other pages say of the players of an item, as methods of the request: so they need not know this room."""
from __future__ import annotations

from collections.abc import Sequence

from pyramid.request import Request

from privmedia.embedding.pages import Pages, Seen
from privmedia.embedding.service import Embeds
from privmedia.embedding.standing import Standing
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.service import Library


def embeds_of(request: Request, uid: str) -> tuple[Sequence[Standing], Sequence[Seen]]:
    """`request.embeds_of(uid)`: the players of an item that the caller may see, and where they were seen."""
    item = request.read(Library).item(uid)
    players = [one for one in request.read(Embeds).of_item(item) if one.embed.removed_at is None]
    seen: Sequence[Seen] = request.read(Pages).of_item(item) if players else ()
    return players, [one for one in seen if one.embed.removed_at is None]


def shown_elsewhere(request: Request) -> Sequence[Seen]:
    """`request.shown_elsewhere`: the pages of other sites that show what the request is about, as far as is known: an
    item, or what the caller sees of a folder.
    """
    context, pages = request.context, request.read(Pages)
    found: Sequence[Seen] = ()
    if isinstance(context, ItemContext):
        found = pages.showing([context.item.id])
    elif isinstance(context, FolderContext) and not context.is_root:
        found = pages.showing_below(context.folder, context.identity)
    return found
