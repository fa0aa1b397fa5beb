"""Passkeys of one's own account: made, named and removed."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from privmedia.accounts.account_page import ACCOUNT, account_page
from privmedia.accounts.ceremonies import Made, WrongAnswer, check_made, options_to_make, read_answer
from privmedia.accounts.challenges import Challenge, For, challenge_of, new_challenge, use
from privmedia.accounts.confirming import JUST_NOW, WITH_IT, is_confirmed
from privmedia.accounts.forms import PasskeyForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.passkey_pages import asked, place, suggested_name, to_sign, why_not
from privmedia.accounts.passkey_proof import TOO_LATE, PasskeyRefused
from privmedia.accounts.passkeys import Passkeys
from privmedia.accounts.recovery import hashed, new_codes
from privmedia.accounts.relying_party import relying_party
from privmedia.accounts.second_factor_views import wanted
from privmedia.accounts.two_factor_views import codes_page
from privmedia.audit.service import FAILED
from privmedia.db import writing
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "accounts/passkey.jinja2"
ANSWERED = "privmedia.answered_challenge"
"""Key of the environment, which outlives the tries of one request."""
NOT_MADE = _("That passkey cannot be used here. Nothing was added; try again, or take another one.")


@view_config(route_name="passkeys", request_method="GET", permission=Right.ACCOUNT, renderer=PAGE)
def new_passkey_form(request: Request) -> Any:
    """The form for a new one; who proved a while ago who they are does so first, so that nothing is made in vain."""
    if not is_confirmed(request.installation, request.identity, JUST_NOW):
        return HTTPSeeOther(request.route_path("confirm", _query={"next": request.path_qs}))
    return _page(request, PasskeyForm(name=suggested_name(request)))


@view_config(
    route_name="passkey_options", request_method="POST", permission=Right.ACCOUNT, confirmed=JUST_NOW,
    request_param="for=add", renderer="json",
)
def options_for_new(request: Request) -> Any:
    """What the script needs to have one made."""
    identity: Identity = request.identity
    passkeys = request.read(Passkeys)
    passkeys.require_room(identity.user_id)
    known = passkeys.of(identity.user_id)
    challenge = new_challenge(request.installation, For.ADD, place(request, For.ADD))
    options = options_to_make(
        relying_party(request.installation.settings),
        challenge,
        library=request.organisation or request.installation.settings.host,
        email=identity.email,
        name=identity.name,
        handle=_handle(known, challenge),
        known=known,
    )
    return asked(request, challenge, options)


@view_config(
    route_name="passkey_options", request_method="POST", permission=Right.ACCOUNT, request_param="for=confirm",
    renderer="json",
)
def options_to_confirm(request: Request) -> Any:
    """What the script needs to have a passkey of the person's sign, where they are asked again who they are."""
    own = list(request.read(Passkeys).of(request.identity.user_id))
    if not own:
        raise NotFound
    return to_sign(request, For.CONFIRM, of=own, verified=False)


@view_config(
    route_name="passkeys", request_method="POST", request_param="do=add", permission=Right.ACCOUNT, confirmed=JUST_NOW,
    renderer=PAGE,
)
def add(request: Request) -> Any:
    form, identity = PasskeyForm.of(request), request.identity
    if not form.validate():
        return _page(request, form, 422)
    known = request.read(Passkeys).factors(identity.user_id)
    try:
        made, challenge = _made(request, form)
    except PasskeyRefused as refused:
        request.note("passkey.add", outcome=FAILED, target=identity.email, detail={"why": refused.why})
        form.form_errors.append(refused.sentence)
        return _page(request, form, 422)
    codes = [] if known else new_codes()
    try:
        request.write(Passkeys).add(
            user_id=identity.user_id, made=made, name=form["name"].data, recovery=hashed(codes) if codes else [],
            handle=bytes_to_base64url(_handle(known.passkeys, challenge)), by=identity,
        )
    except Invalid as error:
        form.refuse(error)
        return _page(request, form, 422)
    except Conflict as error:
        request.note("passkey.add", outcome=FAILED, target=identity.email, detail={"why": str(error)})
        form.refuse(error)
        return _page(request, form, 409)
    if codes:
        return codes_page(request, codes, is_new=True)
    flash(request, _("The passkey counts from now on."))
    return _back(request)


@view_config(
    route_name="passkeys", request_method="POST", request_param="do=rename", permission=Right.ACCOUNT, renderer=ACCOUNT
)
def rename(request: Request) -> Any:
    identity: Identity = request.identity
    try:
        request.write(Passkeys).rename(
            uid=request.POST.get("passkey", ""), user_id=identity.user_id, name=request.POST.get("name", ""),
            by=identity,
        )
    except Invalid as error:
        return account_page(request, status=422, passkey_problem=error.sentence)
    flash(request, _("Saved."))
    return _back(request)


@view_config(
    route_name="passkeys", request_method="POST", request_param="do=remove", permission=Right.ACCOUNT,
    confirmed=WITH_IT,
)
def remove(request: Request) -> Response:
    identity: Identity = request.identity
    try:
        left = request.write(Passkeys).remove(
            uid=request.POST.get("passkey", ""), user_id=identity.user_id, by=identity
        )
    except Conflict as error:
        flash(request, error.sentence, "warn")
        return _back(request)
    if left:
        flash(request, _("The passkey is removed. Remove it in your browser or phone as well."))
    else:
        flash(request, _("The passkey is removed. Your password alone lets you in now."))
    return _back(request)


def _made(request: Request, form: Form) -> tuple[Made, Challenge]:
    """The passkey that the browser made, and for which challenge. Raises PasskeyRefused."""
    installation = request.installation
    challenge = challenge_of(installation, For.ADD, place(request, For.ADD), form["ticket"].data or "")
    if challenge is None:
        raise PasskeyRefused("the challenge is too old", sentence=TOO_LATE)
    if request.environ.get(ANSWERED) != challenge.name:  # else: a second try of the same request
        with writing(installation.sessions) as session:
            if not use(session, challenge, installation.clock()):
                raise PasskeyRefused("the challenge was answered before", sentence=NOT_MADE)
        request.environ[ANSWERED] = challenge.name
    try:
        answer = read_answer(form["passkey"].data or "")
        return check_made(relying_party(installation.settings), challenge, answer), challenge
    except WrongAnswer as wrong:
        raise PasskeyRefused(str(wrong), sentence=NOT_MADE) from wrong


def _handle(known: Any, challenge: Challenge) -> bytes:
    """By which authenticators know the person: as they do already, or a random name that came with the challenge."""
    return base64url_to_bytes(known[0].handle) if known else challenge.new_handle


def _page(request: Request, form: Form, status: int = 200) -> dict[str, Any]:
    request.response.status_int = status
    request.response.headers["Cache-Control"] = "no-store"
    factors = request.read(Passkeys).factors(request.identity.user_id)
    return {"form": form, "first": not factors, "why_not": why_not(request), "next": wanted(request)}


def _back(request: Request) -> Response:
    return HTTPSeeOther(request.route_path("account", _anchor="two-factor"))
