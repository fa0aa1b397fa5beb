"""A forgotten password: asking for a link, and choosing a new password through it."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.forms import AskResetForm, ResetForm
from privmedia.accounts.new_passwords import hash_of
from privmedia.accounts.resets import Resets
from privmedia.errors import Invalid, NotFound, Throttled
from privmedia.web.i18n import _
from privmedia.web.pages import flash

ASK = "accounts/reset.jinja2"
SENT = "accounts/reset_sent.jinja2"
CHOOSE = "accounts/reset_form.jinja2"
ENDED = "accounts/reset_ended.jinja2"
NO_MAIL = "accounts/reset_no_mail.jinja2"


@view_config(route_name="reset", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=ASK)
def ask_form(request: Request) -> Any:
    if not request.installation.settings.mail_works:
        request.override_renderer = NO_MAIL
        return {}
    return {"form": AskResetForm(), "problem": None}


@view_config(route_name="reset", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=ASK)
def ask(request: Request) -> Any:
    """The same work and the same answer for every address. The job that writes the letter looks whose it is."""
    if not request.installation.settings.mail_works:
        return HTTPSeeOther(request.route_path("reset"))
    form = AskResetForm.of(request)
    if not form.validate():
        request.response.status_int = 422
        return {"form": form, "problem": None}
    email, address = form["email"].data, request.remote_addr or ""
    try:
        request.read(Resets).require_open(email=email, address=address)
        request.write(Resets).ask(email=email, address=address, request_id=request.request_id)
    except Throttled as slowed:
        request.note("reset.ask")
        request.response.status_int = 429
        request.response.headers["Retry-After"] = str(slowed.retry_after)
        return {"form": form, "problem": slowed.sentence}
    request.override_renderer = SENT
    return {"email": email}


@view_config(route_name="reset_choose", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=CHOOSE)
def choose_form(request: Request) -> Any:
    user = request.read(Resets).person_of(request.matchdict["token"])
    return _ended(request) if user is None else {"form": ResetForm(), "email": user.email}


@view_config(route_name="reset_choose", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=CHOOSE)
def choose(request: Request) -> Any:
    token, form = request.matchdict["token"], ResetForm.of(request)
    user = request.read(Resets).person_of(token)
    if user is None:
        return _ended(request)
    if not form.validate():
        request.response.status_int = 422
        return {"form": form, "email": user.email}
    try:
        password_hash = hash_of(request, form["new"], words=(user.name, user.email))
        request.write(Resets).finish(
            token=token,
            password_hash=password_hash,
            address=request.remote_addr or "",
            request_id=request.request_id,
        )
    except NotFound:
        return _ended(request)
    except Invalid as error:
        form.refuse(error)
        request.response.status_int = 422
        return {"form": form, "email": user.email}
    flash(request, _("Your password is changed. Sign in with the new one."))
    return HTTPSeeOther(request.route_path("login"))


def _ended(request: Request) -> dict[str, Any]:
    request.response.status_int = 410
    request.override_renderer = ENDED
    return {}
