"""Where people stop and what they have seen: told by the player while it plays, listed and cleared by themselves."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pyramid.httpexceptions import HTTPNoContent, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.identity import Identity
from privmedia.attention.noting import Watcher
from privmedia.attention.service import Own, WhoWatched
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
    version = version_shown(request, context.item.current, newest=context.item.newest)
    request.registry["attention"].said(
        item=context.item.uid,
        version=version,
        who=Watcher.person(context.identity.user_id),
        played=request.POST.get("played", ""),
    )
    request.write(Playbacks).note(
        user_id=context.identity.user_id,
        item_id=context.item.id,
        version=version,
        position=_seconds(request.POST.get("position", "")),
        duration=_seconds(request.POST.get("duration", "")),
    )
    return HTTPNoContent()


@view_config(route_name="account_watched", permission=Right.ACCOUNT, request_method="GET", renderer=WATCHED)
def watched(context: FolderContext, request: Request) -> Any:
    identity, who_watched = context.identity, request.read(WhoWatched)
    numbers, noted = request.read(Playbacks).watched(identity.user_id), who_watched.own(identity.user_id)
    shelves = request.read(Shelves)
    return {
        "items": shelves.some(identity, numbers),
        "any": bool(numbers or noted),
        "noted": noted_for(shelves, identity, noted),
        "names": who_watched.names,
        "off": who_watched.off,
        "days": request.installation.settings.who_watched_days,
    }


@view_config(route_name="account_watched", permission=Right.ACCOUNT, request_method="POST")
def clear_watched(context: FolderContext, request: Request) -> Response:
    count = request.write(Playbacks).clear(context.identity.user_id)
    request.write(WhoWatched).forget(context.identity.user_id)
    request.write(Audit).record("user.watched-clear", identity=context.identity, detail={"count": count})
    flash(request, _("What you have watched is forgotten."))
    return HTTPSeeOther(request.route_path("account_watched"))


def version_shown(request: Request, current: int, *, newest: int) -> int:
    """The version that a player says it plays. Raises Invalid for what is none, Conflict where another is shown now."""
    number = request.POST.get("version", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10 and int(number) <= newest):
        raise Invalid(NO_TIME)
    if int(number) != current:
        raise Conflict(_("Another version is shown now."))
    return int(number)


def noted_for(shelves: Shelves, identity: Identity, noted: Sequence[Own]) -> tuple[list[tuple[Any, Own]], int]:
    """What is noted about somebody, each with its item; and of how many items that they do not see any more."""
    cards = shelves.cards(identity, [own.item_id for own in noted])
    seen = [(cards[own.item_id], own) for own in noted if own.item_id in cards]
    return seen, len({own.item_id for own in noted} - cards.keys())


def _seconds(text: str) -> float:
    """Raises Invalid for what is no number."""
    try:
        return float(text) if len(text) < 30 else math.nan
    except ValueError:
        raise Invalid(NO_TIME) from None
