"""To an identity provider and back. All of it outside the request's transaction: somebody else is asked meanwhile."""
from __future__ import annotations

import hmac
import secrets
from functools import partial
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.elsewhere import TurnedAway, first_or_again
from privmedia.accounts.identity import Identity
from privmedia.accounts.return_to import return_to
from privmedia.accounts.sign_in_views import let_in, signing_in_at
from privmedia.audit.service import FAILED
from privmedia.db import writing
from privmedia.errors import NotFound
from privmedia.ids import new_token
from privmedia.provider_settings import Provider
from privmedia.providers.client import CLIENTS, Client, Person, Refused, Unreachable
from privmedia.providers.connecting import connect
from privmedia.providers.cookies import AWAY_FOR, Try, forget_provider, forget_try, keep_try, linked_by, take_try
from privmedia.providers.refusing import refuse
from privmedia.providers.service import Providers, session_there, vouched
from privmedia.text import Sentence
from privmedia.text import mark as _
from privmedia.web.pages import flash

TOO_LATE = _("This sign-in was begun in another browser, or it took too long. Begin again.")
SAID_NO = _("${provider} did not sign you in. Try again, or ask your administrator.")
DOES_NOT_FIT = _("The answer of ${provider} does not fit. Try again; if it happens again, tell your administrator.")
NO_ANSWER = _("${provider} does not answer right now. Try again in a moment, or sign in with a password.")
NO_WAY_OUT = _("${provider} has no place to sign out from here. Close the browser to be sure.")


@view_config(route_name="provider", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def go(request: Request) -> Response:
    """Send the browser to the provider; who is signed in only to prove once more who they are."""
    provider, there = _provider(request), return_to(request.GET.get("next", "/"))
    identity: Identity | None = request.identity
    link = linked_by(request, provider)
    again = identity is not None and link is None and "again" in request.GET and request.own_provider == provider
    if identity is not None and link is None and not again:
        return HTTPSeeOther(there)
    state, nonce, verifier = new_token(), new_token(), secrets.token_urlsafe(48)
    try:
        address = _client(request, provider).begin(
            redirect_uri=_own(request, "provider_back", provider), state=state, nonce=nonce, verifier=verifier,
            again=again,
        )
    except Unreachable as problem:
        return _refuse(request, provider, 503, NO_ANSWER, why=str(problem), there=there)
    response = HTTPSeeOther(address)
    until = (request.installation.clock() + AWAY_FOR).timestamp()
    only = identity.user_id if identity is not None and again else None
    keep_try(request, response, Try(provider.name, state, nonce, verifier, there, until, only, link))
    response.headers["Cache-Control"] = "no-store"
    return response


@view_config(route_name="provider_back", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def come_back(request: Request) -> Response:
    """Sign in who comes back from the provider with what went there."""
    provider, answer = _provider(request), request.GET
    one = take_try(request, provider.name, answer.get("state", ""))
    if one is None:
        return _refuse(request, provider, 400, TOO_LATE, why="no such try in this browser")
    refuse = partial(_refuse, request, provider, there=one.there, state=one.state)
    try:
        client = _client(request, provider)
        _require_same(provider, answer, required=client.requires_issuer())
        if "error" in answer or not answer.get("code"):
            return refuse(403, SAID_NO, why=f"it answered {answer.get('error', 'no code')[:100]}")
        person = client.finish(
            redirect_uri=_own(request, "provider_back", provider), code=answer["code"], nonce=one.nonce,
            verifier=one.verifier, again=one.again is not None,
        )
        return _enter(request, provider, one, person)
    except Unreachable as problem:
        return refuse(503, NO_ANSWER, why=str(problem))
    except Refused as problem:
        return refuse(403, DOES_NOT_FIT, why=str(problem))
    except TurnedAway as turned:
        return refuse(403, turned.said, why=turned.why, who=turned.who)


def _enter(request: Request, provider: Provider, one: Try, person: Person) -> Response:
    """Sign in whom the provider vouches for, or connect their account there to the one here. Raises TurnedAway."""
    known = vouched(provider, person.claims)
    if one.link is not None:
        connect(request, provider, known, one.link)
        response = HTTPSeeOther(return_to(one.there))
        forget_try(request, response, one.state)
        return response
    signed_in = first_or_again(
        request.installation.sessions,
        lambda session: Providers(session, request.installation).sign_in(
            provider, known, id_token=person.id_token, sid=session_there(person.claims), only=one.again,
            **signing_in_at(request),
        ),
    )
    response = let_in(request, signed_in, return_to(one.there))
    forget_try(request, response, one.state)
    forget_provider(request, response)
    return response


@view_config(
    route_name="provider_logged_out",
    request_method="POST",
    permission=NO_PERMISSION_REQUIRED,
    require_csrf=False,  # the provider's server asks, and what it says is signed
)
def logged_out(request: Request) -> Response:
    """End sessions here that the provider has ended there (OpenID Connect Back-Channel Logout 1.0)."""
    provider = _provider(request)
    try:
        subject, sid = _client(request, provider).logged_out(request.POST.get("logout_token", ""))
    except (Refused, Unreachable) as problem:
        request.note("provider.logout", outcome=FAILED, target=provider.text, detail={"why": str(problem)[:300]})
        status = 400 if isinstance(problem, Refused) else 503
        return _plain(Response(json_body={"error": "invalid_request"}, status=status))
    with writing(request.installation.sessions) as session:
        Providers(session, request.installation).end(provider, subject=subject, sid=sid)
    return _plain(Response(status=200, content_type="text/plain"))


@view_config(route_name="provider_leave", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def leave(request: Request) -> Response:
    """Sign out where somebody has signed in who has signed out here."""
    provider, left = _provider(request), request.left_provider
    back = HTTPSeeOther(request.route_path("login"))
    forget_provider(request, back)
    if left is None or left[0] != provider:
        return back
    try:
        there = _client(request, provider).way_out(
            id_token=left[1], back=request.installation.settings.base_url + request.route_path("login")
        )
    except Unreachable:
        there = None
    if there is None:
        flash(request, Sentence(NO_WAY_OUT, {"provider": provider.text}), "warn")
        return back
    response = HTTPSeeOther(there)
    forget_provider(request, response)
    return response


def _provider(request: Request) -> Provider:
    providers: tuple[Provider, ...] = request.installation.settings.providers
    for provider in providers:
        if provider.name == request.matchdict["provider"]:
            return provider
    raise NotFound


def _client(request: Request, provider: Provider) -> Client:
    """One for each provider and process, so that it need not ask every time who it is."""
    clients: dict[Provider, Client] = request.registry[CLIENTS]
    return clients.setdefault(provider, Client(provider, request.installation.clock))


def _own(request: Request, route: str, provider: Provider) -> str:
    return f"{request.installation.settings.base_url}{request.route_path(route, provider=provider.name)}"


def _require_same(provider: Provider, answer: Any, *, required: bool) -> None:
    """The answer is that of the provider that was asked, not of another one (RFC 9207). Raises Refused."""
    if "iss" in answer or required:
        said = answer.get("iss", "")
        if not hmac.compare_digest(said.encode(), provider.issuer.encode()):
            raise Refused("another provider answered")


def _refuse(
    request: Request, provider: Provider, status: int, sentence: str | Sentence, *, why: str, there: str = "/",
    state: str = "", who: str = "",
) -> Response:
    response = refuse(request, provider, status, sentence, why=why, there=there, who=who)
    forget_try(request, response, state)
    return response


def _plain(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
