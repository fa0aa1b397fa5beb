"""The section of the account page for API tokens. A token is shown once, on the page that answers its making."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.accounts.confirming import RECENTLY
from privmedia.accounts.forms import TokenForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.own_account import OwnAccount
from privmedia.accounts.tokens import Tokens
from privmedia.errors import Invalid
from privmedia.scopes import Scope
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_config(
    route_name="account",
    request_method="POST",
    request_param="do=add_token",
    permission=Right.ACCOUNT,
    confirmed=RECENTLY,
    renderer=ACCOUNT,
)
def add_token(request: Request) -> Any:
    identity: Identity = request.identity
    form = TokenForm.of(request)
    if not form.validate():
        return account_page(request, status=422, token_form=form)
    tokens, owner = request.write(Tokens), request.write(OwnAccount).user(identity.user_id)
    try:
        token, text = tokens.add(
            user=owner,
            name=form["name"].data,
            scopes=[Scope(name) for name in form["scopes"].data],
            lasts=timedelta(days=int(form["days"].data)),
            by=identity,
        )
    except Invalid as error:
        form.refuse(error)
        return account_page(request, status=422, token_form=form)
    request.response.headers["Cache-Control"] = "no-store"
    return account_page(request, new_token=(token.name, text), tokens=tokens.of(identity.user_id))


@view_config(route_name="account", request_method="POST", request_param="do=revoke_token", permission=Right.ACCOUNT)
def revoke_token(request: Request) -> Response:
    identity: Identity = request.identity
    owner = request.write(OwnAccount).user(identity.user_id)
    request.write(Tokens).revoke(uid=request.POST.get("token", ""), user=owner, by=identity)
    flash(request, _("The token works no more."))
    return HTTPSeeOther(request.route_path("account"))
