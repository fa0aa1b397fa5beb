"""The page of an item."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.attention.pages import on_item
from privmedia.captions.service import Captioning
from privmedia.captions.transcript import HAS_TIME, transcript_of
from privmedia.library.lists import Wanted
from privmedia.library.models import CHAPTERS, Kind
from privmedia.library.resources import ItemContext
from privmedia.library.shelves import Shelves
from privmedia.library.stages import Stages, come_first
from privmedia.library.tags import Tags
from privmedia.library.views import crumbs, itself, may
from privmedia.library.who_sees import WhoSees
from privmedia.versions.pages import versions_for
from privmedia.watching.pages import shown_of
from privmedia.watching.player import player_for
from privmedia.web.headers import allow_styles
from privmedia.web.rights import Right

NEXT_TO_AN_ITEM = 8


@view_config(route_name="item", permission=Right.VIEW, request_method="GET", renderer="library/item.jinja2")
def item(context: ItemContext, request: Request) -> Any:
    identity, folder = context.identity, context.folder
    shelves = request.read(Shelves)
    allow_styles(request.response, request.registry["assets"].player_styles)
    details = shelves.item(identity, context.item, may_download=Permission.DOWNLOAD in context.rights)
    stage = request.read(Stages).of(context.item)
    if stage.may_hurry and not identity.looks_only:
        come_first(request.installation, stage.version_id)
    return {
        "item": details,
        "stage": stage,
        "viewers": request.read(WhoSees).viewers(context.item, shown=True) if stage.steps else None,
        **shown_of(request, details),
        "around": shelves.around(identity, context.item) if details.kind == Kind.IMAGE else None,
        "tags": request.read(Tags).of(context.item),
        "player": player_for(request, context),
        **_timed(request, context),
        "crumbs": [*crumbs(request, identity, folder), *itself(request, identity, folder)],
        "who": request.read(WhoSees).of_item(context.item, identity),
        "links": request.links_at(context.item),
        "on_item": on_item(request, context),
        "me_reason": request.read(WhoSees).reason_for(context.item, identity),
        "next_items": shelves.items(identity, Wanted(folder_id=folder.id), limit=NEXT_TO_AN_ITEM).items,
        "versions": versions_for(request, context),
        "shown_version": context.item.current,
        **may(context.rights),
    }


def _timed(request: Request, context: ItemContext) -> dict[str, Any]:
    """What goes with the time of an item: captions, chapters, transcript; nothing for what has no time."""
    nothing: dict[str, Any] = {"captions": [], "chapters": [], "chapters_url": None, "transcript": None}
    if context.item.kind not in HAS_TIME:
        return nothing
    service = request.read(Captioning)
    chapters = service.marks(context.item)
    return {
        "captions": service.tracks(context.item),
        "chapters": chapters,
        "chapters_url": f"/smedia/{context.item.uid}/{CHAPTERS}" if chapters else None,
        "transcript": transcript_of(request, context.item),
    }
