"""The player as a page of another site frames it. Without a session it is the same document for everybody: no title,
no poster, no name.

Which pages may frame it the browser enforces, by `frame-ancestors`. What it tells of the page around chooses words.
"""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.own_account import OwnAccount
from privmedia.attention.service import WhoWatched
from privmedia.db import writing
from privmedia.embedding.frames import Frames
from privmedia.embedding.pages import Pages
from privmedia.embedding.player import shown
from privmedia.embedding.previews import PREVIEWS, look_in
from privmedia.embedding.standing import Standing
from privmedia.origins import is_listed, page_of
from privmedia.web.headers import PAGE_POLICY, STYLES
from privmedia.web.i18n import _

FRAME = "embedding/frame.jinja2"
SCREEN = "embedding/screen.jinja2"
NOBODY_FRAMES = "frame-ancestors 'none'"


@view_config(route_name="embed", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=FRAME)
def frame(request: Request) -> Any:
    standing = request.read(Frames).standing(request.matchdict["embed"])
    if _on_a_wrong_site(request, standing):
        return _wrong_site(request, standing)
    if standing is None:
        return _gone(request)
    _let_frame(request, standing.ancestors, request.registry["assets"].player_styles)
    identity = request.identity
    names = request.read(WhoWatched).names
    values: dict[str, Any] = {
        "standing": standing,
        "embed": standing.embed,
        "state": "ask",
        "account": None,
        "names": names,
        "previewed": False,
    }
    if identity is None:
        return values
    if not request.read(Frames).may_watch(standing, identity.user_id):
        # Of a player without sign-in they may be anybody, or somebody for whom the site vouches.
        anybody = standing.is_open or standing.is_signed
        return values if anybody else {**values, "state": "denied", "account": identity.name}
    if request.GET.get("as") in PREVIEWS:
        return {**values, "state": request.GET["as"], "account": identity.name, "previewed": True}
    watcher = request.read(OwnAccount).user(identity.user_id)
    look = look_in(request.GET, standing.embed)
    return {**values, "state": "playing", **shown(request, standing, watcher, look=look)}


def _on_a_wrong_site(request: Request, standing: Standing | None) -> bool:
    if request.headers.get("Sec-Fetch-Dest") not in ("iframe", "frame", "embed", "object"):
        return False
    around = page_of(request.headers.get("Referer", ""))
    if around is None or around[0] in (request.host_url, request.installation.settings.base_url):
        return False
    if standing is None:
        return True
    return standing.listed is not None and not is_listed(around[0], standing.listed)


def _wrong_site(request: Request, standing: Standing | None) -> dict[str, Any]:
    """Static, and the same whether there is such a player or not; as soon as well, so it is noted afterwards."""
    if standing is not None:
        request.add_response_callback(lambda _request, answer: _note_after(answer, request, standing))
    request.override_renderer = SCREEN
    request.response.status_int = 403
    _let_frame(request, "*")
    return {"heading": _("This video cannot be shown on this site."), "text": ""}


def _note_after(answer: Response, request: Request, standing: Standing) -> None:
    """For those who look after the player, once the answer has been sent: a callback of the request's end is sooner."""
    body, length, referer = answer.app_iter, answer.content_length, request.headers["Referer"]

    def then_noted() -> Iterator[bytes]:
        yield from body
        with writing(request.installation.sessions) as session:
            Pages(session, request.installation).saw(standing, referer, refused=True)

    answer.app_iter = then_noted()
    answer.content_length = length  # which the line above took away


def _gone(request: Request) -> dict[str, Any]:
    request.override_renderer = SCREEN
    request.response.status_int = 404
    _let_frame(request, "*")
    heading, text = _("This video is not here any more"), _("It was deleted, or never shared with this page.")
    return {"heading": heading, "text": text}


def _let_frame(request: Request, ancestors: str, styles: list[str] | None = None) -> None:
    policy = PAGE_POLICY.replace(NOBODY_FRAMES, f"frame-ancestors {ancestors}")
    headers = request.response.headers
    headers["Content-Security-Policy"] = policy.replace(STYLES, " ".join((STYLES, *(styles or ()))))
    headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    headers["Cache-Control"] = "no-store"
    headers["Vary"] = "Cookie"
