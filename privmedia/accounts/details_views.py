"""The sections of the account page for one's name and one's address, and the page that confirms a new address."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.accounts.forms import EmailForm, NameForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.own_account import OwnAccount
from privmedia.accounts.sign_ins import WrongPassword, confirm
from privmedia.audit.service import FAILED
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

CONFIRM_EMAIL = "accounts/confirm_email.jinja2"
EMAIL_ENDED = "accounts/confirm_email_ended.jinja2"


@view_config(
    route_name="account", request_method="POST", request_param="do=name", permission=Right.ACCOUNT, renderer=ACCOUNT
)
def rename(request: Request) -> Any:
    identity: Identity = request.identity
    form = NameForm.of(request)
    if not form.validate():
        return account_page(request, status=422, your_name=form)
    try:
        request.write(OwnAccount).rename(user_id=identity.user_id, name=form["name"].data, by=identity)
    except Invalid as error:
        form.refuse(error)
        return account_page(request, status=422, your_name=form)
    flash(request, _("Your name is changed."))
    return HTTPSeeOther(request.route_path("account"))


@view_config(
    route_name="account", request_method="POST", request_param="do=email", permission=Right.ACCOUNT, renderer=ACCOUNT
)
def ask_for_email(request: Request) -> Any:
    identity: Identity = request.identity
    form = EmailForm.of(request)
    if not form.validate() or not request.installation.settings.mail_works:
        return account_page(request, status=422, your_email=form)
    try:
        confirm(request.installation, identity=identity, password=form["proof"].data)
        address = request.write(OwnAccount).ask_for_email(
            user_id=identity.user_id, email=form["email"].data, by=identity
        )
    except WrongPassword:
        request.note("user.email.ask", outcome=FAILED, target=identity.email)
        form["proof"].errors = [_("That is not your current password.")]
        return account_page(request, status=403, your_email=form)
    except Invalid as error:
        form.refuse(error)
        return account_page(request, status=422, your_email=form)
    flash(request, _("A link is on its way to ${email}. Your address changes when you follow it.", {"email": address}))
    return HTTPSeeOther(request.route_path("account"))


@view_config(
    route_name="account_email", request_method="GET", permission=Right.ACCOUNT, renderer=CONFIRM_EMAIL
)
def confirm_email_form(request: Request) -> Any:
    identity: Identity = request.identity
    try:
        email = request.read(OwnAccount).email_of(token=request.matchdict["token"], user_id=identity.user_id)
    except NotFound:
        return _email_ended(request)
    return {"email": email, "problem": None}


@view_config(
    route_name="account_email", request_method="POST", permission=Right.ACCOUNT, renderer=CONFIRM_EMAIL
)
def confirm_email(request: Request) -> Any:
    identity: Identity = request.identity
    token = request.matchdict["token"]
    try:
        email = request.read(OwnAccount).email_of(token=token, user_id=identity.user_id)
        request.write(OwnAccount).change_email(token=token, user_id=identity.user_id, by=identity)
    except NotFound:
        return _email_ended(request)
    except Conflict as error:
        request.response.status_int = 409
        return {"email": email, "problem": error.sentence}
    flash(request, _("Your address is ${email} now.", {"email": email}))
    return HTTPSeeOther(request.route_path("account"))


def _email_ended(request: Request) -> dict[str, Any]:
    request.response.status_int = 410
    request.override_renderer = EMAIL_ENDED
    return {}
