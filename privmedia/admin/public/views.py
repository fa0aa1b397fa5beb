"""The list of all items that are public, and from there the page on which each is taken back."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.admin.paging import Pages, page_number
from privmedia.public.service import PAGE, PublicCopies
from privmedia.web.rights import Right

LONGEST_SEARCH = 100


@view_config(
    route_name="admin_public", request_method="GET", permission=Right.ADMINISTER, renderer="admin/public.jinja2"
)
def public(request: Request) -> Any:
    copies = request.read(PublicCopies)
    q = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    found = copies.count(q)
    pages = Pages(page_number(request), PAGE, found)

    def address(number: int) -> str:
        return str(request.route_path("admin_public", _query={"q": q, "page": number} if q else {"page": number}))

    return {"copies": copies.listed(q, pages.number), "count": found, "q": q, "pages": pages.links(address)}
