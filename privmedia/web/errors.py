"""Error pages: each domain error and each HTTP refusal gets its status and its words in one place."""
from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from pyramid.config import Configurator
from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken, PredicateMismatch
from pyramid.httpexceptions import HTTPException, HTTPForbidden, HTTPSeeOther
from pyramid.interfaces import IExceptionResponse
from pyramid.registry import Registry
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW
from pyramid_retry import is_error_retryable
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError

from privmedia import errors
from privmedia.web.address import plain, where
from privmedia.web.csrf import check_csrf
from privmedia.web.i18n import _
from privmedia.web.rights import Right
from privmedia.web.security import NOT_THIS_WAY

log = logging.getLogger(__name__)

TEMPLATE = "privmedia:templates/errors/error.jinja2"
PROBLEM = "application/problem+json"
ASK = "ask"
"""The query of an address that nothing is at, by which somebody asks for access to it."""
STATUS: dict[type[errors.DomainError], int] = {
    errors.NotAllowed: 403,
    errors.Ended: 410,
    errors.Invalid: 422,
    errors.Conflict: 409,
    errors.Throttled: 429,
    errors.TooLarge: 413,
    errors.OverQuota: 413,
    errors.RefusedType: 415,
    errors.NoSpace: 507,
    errors.Unavailable: 503,
}
TITLES = {
    400: _("That request cannot be read"),
    401: _("That key opens nothing"),
    403: _("You do not have access to this"),
    405: _("That cannot be done here"),
    409: _("Somebody changed it meanwhile"),
    410: _("This has ended"),
    413: _("That is too large"),
    415: _("That kind of file cannot be added"),
    422: _("That cannot be used"),
    429: _("Too many tries"),
    500: _("Something broke on the server"),
    503: _("The server cannot answer right now"),
    507: _("No space left"),
}

NOTHING = _("There is nothing here for you")
NOTHING_MORE = _(
    "The address may be mistyped, or what was here is gone, or you have no access to it. "
    "This page looks the same in all three cases."
)
KEY_REFUSED = _("The API token is mistyped, has ended, or was revoked. Nothing was done.")


def error_page(request: Request, status: int, title: Any, text: Any, **more: Any) -> Response:
    """A page of its own for a refusal: inside the frame for signed-in people, alone for others.

    A program that asks for JSON gets the same as a problem (RFC 9457).
    """
    title, text = request.localizer.translate(title), request.localizer.translate(text)
    if wants_json(request):
        response = problem(status, title, text)
    else:
        values = {"code": status, "title": title, "text": text, "actions": [], **more}
        response = render_to_response(TEMPLATE, values, request=request)
        response.status_int = status
    response.headers["Vary"] = "Cookie, Accept"
    return response


def wants_json(request: Request) -> bool:
    """Whether the caller names JSON as what it takes, and takes it rather than a page."""
    offers = [offer for offer, _quality in request.accept.acceptable_offers(["text/html", PROBLEM, "application/json"])]
    return bool(offers) and offers[0] != "text/html"


def problem(status: int, title: str, text: str) -> Response:
    """A refusal as `application/problem+json`."""
    facts = {"type": "about:blank", "title": title, "status": status, "detail": text}
    return Response(json.dumps(facts, ensure_ascii=False), status=status, content_type=PROBLEM, charset="UTF-8")


def not_found(error: Exception, request: Request) -> Response:
    """Missing and denied are one answer, the same to the byte. Who is not signed in is asked to, for every address."""
    asks = request.method == "POST" and request.query_string == ASK
    if isinstance(error, PredicateMismatch) and request.matched_route is not None:
        if asks:
            return HTTPSeeOther(request.path)  # it exists for them by now
        return error_page(request, 405, TITLES[405], _("The address exists, but not for this kind of request."))
    if request.identity is None and request.matched_route is not None:
        return sign_in_first(request)
    if asks and request.identity is not None and request.ask_for:
        return asked(request)
    return nothing_here(request)


def asked(request: Request) -> Response:
    """What the form on the page below sends. Error pages have no other page for what goes wrong in them: it is here."""
    try:
        check_csrf(request)
        if not request.has_permission(Right.SIGNED_IN, request):
            return only_looking(request) if request.identity.looks_only else beyond_the_key(request)
        answer: Response = request.ask_for_access()
    except (BadCSRFToken, BadCSRFOrigin) as error:
        return forged(error, request)
    except errors.DomainError as error:
        return domain_error(error, request)
    request.only_asks()
    return answer


def nothing_here(request: Request, **more: Any) -> Response:
    """The one page of what is missing and of what is denied. Who is signed in may ask for access."""
    if request.identity is None:
        return error_page(request, 404, NOTHING, NOTHING_MORE, actions=[(_("Sign in"), "/login")], **more)
    actions = [(_("Go to the library"), "/")]
    return error_page(request, 404, NOTHING, NOTHING_MORE, actions=actions, **{"ask_for": request.ask_for, **more})


