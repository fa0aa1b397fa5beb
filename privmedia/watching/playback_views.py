"""Where people stop: told by the player while it plays, listed and cleared by themselves."""
from __future__ import annotations

import math
from typing import Any

from pyramid.httpexceptions import HTTPNoContent, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.audit.service import Audit
from privmedia.errors import Conflict, Invalid
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.shelves import Shelves
from privmedia.playback.service import NO_TIME, Playbacks
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

WATCHED = "library/watched.jinja2"


@view_config(route_name="item_playback", permission=Right.VIEW, request_method="POST")
def note_place(context: ItemContext, request: Request) -> Response:
    """No line of the audit log: that somebody watches stands there already, told by the gate."""
    number = request.POST.get("version", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and int(number) <= context.item.newest):
        raise Invalid(NO_TIME)
    if int(number) != context.item.current:
        raise Conflict(_("Another version is shown now."))
    request.write(Playbacks).note(
        user_id=context.identity.user_id,
        item_id=context.item.id,
        version=int(number),
        position=_seconds(request.POST.get("position", "")),
        duration=_seconds(request.POST.get("duration", "")),
    )
    return HTTPNoContent()


@view_config(route_name="account_watched", permission=Right.ACCOUNT, request_method="GET", renderer=WATCHED)
def watched(context: FolderContext, request: Request) -> Any:
    numbers = request.read(Playbacks).watched(context.identity.user_id)
    return {"items": request.read(Shelves).some(context.identity, numbers), "any": bool(numbers)}


@view_config(route_name="account_watched", permission=Right.ACCOUNT, request_method="POST")
def clear_watched(context: FolderContext, request: Request) -> Response:
    count = request.write(Playbacks).clear(context.identity.user_id)
    request.write(Audit).record("user.watched-clear", identity=context.identity, detail={"count": count})
    flash(request, _("What you have watched is forgotten."))
    return HTTPSeeOther(request.route_path("account_watched"))


def _seconds(text: str) -> float:
    """Raises Invalid for what is no number."""
    try:
        return float(text) if len(text) < 30 else math.nan
    except ValueError:
        raise Invalid(NO_TIME) from None
