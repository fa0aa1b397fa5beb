"""Signing in with a passkey, in place of the password or after it. Forms of the same pages as without."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.challenges import For
from privmedia.accounts.forms import CodeForm
from privmedia.accounts.passkey_pages import brought, to_sign
from privmedia.accounts.passkey_proof import PasskeyRefused
from privmedia.accounts.passkey_sign_ins import second_step_with_passkey, sign_in_with_passkey
from privmedia.accounts.passkeys import Passkeys
from privmedia.accounts.return_to import return_to
from privmedia.accounts.second_step_cookies import second_step_token
from privmedia.accounts.second_step_views import CODE, code_page, half_signed_in, too_late, welcome
from privmedia.accounts.sign_in_views import LOGIN, let_in, login_page, sign_in_form, signing_in_at
from privmedia.accounts.tries import too_many_tries, tries_left_in_words
from privmedia.audit.service import FAILED
from privmedia.errors import NotFound, Throttled
from privmedia.web.i18n import _


@view_config(
    route_name="login_passkey", request_method="POST", request_param="for=sign-in", permission=NO_PERMISSION_REQUIRED,
    renderer="json",
)
def options_to_sign_in(request: Request) -> Any:
    """What the script needs before anybody said who they are: the same for everybody."""
    return to_sign(request, For.SIGN_IN, of=[], verified=True)


@view_config(
    route_name="login_passkey", request_method="POST", request_param="for=second", permission=NO_PERMISSION_REQUIRED,
    renderer="json",
)
def options_for_second_step(request: Request) -> Any:
    """The same for who is half signed in: one of their passkeys."""
    user = half_signed_in(request)
    own = [] if user is None else list(request.read(Passkeys).of(user.id))
    if not own:
        raise NotFound
    return to_sign(request, For.SECOND, of=own, verified=False)


@view_config(
    route_name="login", request_method="POST", request_param="passkey", permission=NO_PERMISSION_REQUIRED,
    renderer=LOGIN,
)
def login_with_passkey(request: Request) -> Any:
    """Outside the request's transaction, like signing in with a password."""
    form, there = sign_in_form(request).of(request), return_to(request.POST.get("next", "/"))
    try:
        signed_in = sign_in_with_passkey(
            request.installation,
            brought(request, For.SIGN_IN),
            keep=form["keep"].data,
            **signing_in_at(request),
        )
    except PasskeyRefused as refused:
        _note(request, refused)
        request.response.status_int = 401
        return login_page(request, form, there, (_(refused.sentence), tries_left_in_words(refused.tries_left)))
    except Throttled as slowed:
        request.note("sign-in", detail={"why": "too many tries"})
        return login_page(request, form, there, too_many_tries(request, slowed))
    return let_in(request, signed_in, there)


@view_config(
    route_name="second_step", request_method="POST", request_param="passkey", permission=NO_PERMISSION_REQUIRED,
    renderer=CODE,
)
def finish_with_passkey(request: Request) -> Any:
    """Outside the request's transaction, like the first step."""
    form, user = CodeForm.of(request), half_signed_in(request)
    if user is None:
        return too_late(request, request.POST)
    try:
        signed_in = second_step_with_passkey(
            request.installation,
            brought(request, For.SECOND),
            token=second_step_token(request) or "",
            keep="keep" in request.POST,
            remember=form["remember"].data,
            **signing_in_at(request),
        )
    except NotFound:
        return too_late(request, request.POST)
    except PasskeyRefused as refused:
        _note(request, refused)
        problem = (_(refused.sentence), tries_left_in_words(refused.tries_left))
        return code_page(request, form, request.POST, 401, problem)
    except Throttled as slowed:
        request.note("sign-in", target=user.email, detail={"why": "too many tries"})
        return code_page(request, form, request.POST, 429, too_many_tries(request, slowed))
    return welcome(request, signed_in)


def _note(request: Request, refused: PasskeyRefused) -> None:
    detail = {"why": refused.why, "through": "passkey"}
    request.note("sign-in", outcome=FAILED, target=refused.who, detail=detail)