def forbidden(error: HTTPForbidden, request: Request) -> Response:
    if request.identity is None:
        return sign_in_first(request)
    not_this_way = error.result is not None and error.result.msg == NOT_THIS_WAY
    if request.identity.looks_only and (not_this_way or error.result is None):
        return only_looking(request)
    if not_this_way:
        return beyond_the_key(request)
    context = getattr(request, "context", None)  # none yet if a factory refused
    if context is not None and hasattr(context, "__acl__") and not request.has_permission("view", context):
        return not_found(error, request)
    if context is None or not hasattr(context, "__acl__"):
        return not_found(error, request)  # pages for administrators do not exist for others
    return error_page(request, 403, TITLES[403], _("You can see it, but you may not do this with it."))


def only_looking(request: Request) -> Response:
    """Refused to an administrator who sees the library as somebody else: not for lack of rights, so it says why."""
    name = {"name": request.identity.name}
    return error_page(
        request,
        403,
        _("Not while you see the library as ${name}", mapping=name),
        _(
            "Nothing can be changed, added or downloaded meanwhile, and the pages of accounts and administration are "
            "closed. Stop seeing as ${name}, then do it as yourself.",
            mapping=name,
        ),
        looking=True,
    )


def beyond_the_key(request: Request) -> Response:
    """Refused to an API token: not for lack of rights, but of scope."""
    response = error_page(
        request, 403, TITLES[403], _("The API token is not for this. Make one with a wider scope, or sign in.")
    )
    response.headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'
    return response


def sign_in_first(request: Request) -> Response:
    """To the sign-in page and back again; programs, and whoever sent a key that opens nothing, are told so."""
    sent_a_key = request.headers.get("Authorization", "").partition(" ")[0].lower() == "bearer"
    if sent_a_key or wants_json(request) or "Tus-Resumable" in request.headers:
        sentence = KEY_REFUSED if sent_a_key else _("Sign in, or send an API token.")
        response = error_page(request, 401, TITLES[401] if sent_a_key else _("Sign in first"), sentence)
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if sent_a_key else "Bearer"
        return response
    there = request.path_qs if request.method in ("GET", "HEAD") and request.path_qs != "/" else ""
    return HTTPSeeOther("/login" + (f"?{urlencode({'next': there})}" if there else ""))


def domain_error(error: errors.DomainError, request: Request) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    response = error_page(request, status, TITLES[status], error.sentence)
    if isinstance(error, errors.Throttled):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def forged(error: Exception, request: Request) -> Response:
    return error_page(
        request,
        403,
        _("This form is no longer valid"),
        _("It was open too long, you signed in again meanwhile, or another site sent it. Reload it and try again."),
    )


def unreadable(error: UnicodeDecodeError, request: Request) -> Response:
    return error_page(request, 400, TITLES[400], _("Part of it is not valid UTF-8."))


def http_error(error: HTTPException, request: Request) -> Response:
    """What Pyramid or a view raised as an HTTP answer: redirects as they are, refusals as pages."""
    if error.status_int < 400:
        return error
    return error_page(request, error.status_int, TITLES.get(error.status_int, error.title), error.detail or "")


def database_down(error: Exception, request: Request) -> Response:
    """Fail closed, without asking the database anything more."""
    log.error("the database did not answer %s", where(request), exc_info=error)
    response = plain(503, errors.Unavailable.sentence)
    response.headers["Retry-After"] = "5"
    return response


def unexpected(error: Exception, request: Request) -> Response:
    log.error("unhandled error in %s", where(request), exc_info=error)
    return plain(500, "Something broke on the server. It has been logged; nothing of yours was changed.")


def last_resort_factory(handler: Callable[[Request], Response], registry: Registry) -> Callable[[Request], Response]:
    """Tween above the error pages: they ask the database, too, for the language and the name of the site."""

    def last_resort(request: Request) -> Response:
        try:
            return handler(request)
        except (DatabaseError, InterfaceError) as error:
            if is_error_retryable(request, error):
                raise
            return database_down(error, request)

    return last_resort


def includeme(config: Configurator) -> None:
    config.add_tween("privmedia.web.errors.last_resort_factory", over=EXCVIEW)

    def page_for(context: Any, view: Any) -> None:
        config.add_exception_view(view, context=context)

    config.add_notfound_view(not_found, append_slash=False)
    config.add_forbidden_view(forbidden)
    page_for(IExceptionResponse, http_error)
    page_for(BadCSRFToken, forged)
    page_for(BadCSRFOrigin, forged)
    page_for(errors.DomainError, domain_error)
    page_for(errors.NotFound, not_found)
    page_for(UnicodeDecodeError, unreadable)
    # A file that is no database any more counts as no answer; a statement that is wrong is a fault of ours.
    page_for(DatabaseError, database_down)
    page_for(InterfaceError, database_down)
    for ours in (DataError, IntegrityError, ProgrammingError):
        page_for(ours, unexpected)
    page_for(Exception, unexpected)
