"""What one can reach oneself, and the lines of such a page."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.service import Accounts
from privmedia.library.reach import Reach, Reaches
from privmedia.library.reach_tree import Row, Show
from privmedia.library.reach_words import reasons
from privmedia.library.resources import FolderContext
from privmedia.web.rights import Right

LINES = 100


@view_config(
    route_name="account_reach",
    permission=Right.SIGNED_IN,
    request_method="GET",
    renderer="access/reach_of_mine.jinja2",
)
def my_reach(context: FolderContext, request: Request) -> Any:
    user = request.read(Accounts).user_by_email(context.identity.email)
    found = request.read(Reaches).of(user, own=True)
    return {"reach": found, **page_of(request, found, found.shown(Show.REACH), {}, page_number(request))}


def page_of(
    request: Request, found: Reach, rows: Sequence[Row], kept: dict[str, str], page: int
) -> dict[str, Any]:
    """The lines of one page with their reasons, and the address of the next; `kept` is the query of the list."""
    shown = rows[(page - 1) * LINES : page * LINES]
    more = len(rows) > page * LINES
    return {
        "rows": [(row, reasons(row, found)) for row in shown],
        "next_page": f"{request.path}?{urlencode({**kept, 'page': page + 1})}" if more else None,
    }


def page_number(request: Request) -> int:
    """The page that the address asks for; the first for anything else."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 and int(asked) else 1
