"""The page of people who have to have a second factor and have none yet: told at sign-in, and later all there is."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.passkey_pages import why_not
from privmedia.accounts.return_to import return_to
from privmedia.web.rights import Right


def wanted(request: Request) -> str:
    """The page to go on to once a second factor is there; empty for who came by themselves, from their account."""
    there = (request.POST if request.method == "POST" else request.GET).get("next", "")
    return return_to(there) if there else ""


def factor_days_left(request: Request) -> int | None:
    """`request.factor_days_left`: days to set up a second factor, begun ones counted; None where nobody has to."""
    identity = request.identity
    if identity is None or identity.factor_due is None or identity.looks_only:
        return None
    left: timedelta = identity.factor_due - request.installation.clock()
    return max(0, -(-left // timedelta(days=1)))


@view_config(
    route_name="second_factor", request_method="GET", permission=Right.ACCOUNT,
    renderer="accounts/second_factor.jinja2",
)
def told(request: Request) -> Any:
    there = return_to(request.GET.get("next", "/"))
    if request.identity.factor_due is None:
        return HTTPSeeOther(there)
    request.response.headers["Cache-Control"] = "no-store"
    return {"due": request.identity.factor_due, "next": there, "why_not": why_not(request)}
