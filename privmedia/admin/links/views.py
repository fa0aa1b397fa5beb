"""The list of all links: looked through, and from there extended and revoked."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.admin.paging import Pages, page_number
from privmedia.sharing.service import PAGE, Links, Show, Wanted
from privmedia.web.i18n import _
from privmedia.web.rights import Right

LONGEST_SEARCH = 100
CHIPS = {Show.OPEN: _("Working"), Show.ENDED: _("Ended"), Show.ALL: _("All")}


@view_config(
    route_name="admin_links", request_method="GET", permission=Right.ADMINISTER, renderer="admin/links.jinja2"
)
def links(request: Request) -> Any:
    found = request.read(Links)
    q = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    asked = request.GET.get("show", "")
    show = Show(asked) if asked in list(Show) else Show.OPEN
    wanted = Wanted(q=q, show=show)
    pages = Pages(page_number(request), PAGE, found.count(wanted))

    def address(**change: Any) -> str:
        query = {name: value for name, value in {"q": q, **change}.items() if value}
        return str(request.route_path("admin_links", _query=query))

    return {
        "links": found.listed(wanted, pages.number),
        "wanted": wanted,
        "chips": [
            {
                "text": text,
                "count": found.count(Wanted(q=q, show=which)),
                "url": address(show=which),
                "current": which is show,
            }
            for which, text in CHIPS.items()
        ],
        "pages": pages.links(lambda number: address(show=show, page=number)),
    }
