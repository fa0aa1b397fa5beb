"""Signing in, the second step: a code from the authenticator app, a passkey, or a recovery code."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.forms import CodeForm
from privmedia.accounts.models import User
from privmedia.accounts.passkey_pages import why_not
from privmedia.accounts.passkeys import Passkeys
from privmedia.accounts.return_to import return_to
from privmedia.accounts.second_factor import WrongCode
from privmedia.accounts.second_step import SecondSteps
from privmedia.accounts.second_step_cookies import forget_second_step_cookie, second_step_token, set_device_cookie
from privmedia.accounts.sign_in_views import let_in, signing_in_at
from privmedia.accounts.sign_ins import SignedIn, second_step
from privmedia.accounts.tries import too_many_tries, tries_left_in_words
from privmedia.audit.service import FAILED
from privmedia.errors import NotFound, Throttled
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash

CODE = "accounts/signin_2fa.jinja2"


@view_config(route_name="second_step", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=CODE)
def code_form(request: Request) -> Any:
    if half_signed_in(request) is None:
        return too_late(request, request.GET)
    return code_page(request, CodeForm(), request.GET)


@view_config(route_name="second_step", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=CODE)
def sign_in_with_code(request: Request) -> Any:
    """Outside the request's transaction, like the first step."""
    form, user = CodeForm.of(request), half_signed_in(request)
    if user is None:
        return too_late(request, request.POST)
    if not form.validate():
        return code_page(request, form, request.POST, 422)
    try:
        signed_in = second_step(
            request.installation,
            token=second_step_token(request) or "",
            typed=form["code"].data,
            keep="keep" in request.POST,
            remember=form["remember"].data,
            **signing_in_at(request),
        )
    except NotFound:
        return too_late(request, request.POST)
    except WrongCode as wrong:
        request.note("sign-in", outcome=FAILED, target=user.email, detail={"why": "wrong code"})
        problem = (_(wrong.sentence), tries_left_in_words(wrong.tries_left))
        return code_page(request, form, request.POST, 401, problem)
    except Throttled as slowed:
        request.note("sign-in", target=user.email, detail={"why": "too many tries"})
        return code_page(request, form, request.POST, 429, too_many_tries(request, slowed))
    return welcome(request, signed_in)


def welcome(request: Request, signed_in: SignedIn) -> Response:
    """On to where they wanted to go."""
    response = let_in(request, signed_in, return_to(request.POST.get("next", "/")))
    forget_second_step_cookie(request, response)
    if signed_in.known_by:
        set_device_cookie(request, response, signed_in.known_by)
    return response


def half_signed_in(request: Request) -> User | None:
    """Who gave the right password in this browser, not five minutes ago."""
    user: User | None = request.read(SecondSteps).person(second_step_token(request))
    return user


def code_page(
    request: Request, form: Form, sent: Any, status: int = 200, problem: tuple[Any, Any] | None = None
) -> dict[str, Any]:
    """The page. `sent` are the fields of the address or of the form; what stands in them goes along."""
    request.response.status_int = status
    request.response.headers["Cache-Control"] = "no-store"
    there = return_to(sent.get("next", "/"))
    along = {"next": there} if there != "/" else {}
    if "keep" in sent:
        along["keep"] = "y"
    recovery = sent.get("with") == "recovery"
    other = along if recovery else {**along, "with": "recovery"}
    user = half_signed_in(request)
    factors = None if user is None else request.read(Passkeys).factors(user.id)
    return {
        "app": bool(factors and factors.app),
        "passkeys": bool(factors and factors.passkeys),
        "why_not": why_not(request),
        "form": form,
        "recovery": recovery,
        "along": {**along, "with": "recovery"} if recovery else along,
        "other": request.route_path("second_step", _query=other or None),
        "problem": problem,
    }


def too_late(request: Request, sent: Any) -> Response:
    """Back to the first step; to the page itself if somebody is signed in already."""
    there = return_to(sent.get("next", "/"))
    if request.identity is not None:
        return HTTPSeeOther(there)
    flash(request, _("That took too long. Sign in again."), "warn")
    response = HTTPSeeOther(request.route_path("login", _query={"next": there} if there != "/" else None))
    forget_second_step_cookie(request, response)
    return response
