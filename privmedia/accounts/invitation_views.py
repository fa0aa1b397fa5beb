"""The page behind an invitation: its person chooses a password and is in."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from privmedia.accounts.cookies import session_token
from privmedia.accounts.forms import NAME_NEEDED, PASSWORD_NEEDED, STRENGTH
from privmedia.accounts.identity import initials
from privmedia.accounts.invitations import Invitations
from privmedia.accounts.models import OneTimeLink
from privmedia.accounts.new_passwords import hash_of
from privmedia.accounts.sign_in_views import let_in
from privmedia.accounts.sign_ins import SignIns
from privmedia.errors import Invalid, NotFound
from privmedia.web.forms import Form
from privmedia.web.i18n import _

INVITE = "accounts/invite.jinja2"
ENDED = "accounts/invite_ended.jinja2"


class InvitationForm(Form):
    name = StringField(_("Your name"), [InputRequired(NAME_NEEDED)])
    password = PasswordField(_("Password"), [InputRequired(PASSWORD_NEEDED)], description=STRENGTH)


@view_config(route_name="invite", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=INVITE)
def invitation(request: Request) -> Any:
    link = request.read(Invitations).find(request.matchdict["token"])
    if link is None:
        return _ended(request)
    return _page(request, link, InvitationForm(name=link.user.name))


@view_config(route_name="invite", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=INVITE)
def accept(request: Request) -> Any:
    token, form = request.matchdict["token"], InvitationForm.of(request)
    link = request.read(Invitations).find(token)
    if link is None:
        return _ended(request)
    if not form.validate():
        return _refused(request, link, form)
    name, address = form["name"].data, request.remote_addr or ""
    try:
        password_hash = hash_of(request, form["password"], words=(name, link.user.email))
        user = request.write(Invitations).accept(
            token=token, name=name, password_hash=password_hash, address=address
        )
    except NotFound:
        return _ended(request)
    except Invalid as error:
        form.refuse(error)
        return _refused(request, link, form)
    sign_ins = request.write(SignIns)
    sign_ins.end_token(session_token(request))
    signed_in = sign_ins.begin(user=user, keep=False, address=address, browser=request.user_agent or "")
    return let_in(request, signed_in, request.route_path("library"))


def _page(request: Request, link: OneTimeLink, form: Form) -> dict[str, Any]:
    by = {"name": link.made_by, "initials": initials(link.made_by), "colour": 1} if link.made_by else None
    return {"form": form, "user": link.user, "by": by, "waiting": request.waiting_for(link.user)}


def _refused(request: Request, link: OneTimeLink, form: Form) -> dict[str, Any]:
    request.response.status_int = 422
    return _page(request, link, form)


def _ended(request: Request) -> dict[str, Any]:
    request.response.status_int = 410
    request.override_renderer = ENDED
    return {}
