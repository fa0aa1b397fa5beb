"""The section of the account page where one changes one's password."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.accounts.cookies import set_session_cookie
from privmedia.accounts.forms import NewPasswordForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.new_passwords import hash_of
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns, WrongPassword, confirm
from privmedia.audit.service import FAILED
from privmedia.errors import Invalid
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_config(
    route_name="account",
    request_method="POST",
    request_param="do=password",
    permission=Right.ACCOUNT,
    renderer=ACCOUNT,
)
def change_password(request: Request) -> Any:
    identity: Identity = request.identity
    form = NewPasswordForm.of(request)
    if not form.validate():
        return account_page(request, status=422, password=form)
    try:
        confirm(request.installation, identity=identity, password=form["old"].data)
        password_hash = hash_of(request, form["new"], words=(identity.name, identity.email))
    except WrongPassword:
        request.note("user.password", outcome=FAILED, target=identity.email)
        form["old"].errors = [_("That is not your current password.")]
        return account_page(request, status=403, password=form)
    except Invalid as error:
        form.refuse(error)
        return account_page(request, status=422, password=form)
    accounts, sign_ins = request.write(Accounts), request.write(SignIns)
    user = accounts.user_by_email(identity.email)
    accounts.set_password(
        user=user,
        password_hash=password_hash,
        keeps_session=identity.session_id,
        keeps_tokens=not form["revoke"].data,
        by=identity,
    )
    response = HTTPSeeOther(request.route_path("account"))
    set_session_cookie(request, response, sign_ins.renew(session_id=identity.session_id))
    flash(request, _("Your password is changed. You are signed out everywhere else."))
    return response
