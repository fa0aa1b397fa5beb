"""The one address at which a proxy's word about who somebody is counts. It begins a session, as any other sign-in."""
from __future__ import annotations

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.elsewhere import TurnedAway, first_or_again
from privmedia.accounts.identity import Identity
from privmedia.accounts.return_to import return_to
from privmedia.accounts.sign_in_views import let_in, signing_in_at
from privmedia.errors import NotFound
from privmedia.header_settings import TrustedHeader
from privmedia.ids import is_uid
from privmedia.providers.connecting import connect
from privmedia.providers.cookies import forget_provider, linked_by
from privmedia.providers.header import PROBE, NotBelieved, person_in
from privmedia.providers.people import Vouched
from privmedia.providers.refusing import refuse
from privmedia.providers.service import Providers
from privmedia.text import mark as _

NOBODY_SAYS = _(
    "${provider} did not say who you are. If you opened this library by another address than the usual one, use that."
)


@view_config(route_name="header_sign_in", request_method="GET", permission=NO_PERMISSION_REQUIRED)
def come(request: Request) -> Response:
    """Sign in whom the proxy names; who is signed in only to prove once more who they are."""
    header: TrustedHeader | None = request.installation.settings.header
    if header is None:
        raise NotFound
    there = return_to(request.GET.get("next", "/"))
    identity: Identity | None = request.identity
    link = linked_by(request, header)
    if identity is not None and link is None and ("again" not in request.GET or request.own_provider != header):
        return HTTPSeeOther(there)
    try:
        person = person_in(request.environ, header, request.installation.settings)
        if person.subject.startswith(PROBE):
            return Response(f"believed {person.subject}\n", content_type="text/plain", charset="UTF-8")
        return _enter(request, header, person, there, link)
    except NotBelieved as problem:
        if _is_probe(request):
            return Response("not believed\n", status=403, content_type="text/plain", charset="UTF-8")
        return refuse(request, header, 403, NOBODY_SAYS, why=str(problem), there=there)
    except TurnedAway as turned:
        return refuse(request, header, 403, turned.sentence, why=turned.why, there=there, who=turned.who)


def _enter(request: Request, header: TrustedHeader, person: Vouched, there: str, link: int | None) -> Response:
    """Sign in whom the proxy names, or connect them to the account that is signed in. Raises TurnedAway."""
    if link is not None:
        connect(request, header, person, link)
        return _no_store(HTTPSeeOther(there))
    identity: Identity | None = request.identity
    signed_in = first_or_again(
        request.installation.sessions,
        lambda session: Providers(session, request.installation).sign_in(
            header, person, only=identity.user_id if identity is not None else None, **signing_in_at(request),
        ),
    )
    response = _no_store(let_in(request, signed_in, there))
    forget_provider(request, response)
    return response


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_probe(request: Request) -> bool:
    """Whether the doctor asks, which knows what it does and needs no line in the log."""
    probe = request.GET.get("probe", "")
    return is_uid(probe) and request.installation.storage.probes.is_there(probe)
