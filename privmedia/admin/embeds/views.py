"""The list of all players: what they show, where, when they were watched last; and the end of one."""
from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.admin.paging import Pages as Paging
from privmedia.admin.paging import page_number
from privmedia.embedding.pages import Pages
from privmedia.embedding.service import PAGE, Embeds, Show
from privmedia.embedding.standing import Stand, Standing
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

LONGEST_SEARCH = 100
CHIPS = {
    Show.PLAYING: _("Playing"),
    Show.BROKEN: _("Broken"),
    Show.UNUSED: _("Not watched for 90 days"),
    Show.OPEN: _("Open, no sign-in"),
    Show.ALL: _("All"),
}
LONG_AGO = timedelta(days=90)
BROKEN = (Stand.DELETED, Stand.UNPLAYABLE, Stand.CLOSED)
"""Not those that were ended on purpose: who ended one saw where it stood."""
ADMINISTERED: dict[str, Any] = {"permission": Right.ADMINISTER}


@view_config(route_name="admin_embeds", request_method="GET", renderer="admin/embeds.jinja2", **ADMINISTERED)
def embeds(request: Request) -> Any:
    q = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    asked = request.GET.get("show", "")
    show = Show(asked) if asked in list(Show) else Show.PLAYING
    found = request.read(Embeds).like(q)
    sorted_out = {which: _like(request, found, which) for which in CHIPS}
    pages = Paging(page_number(request), PAGE, len(sorted_out[show]))
    listed = sorted_out[show][(pages.number - 1) * PAGE : pages.number * PAGE]

    def address(**change: Any) -> str:
        query = {name: value for name, value in {"q": q, **change}.items() if value}
        return str(request.route_path("admin_embeds", _query=query))

    return {
        "embeds": listed,
        "seen": request.read(Pages).of_embeds([one.embed.id for one in listed]),
        "q": q,
        "show": show,
        "chips": [
            {
                "text": text,
                "count": len(sorted_out[which]),
                "url": address(show=which),
                "current": which is show,
            }
            for which, text in CHIPS.items()
        ],
        "pages": pages.links(lambda number: address(show=show, page=number)),
    }


@view_config(route_name="admin_embed_end", request_method="GET", renderer="embedding/end.jinja2", **ADMINISTERED)
def ask_to_end(request: Request) -> Any:
    standing = request.read(Embeds).find(request.matchdict["embed"])
    seen = request.read(Pages).of_embeds([standing.embed.id]).get(standing.embed.id, [])
    return {"standing": standing, "seen": seen, "back": request.route_path("admin_embeds")}


@view_config(route_name="admin_embed_end", request_method="POST", **ADMINISTERED)
def end(request: Request) -> Any:
    gone = request.write(Embeds).remove(uid=request.matchdict["embed"], by=request.identity)
    flash(request, _("“${name}” plays no more.", mapping={"name": gone.embed.name}))
    return HTTPSeeOther(request.route_path("admin_embeds"))


def _like(request: Request, found: Sequence[Standing], show: Show) -> list[Standing]:
    long_ago = request.installation.clock() - LONG_AGO
    if show is Show.PLAYING:
        return [one for one in found if one.works]
    if show is Show.BROKEN:
        return [one for one in found if one.stand in BROKEN]
    if show is Show.UNUSED:
        return [one for one in found if one.works and (one.embed.last_used_at or one.embed.created_at) < long_ago]
    return [one for one in found if show is Show.ALL or one.is_open]
