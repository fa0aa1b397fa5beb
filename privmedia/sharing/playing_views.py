"""What the player of somebody who came by a link says while it plays: that they still may, and what was played.

Decided by the gate like every byte, so that it stops when the link does. Nothing is read but its one statement, and
nothing is written here: what was played is written later, together with that of others.
"""
from __future__ import annotations

from pyramid.httpexceptions import HTTPNoContent
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import token_hash
from privmedia.attention.noting import Watcher
from privmedia.db import milliseconds
from privmedia.errors import Ended
from privmedia.ids import is_uid
from privmedia.sharing.cookies import visit_token
from privmedia.sharing.visiting import looks_only
from privmedia.watching.playback_views import version_shown

ANY_FILE = "original"
"""Which every version has: the gate decides of files."""
NEWEST = 10**9
"""Visitors are not told what other versions there were: any that is not shown now was replaced."""


@view_config(route_name="link_playback", request_method="POST", permission=NO_PERMISSION_REQUIRED)
def note_playing(request: Request) -> Response:
    token, item = visit_token(request), request.matchdict["item"]
    if token is None or not is_uid(item) or looks_only(request):
        raise Ended
    found = request.registry["gate"].ask_by_link(
        token=token_hash(token),
        now=milliseconds(request.installation.clock()),
        item=item,
        version=None,
        file=ANY_FILE,
    )
    if found is None or Permission.VIEW not in found.rights:
        raise Ended
    version = version_shown(request, found.current, newest=NEWEST)
    who = Watcher.visitor(found.visit_id)
    request.registry["attention"].said(item=item, version=version, who=who, played=request.POST.get("played", ""))
    return HTTPNoContent()
