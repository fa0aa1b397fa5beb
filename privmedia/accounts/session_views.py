"""The section of the account page that lists where one is signed in."""
from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.identity import Identity
from privmedia.accounts.sign_ins import SignIns
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_config(route_name="account", request_method="POST", request_param="do=sign_out", permission=Right.ACCOUNT)
def end_session(request: Request) -> Response:
    identity: Identity = request.identity
    uid = request.POST.get("session", "")
    request.write(SignIns).end(uid=uid, user_id=identity.user_id, by=identity)
    flash(request, _("That browser is signed out."))
    return HTTPSeeOther(request.route_path("account"))


@view_config(
    route_name="account", request_method="POST", request_param="do=sign_out_others", permission=Right.ACCOUNT
)
def end_other_sessions(request: Request) -> Response:
    identity: Identity = request.identity
    request.write(SignIns).end_all(user_id=identity.user_id, but=identity.session_id, by=identity)
    flash(request, _("You are signed out everywhere else."))
    return HTTPSeeOther(request.route_path("account"))
