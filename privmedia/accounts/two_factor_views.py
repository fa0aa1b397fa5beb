"""Two-factor sign-in of one's own account: an authenticator app added, replaced and turned off, and recovery codes."""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

import segno
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.confirming import JUST_NOW, RECENTLY, WITH_IT
from privmedia.accounts.forms import TwoFactorForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.own_account import OwnAccount
from privmedia.accounts.passkeys import Passkeys
from privmedia.accounts.recovery import RecoveryCodes, hashed, new_codes
from privmedia.accounts.second_factor_views import wanted
from privmedia.accounts.two_factor import (
    WRONG_CODE,
    TwoFactors,
    app_address,
    new_secret,
    secret_of,
    signed_secret,
    step_of,
)
from privmedia.errors import Conflict, Invalid
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

SET_UP = "accounts/two_factor.jinja2"
CODES = "accounts/recovery_codes.jinja2"


@view_config(route_name="two_factor", request_method="GET", permission=Right.ACCOUNT, renderer=SET_UP)
def set_up_form(request: Request) -> Any:
    """A new secret with each look; none counts, and none is kept, before a code of it was typed."""
    return _set_up_page(request, TwoFactorForm())


@view_config(
    route_name="two_factor",
    request_method="POST",
    request_param="do=on",
    permission=Right.ACCOUNT,
    confirmed=RECENTLY,
    renderer=SET_UP,
)
def turn_on(request: Request) -> Any:
    form, user_id = TwoFactorForm.of(request), request.identity.user_id
    if not form.validate():
        return _set_up_page(request, form, 422)
    try:
        secret = _secret(request, form)
        _require_right_code(request, secret, form)
        codes = new_codes()
        recovery = hashed(codes)
        request.write(TwoFactors).turn_on(
            user_id=user_id, secret=secret, code=form["code"].data, recovery=recovery, by=request.identity
        )
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _set_up_page(request, form, 422)
    return codes_page(request, codes, is_new=True)


@view_config(
    route_name="two_factor",
    request_method="POST",
    request_param="do=replace",
    permission=Right.ACCOUNT,
    confirmed=JUST_NOW,
    renderer=SET_UP,
)
def replace_app(request: Request) -> Any:
    form, user_id = TwoFactorForm.of(request), request.identity.user_id
    if not form.validate():
        return _set_up_page(request, form, 422)
    try:
        secret = _secret(request, form)
        request.write(TwoFactors).replace(
            user_id=user_id, secret=secret, code=form["code"].data, by=request.identity
        )
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _set_up_page(request, form, 422)
    flash(request, _("The new authenticator app counts now. The old one does not any more."))
    return _back(request)


@view_config(
    route_name="two_factor", request_method="POST", request_param="do=off", permission=Right.ACCOUNT, confirmed=WITH_IT
)
def turn_off(request: Request) -> Response:
    identity: Identity = request.identity
    try:
        left = request.write(TwoFactors).remove(request.write(OwnAccount).user(identity.user_id), identity)
    except Conflict as error:
        flash(request, error.sentence, "warn")
        return _back(request)
    if left:
        flash(request, _("The authenticator app counts no more. Your passkeys still do."))
    else:
        flash(request, _("Two-factor is off. Your password alone lets you in now."))
    return _back(request)


@view_config(
    route_name="two_factor",
    request_method="POST",
    request_param="do=codes",
    permission=Right.ACCOUNT,
    confirmed=WITH_IT,
    renderer=CODES,
)
def make_codes(request: Request) -> Any:
    identity: Identity = request.identity
    if not request.read(Passkeys).factors(identity.user_id):
        flash(request, _("Two-factor is off. Add an app or a passkey first."), "info")
        return _back(request)
    codes = new_codes()
    hashes = hashed(codes)
    request.write(RecoveryCodes).renew(user_id=identity.user_id, hashes=hashes, by=identity)
    return codes_page(request, codes, is_new=False)


def _secret(request: Request, form: Form) -> str:
    return secret_of(request.installation, user_id=request.identity.user_id, signed=form["secret"].data or "")


def _require_right_code(request: Request, secret: str, form: Form) -> None:
    # Before the recovery codes are made, which takes its time.
    if step_of(secret, form["code"].data, now=request.installation.clock(), after=0) is None:
        raise Invalid(WRONG_CODE, "code")


def _set_up_page(request: Request, form: Form, status: int = 200) -> dict[str, Any]:
    request.response.status_int = status
    request.response.headers["Cache-Control"] = "no-store"
    identity: Identity = request.identity
    try:
        secret = _secret(request, form) if request.method == "POST" else new_secret()
    except Invalid:
        secret = new_secret()
    form["secret"].data = signed_secret(request.installation, user_id=identity.user_id, secret=secret)
    issuer = request.organisation or request.installation.settings.host
    address = app_address(secret, email=identity.email, issuer=issuer)
    return {
        "form": form,
        "app": request.read(TwoFactors).of(identity.user_id),
        "qr": segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="#fff"),
        "address": address,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "next": wanted(request),
    }


def codes_page(request: Request, codes: list[str], *, is_new: bool) -> dict[str, Any]:
    """The one page that shows recovery codes, once."""
    request.response.headers["Cache-Control"] = "no-store"
    request.override_renderer = CODES
    title = request.localizer.translate(_("Recovery codes"))
    named = f"{title}: {request.organisation or request.installation.settings.host}, {request.identity.email}"
    text = "\n".join([named, "", *codes, ""])
    download = f"data:text/plain;charset=utf-8,{quote(text)}"
    return {"codes": codes, "is_new": is_new, "download": download, "next": wanted(request)}


def _back(request: Request) -> Response:
    return HTTPSeeOther(request.route_path("account", _anchor="two-factor"))
