"""What pages say of the versions of an item, to who may edit it."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.access.permissions import Permission
from privmedia.library.models import State
from privmedia.library.resources import ItemContext
from privmedia.versions.service import VersionRow, Versions


@dataclass(frozen=True)
class VersionsShown:
    """All versions, newest first, and what is to be said of the newest where another one is shown."""

    rows: list[VersionRow]
    next: VersionRow | None
    """The newest one that is on its way to be shown, or failed on it; None if there is nothing to say."""


def versions_for(request: Request, context: ItemContext) -> VersionsShown | None:
    """The versions for whoever asks for the page; None for who may not edit the item, or only looks."""
    if Permission.EDIT not in context.rights or context.identity.looks_only:
        return None
    rows = request.read(Versions).rows(context.item, context.identity, context.rights)
    newest = rows[0]
    failed = newest.state in (State.FAILED, State.UNPLAYABLE)
    waits = not newest.current and (newest.busy or newest.takes_over or failed)
    return VersionsShown(rows, newest if waits else None)
