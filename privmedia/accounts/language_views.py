"""Choosing a language before signing in: for this browser, until the account says otherwise."""
from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.cookies import set_language_cookie
from privmedia.accounts.return_to import return_to
from privmedia.text import LANGUAGES


@view_config(route_name="language", request_method="POST", permission=NO_PERMISSION_REQUIRED)
def choose(request: Request) -> Response:
    """Back to the page where the button stood. What is no language of ours changes nothing."""
    response = HTTPSeeOther(return_to(request.POST.get("next", "/")))
    tag = request.POST.get("language", "")
    if tag in LANGUAGES:
        set_language_cookie(request, response, tag)
    return response
