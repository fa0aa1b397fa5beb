"""What pages say of who watched an item, to who may edit it."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.attention.curve import Chapter, Drawing, draw
from privmedia.attention.service import Watched, WhoWatched
from privmedia.captions.service import Captioning
from privmedia.errors import NotFound
from privmedia.library.models import Kind, Version
from privmedia.library.resources import ItemContext

HAVE_TIME = (Kind.VIDEO, Kind.AUDIO)


@dataclass(frozen=True)
class OnItem:
    """What stands on the page of an item."""

    watched: Watched | None
    """None for who may not edit it."""
    drawing: Drawing | None
    """None where nobody watched, or too few to draw."""
    named: bool
    """Whether names are noted and shown to those with Manage, which everybody is told."""


def on_item(request: Request, context: ItemContext) -> OnItem | None:
    """For whoever asks for the page; None for what has no time, and where nothing is noted."""
    who_watched = request.read(WhoWatched)
    if context.item.kind not in HAVE_TIME or who_watched.off:
        return None
    if Permission.EDIT not in context.rights:
        return OnItem(None, None, who_watched.names)
    try:
        version = who_watched.version(context.item)
    except NotFound:  # it is not known yet how long it is
        return None
    watched = who_watched.of(version)
    return OnItem(watched, draw(watched, ()) if watched.drawn else None, who_watched.names)


def chapters_of(request: Request, version: Version) -> Sequence[Chapter]:
    return [Chapter(mark.seconds, mark.title) for mark in request.read(Captioning).marks_of(version)]
