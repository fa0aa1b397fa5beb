"""The page that asks again who one is, and the view deriver that shows it before what asks for a recent proof.

Views say `confirmed=RECENTLY`: how long ago at most, or a function of context and request that answers it. All that
administrators change has it by itself, unless it says `confirmed=False`. What was posted goes along on the page, so
that nothing typed is lost, but passwords.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.challenges import For
from privmedia.accounts.confirming import JUST_NOW, RECENTLY, WITH_IT, factors, is_confirmed, needs_code, prove
from privmedia.accounts.cookies import RENEWED, Renewed, set_session_cookie
from privmedia.accounts.elsewhere import NoAnswer
from privmedia.accounts.forms import ConfirmForm
from privmedia.accounts.identity import Identity, token_hash
from privmedia.accounts.passkey_pages import brought, why_not
from privmedia.accounts.passkey_proof import PasskeyRefused
from privmedia.accounts.return_to import return_to
from privmedia.accounts.second_factor import WrongCode
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import WrongPassword
from privmedia.accounts.tries import too_many_tries, tries_left_in_words
from privmedia.audit.service import FAILED
from privmedia.errors import Invalid, Throttled
from privmedia.web.csrf import SAFE_METHODS
from privmedia.web.errors import error_page, wants_json
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.methods import methods_of
from privmedia.web.rights import Right

CONFIRM = "privmedia:templates/accounts/confirm.jinja2"
TITLE = _("Say your password again")
NO_APP = _("One of your recovery codes.")
HowFresh = Callable[[Any, Request], timedelta | None]
"""Of a view that asks for a proof with some contexts only: how old it may be there, None for no matter."""
PASSWORD, CODE = "confirm_password", "confirm_code"
PASSKEY, TICKET = "confirm_passkey", "confirm_ticket"
OURS = ("csrf_token", PASSWORD, CODE, PASSKEY, TICKET)
SECRETS = re.compile(r"password|^(old|new|proof)$")
"""Fields of our forms that hold passwords."""


@dataclass
class Asked:
    """What the page says: the form, why it is shown again, and whether it is asked for every time."""

    form: Form
    status: int = 403
    problem: tuple[Any, Any] | None = None
    always: bool = False


@view_config(route_name="confirm", request_method="GET", permission=Right.ACCOUNT)
def confirm_form(request: Request) -> Response:
    there = return_to(request.GET.get("next", "/"))
    asked = Asked(_form(request), 200, always=True)
    return _page(request, asked, request.route_path("confirm"), [("next", there)], back=there)


@view_config(route_name="confirm", request_method="POST", permission=Right.ACCOUNT)
def confirm_alone(request: Request) -> Response:
    """Say the password first, and do afterwards what asks for it."""
    there = return_to(request.POST.get("next", "/"))
    asked = _proven(request)
    if asked is not None:
        asked.always = True
        return _page(request, asked, request.route_path("confirm"), [("next", there)], back=there)
    return HTTPSeeOther(there)


def confirmed_view(view: Any, info: Any) -> Any:
    """View deriver: unless the person proved who they are not long ago, ask before anything is changed."""
    asked_within = _within(info)
    if asked_within is None:
        return view

    def wrapped(context: Any, request: Request) -> Any:
        if request.method in SAFE_METHODS or request.identity is None:
            return view(context, request)
        within = asked_within if isinstance(asked_within, timedelta) else asked_within(context, request)
        if within is None:
            return view(context, request)
        if request.own_provider is not None and not _has_password(request):
            # Signing in there again cannot come with the thing itself.
            return _when_confirmed(request, max(within, JUST_NOW), lambda: view(context, request))
        return _when_confirmed(request, within, lambda: view(context, request))

    return wrapped


confirmed_view.options = ("confirmed",)  # type: ignore[attr-defined] # how a view deriver declares its options


def _within(info: Any) -> timedelta | HowFresh | None:
    said: timedelta | HowFresh | bool | None = info.options.get("confirmed")
    if info.exception_only or said is False:
        return None
    if isinstance(said, timedelta) or callable(said):
        return said
    # Who says nothing asks for an administrator: that is the default permission.
    permission = info.options.get("permission") or Right.ADMINISTER
    return RECENTLY if permission == Right.ADMINISTER else None


def _when_confirmed(request: Request, within: timedelta, go_on: Callable[[], Any]) -> Any:
    if RENEWED in request.environ:  # a second try of the same request, after the database was busy
        _renew(request, request.environ[RENEWED])
        return go_on()
    if is_confirmed(request.installation, request.identity, within):
        return go_on()
    if PASSWORD in request.POST or PASSKEY in request.POST:
        asked = _proven(request)
    else:
        asked = Asked(_form(request))
        request.only_asks()
    if asked is None:
        return go_on()
    asked.always = within == WITH_IT
    carried = [(name, text) for name, text in request.POST.items() if name not in OURS and not SECRETS.search(name)]
    return _page(request, asked, request.path_qs, carried, back=_page_of_form(request))


def _proven(request: Request) -> Asked | None:
    """Look at what was typed; what to show if it is not right, else None, and the session has a new token."""
    identity: Identity = request.identity
    form = ConfirmForm.of(request)
    password, code = form[PASSWORD].data or "", form[CODE].data or "" if CODE in form else ""
    form = _form(request)
    try:
        with_passkey = brought(request, For.CONFIRM, PASSKEY, TICKET) if PASSKEY in request.POST else None
        signed_in = prove(
            request.installation, identity=identity, password=password, code=code, brought=with_passkey,
            elsewhere=request.passwords_elsewhere,
        )
    except (Invalid, NoAnswer) as error:
        return _not_looked_at(request, form, error)
    except WrongPassword as wrong:
        request.note("confirm", outcome=FAILED, target=identity.email, detail={"why": wrong.why})
        form[PASSWORD].errors = [_("That is not your password.")]
        return Asked(form, 403, ("", tries_left_in_words(wrong.tries_left)))
    except WrongCode as wrong:
        request.note("confirm", outcome=FAILED, target=identity.email, detail={"why": "wrong code"})
        form[CODE].errors = [_(wrong.sentence)]
        return Asked(form, 403, ("", tries_left_in_words(wrong.tries_left)))
    except PasskeyRefused as refused:
        detail = {"why": refused.why, "by": "passkey"}
        request.note("confirm", outcome=FAILED, target=identity.email, detail=detail)
        return Asked(form, 403, (_(refused.sentence), tries_left_in_words(refused.tries_left)))
    except Throttled as slowed:
        request.note("confirm", target=identity.email, detail={"why": "too many tries"})
        return Asked(form, 429, too_many_tries(request, slowed))
    request.environ[RENEWED] = Renewed(signed_in, identity.csrf_secret)
    _renew(request, request.environ[RENEWED])
    return None


def _not_looked_at(request: Request, form: Form, error: Invalid | NoAnswer) -> Asked:
    """A field is empty, or who knows the password does not answer."""
    if isinstance(error, NoAnswer):
        request.note("confirm", outcome=FAILED, target=request.identity.email, detail={"why": error.why[:300]})
        return Asked(form, 503, (error.sentence, ""))
    form.refuse(Invalid(error.sentence, f"confirm_{error.field}" if error.field else None))
    return Asked(form, 422)


def _renew(request: Request, renewed: Renewed) -> None:
    """From here on the request is of the renewed session, whatever becomes of it."""
    request.caller = request.identity._replace(csrf_secret=token_hash(renewed.signed_in.token))
    request.add_response_callback(
        lambda _request, response: set_session_cookie(request, response, renewed.signed_in)
    )


def _has_password(request: Request) -> bool:
    return bool(request.read(Accounts).user_by_number(request.identity.user_id).password_hash)


def _form(request: Request) -> Form:
    form = ConfirmForm()
    if not needs_code(request.installation, request.identity):
        del form[CODE]
    elif factors(request.installation, request.identity).app is None:
        form[CODE].description = NO_APP
    return form


def _page(
    request: Request, asked: Asked, action: str, carried: list[tuple[str, str]], *, back: str
) -> Response:
    if wants_json(request):
        return error_page(request, asked.status, TITLE, _("You signed in a while ago. Do this in a browser."))
    values = {
        "form": asked.form,
        "problem": asked.problem,
        "always": asked.always,
        "action": action,
        "carried": carried,
        "back": back,
        "provider": request.own_provider,
        "has_password": request.own_provider is None or _has_password(request),
        "passkeys": bool(factors(request.installation, request.identity).passkeys) and why_not(request) is None,
        # Much text is a third as long that way.
        "in_parts": request.content_type == "multipart/form-data",
    }
    response = render_to_response(CONFIRM, values, request=request)
    response.status_int = asked.status
    response.headers["Cache-Control"] = "no-store"
    if asked.status == 429:
        response.headers["Retry-After"] = request.response.headers["Retry-After"]
    return response


def _page_of_form(request: Request) -> str:
    """The page whose form was sent, if it can be shown; else the library's."""
    shown = "GET" in methods_of(request.registry)[request.matched_route.name]
    return return_to(request.path_qs if shown else "/")


def includeme(config: Configurator) -> None:
    config.add_view_deriver(confirmed_view, under="decorated_view", over="rendered_view", name="confirmed_view")
