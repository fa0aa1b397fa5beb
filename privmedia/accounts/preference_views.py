"""The section of the account page for language, theme and keyboard."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.accounts.cookies import set_theme_cookie
from privmedia.accounts.forms import PreferencesForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.own_account import OwnAccount
from privmedia.web.i18n import _, speak
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_config(
    route_name="account",
    request_method="POST",
    request_param="do=preferences",
    permission=Right.ACCOUNT,
    renderer=ACCOUNT,
)
def prefer(request: Request) -> Any:
    identity: Identity = request.identity
    form = PreferencesForm.of(request)
    if not form.validate():
        return account_page(request, status=422, preferences=form)
    request.write(OwnAccount).prefer(user_id=identity.user_id, by=identity, **form.data)
    if form["language"].data:
        speak(request, form["language"].data)
    flash(request, _("Saved."))
    response = HTTPSeeOther(request.route_path("account"))
    set_theme_cookie(request, response, form["theme"].data)
    return response
