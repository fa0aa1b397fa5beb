"""The two buttons: see the library as somebody else, and stop."""
from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.service import Accounts
from privmedia.accounts.viewpoints import Viewpoints
from privmedia.admin.users.resources import PersonContext
from privmedia.web.rights import Right


@view_config(route_name="view_as", request_method="POST", permission=Right.ADMINISTER)
def start(context: PersonContext, request: Request) -> Response:
    user = request.write(Accounts).user(context.user.uid)
    request.write(Viewpoints).start(user=user, by=request.identity)
    return HTTPSeeOther(request.route_path("library"))


@view_config(route_name="view_as_stop", request_method="POST", permission=Right.LEAVE)
def stop(request: Request) -> Response:
    user = request.write(Viewpoints).stop(by=request.identity)
    if user is None:  # it ended by itself, or in another tab
        return HTTPSeeOther(request.route_path("library"))
    return HTTPSeeOther(request.route_path("admin_user", user=user.uid))
