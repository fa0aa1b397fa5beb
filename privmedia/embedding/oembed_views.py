"""oEmbed 1.0: a page of ours is asked for by its address, and answered with the code that shows it.

For a player's address anybody is answered, who knows the address; its title only if its maker let it be said. For an
item's page only who is signed in and may view it.
"""
from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.embedding.frames import Frames
from privmedia.embedding.service import Embeds
from privmedia.embedding.snippet import Snippet
from privmedia.embedding.standing import Standing
from privmedia.errors import NotFound
from privmedia.ids import is_uid
from privmedia.library.models import Item
from privmedia.library.service import Library
from privmedia.versions.service import Versions

SMALLEST, LARGEST = 1, 10_000


@view_config(route_name="oembed", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def oembed(request: Request) -> Response:
    """The fields of section 2.3.4. 404: nothing is there; 401: sign in first; 501: only JSON is spoken."""
    if request.GET.get("format", "json") != "json":
        return _answer(501, {"error": "Only JSON is answered: leave out format, or ask for format=json."})
    limits = [_limit(request.GET.get(name)) for name in ("maxwidth", "maxheight")]
    if 0 in limits:
        return _answer(400, {"error": "maxwidth and maxheight are numbers of pixels."})
    place, uid = _asked_for(request)
    if place == "embed":
        standing = request.read(Frames).standing(uid)
        return _missing() if standing is None else _answer(200, _of_player(request, standing, standing.item, *limits))
    if place == "m":
        return _of_item(request, uid, *limits)
    return _missing()


def _asked_for(request: Request) -> tuple[str, str]:
    """`embed` or `m`, and the public id after it; two empty words for any other address."""
    try:
        parts = urlsplit(request.GET.get("url", ""))
    except ValueError:
        return "", ""
    words = parts.path.split("/")
    if f"{parts.scheme}://{parts.netloc.lower()}" not in (request.installation.settings.base_url, request.host_url):
        return "", ""
    return (words[1], words[2]) if len(words) == 3 and words[0] == "" and is_uid(words[2]) else ("", "")


def _of_item(request: Request, uid: str, *limits: int | None) -> Response:
    """A player of the item that was made for some site; where there is none a link to its page."""
    identity = request.identity
    if identity is None:
        return _answer(401, {"error": "Sign in first."})
    library = request.read(Library)
    try:
        item = library.item(uid)
    except NotFound:
        return _missing()
    decision = request.read(Access).decision(
        identity,
        acl_id=item.acl_id if item.acl_id is not None else item.folder.acl_id,
        owner_id=item.uploader_id,
        shown=item.shown,
    )
    if Permission.VIEW not in decision.rights:
        return _missing()
    players = [one for one in request.read(Embeds).of_item(item) if one.works and one.appears_somewhere]
    if players:
        # One that goes by the word of a site needs more in its address than is answered here.
        player = min(players, key=lambda one: one.is_signed)
        return _answer(200, {**_of_player(request, player, item, *limits), "title": item.title})
    return _answer(200, {**_provider(request), "type": "link", "title": item.title})


def _of_player(
    request: Request, standing: Standing, item: Item, most_wide: int | None, most_high: int | None
) -> dict[str, Any]:
    version = request.read(Versions).shown(item)
    shape = (version.width, version.height) if version.width and version.height else None
    snippet = Snippet(request.installation.settings.base_url, standing.embed, item, shape)
    width, height = snippet.size(most_wide, most_high)
    return {
        **_provider(request),
        "type": "rich" if snippet.is_sound else "video",
        **({"title": item.title} if standing.embed.names_title else {}),
        "width": width,
        "height": height,
        "html": snippet.iframe(most_wide, most_high),
    }


def _provider(request: Request) -> dict[str, Any]:
    name = request.organisation or "privmedia"
    return {"version": "1.0", "provider_name": name, "provider_url": request.installation.settings.base_url}


def _limit(text: str | None) -> int | None:
    """Pixels; None for no limit, 0 for what is no number."""
    if text is None:
        return None
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if SMALLEST <= number <= LARGEST else 0


def _missing() -> Response:
    return _answer(404, {"error": "There is nothing here."})


def _answer(status: int, told: dict[str, Any]) -> Response:
    text = json.dumps(told, ensure_ascii=False)
    answer = Response(text, status=status, content_type="application/json", charset="UTF-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
