"""The small window in which people sign in for a player: it hands a code to the player that opened it, and closes.

It names the item, the account and the site, so that whoever was sent here by somebody else sees what for.
"""
from __future__ import annotations

import json
from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.db import writing
from privmedia.embedding.frames import Frames
from privmedia.web.errors import sign_in_first
from privmedia.web.rights import Right

WINDOW = "embedding/window.jinja2"


@view_config(route_name="embed_signin", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=WINDOW)
def window(request: Request) -> Any:
    """Whether there is a page that opened it only the script in it can tell: it asks for the code."""
    headers = request.response.headers
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cache-Control"] = "no-store"
    identity = request.identity
    if identity is None:
        doors = request.installation.settings.doors
        if len(doors) == 1:
            # Whoever is signed in there plays after one click.
            return HTTPSeeOther(request.way_in(doors[0], request.path_qs))
        return sign_in_first(request)
    frames = request.read(Frames)
    standing = frames.standing(request.matchdict["embed"])
    flow = None if standing is None else frames.flow(standing, request.GET.get("flow", ""))
    if standing is None or flow is None or identity.looks_only:
        return {"state": "over", "item_url": None}
    allowed = frames.may_watch(standing, identity.user_id)
    return {
        "state": "allowed" if allowed else "denied",
        "embed_uid": standing.embed.uid,
        "flow": flow.uid,
        "title": standing.item.title if allowed else "",
        "account": identity,
        "sites": [site.partition("://")[2] for site in flow.ancestors.split()],
        "item_url": request.route_path("item", item=standing.item.uid),
        "csrf": get_csrf_token(request),
    }


@view_config(route_name="embed_signin", request_method="POST", permission=Right.SIGNED_IN)
def code(request: Request) -> Response:
    """A code for the player that opened the window. Raises HTTPNotFound if there is nothing to hand over."""
    identity = request.identity
    if identity.session_id is None:
        raise HTTPNotFound
    with writing(request.installation.sessions) as session:
        frames = Frames(session, request.installation)
        standing = frames.standing(request.matchdict["embed"])
        flow = None if standing is None else frames.flow(standing, request.POST.get("flow", ""))
        if standing is None or flow is None or not frames.may_watch(standing, identity.user_id):
            raise HTTPNotFound
        made = frames.code(flow, user_id=identity.user_id, session_id=identity.session_id)
    answer = Response(json.dumps({"code": made}), content_type="application/json", charset="UTF-8")
    answer.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return answer
