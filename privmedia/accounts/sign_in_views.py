"""Signing in and out."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.cookies import HELD, forget_session_cookie, session_token, set_session_cookie
from privmedia.accounts.elsewhere import Elsewhere, NoAnswer, TurnedAway
from privmedia.accounts.forms import NameSignInForm, SignInForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.passkey_pages import why_not
from privmedia.accounts.return_to import return_to
from privmedia.accounts.second_step import HalfSignedIn
from privmedia.accounts.second_step_cookies import device_mark, set_second_step_cookie
from privmedia.accounts.sign_ins import SignedIn, SignIns, WrongPassword, sign_in
from privmedia.accounts.tries import too_many_tries, tries_left_in_words
from privmedia.accounts.viewpoints import Viewpoints
from privmedia.audit.service import FAILED
from privmedia.errors import Throttled
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.rights import Right

LOGIN = "accounts/login.jinja2"
NAME_REFUSED = _("That name and password do not match.")
"""Where a directory knows people by a short name as well."""


STEPS = "privmedia.sign_out_steps"


def add_sign_out_step(config: Configurator, step: Callable[[Request, Response, int | None], None]) -> None:
    """Directive: once somebody signed out, `step` may put more on the answer. It is told which session ended."""
    config.registry[STEPS].append(step)


@view_config(route_name="login", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=LOGIN)
def login_form(request: Request) -> Any:
    there = return_to(request.GET.get("next", "/"))
    if request.identity is not None:
        return HTTPSeeOther(there)
    if HELD in request.environ:
        return HTTPSeeOther(_told_first(request, there))
    ended = None
    if request.read(SignIns).ran_out(session_token(request)):
        hours = request.installation.settings.session_idle_hours
        ended = (
            _("You were signed out after ${hours} hours.", mapping={"hours": hours}),
            _("Sign in and you come back to this page."),
        )
    return login_page(request, sign_in_form(request)(), there, ended)


@view_config(route_name="login", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=LOGIN)
def login(request: Request) -> Any:
    """Outside the request's transaction: hashing takes its time, and a refused try has to be counted."""
    form, there = sign_in_form(request).of(request), return_to(request.POST.get("next", "/"))
    if not form.validate():
        request.response.status_int = 422
        return login_page(request, form, there)
    try:
        signed_in = sign_in(
            request.installation,
            email=form["email"].data,
            password=form["password"].data,
            keep=form["keep"].data,
            **signing_in_at(request),
            known_by=device_mark(request),
            elsewhere=request.passwords_elsewhere,
        )
    except WrongPassword as wrong:
        who = wrong.who or _loggable(form["email"].data)
        request.note("sign-in", outcome=FAILED, target=who, detail={"why": wrong.why})
        request.response.status_int = 401
        sentence = wrong.sentence if request.passwords_elsewhere is None else NAME_REFUSED
        return login_page(request, form, there, (_(sentence), tries_left_in_words(wrong.tries_left)))
    except Throttled as slowed:
        request.note("sign-in", target=_loggable(form["email"].data), detail={"why": "too many tries"})
        return login_page(request, form, there, too_many_tries(request, slowed))
    except (NoAnswer, TurnedAway) as refused:
        who = refused.who if isinstance(refused, TurnedAway) else _loggable(form["email"].data)
        detail = {"why": refused.why[:300], "through": request.passwords_elsewhere.text}
        request.note("sign-in", outcome=FAILED, target=who, detail=detail)
        request.response.status_int = 403 if isinstance(refused, TurnedAway) else 503
        return login_page(request, form, there, (refused.sentence, ""))
    if isinstance(signed_in, HalfSignedIn):
        more = {"next": there} if there != "/" else {}
        if form["keep"].data:
            more["keep"] = "y"
        response = HTTPSeeOther(request.route_path("second_step", _query=more or None))
        set_second_step_cookie(request, response, signed_in)
        return response
    return let_in(request, signed_in, there)


def signing_in_at(request: Request) -> dict[str, Any]:
    """Where somebody signs in, and the session of the browser that the new one takes the place of."""
    return {
        "address": request.remote_addr or "", "browser": request.user_agent or "", "replaces": session_token(request),
    }


def let_in(request: Request, signed_in: SignedIn, there: str) -> Response:
    """Go on to where somebody wanted to go, signed in from now on; first to what has to be set up, if anything."""
    response = HTTPSeeOther(there if signed_in.factor_due is None else _told_first(request, there))
    set_session_cookie(request, response, signed_in)
    return response


def _told_first(request: Request, there: str) -> str:
    return str(request.route_path("second_factor", _query={"next": there} if there != "/" else None))


@view_config(route_name="logout", request_method="POST", permission=Right.LEAVE)
def logout(request: Request) -> Response:
    identity: Identity = request.identity
    request.write(Viewpoints).stop(by=identity)
    request.write(SignIns).sign_out(session_id=identity.session_id, by=identity.author)
    response = HTTPSeeOther(request.route_path("login"))
    forget_session_cookie(request, response)
    for step in request.registry[STEPS]:
        step(request, response, identity.session_id)
    return response


def sign_in_form(request: Request) -> type[SignInForm]:
    """The form of the page: with a directory also names are typed that are no email addresses."""
    return SignInForm if request.passwords_elsewhere is None else NameSignInForm


def login_page(
    request: Request, form: Form, there: str, problem: tuple[Any, Any] | None = None
) -> dict[str, Any]:
    elsewhere: Elsewhere | None = request.passwords_elsewhere
    return {
        "form": form,
        "next": there if there != "/" else "",
        "problem": problem,
        "providers": request.installation.settings.doors,
        "directory": elsewhere.text if elsewhere is not None else "",
        "passkeys": why_not(request) is None,
    }


def _loggable(email: str) -> str:
    # A password typed into the wrong field must not end up in the log.
    return email if "@" in email else "(no email address)"
