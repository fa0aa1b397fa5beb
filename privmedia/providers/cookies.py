"""Two signed cookies: of who is away signing in, one for each try, and of the session that somebody has just left."""
from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from webob.cookies import JSONSerializer, SignedSerializer

from privmedia.ids import is_uid
from privmedia.provider_settings import Source
from privmedia.providers.service import Providers

AWAY_FOR = timedelta(minutes=15)
"""How long signing in at a provider may take."""
LEFT_FOR = timedelta(minutes=10)
STATE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Try:
    """What has to come back to the browser that went away, and where it goes then."""

    provider: str
    state: str
    nonce: str
    verifier: str
    there: str
    until: float
    """Seconds since 1970."""
    again: int | None = None
    """The number of who is signed in and proves once more who they are."""
    link: int | None = None
    """The number of who is signed in and wants to sign in there from now on as well."""


def keep_try(request: Request, response: Response, one: Try) -> None:
    _set(request, response, _of(one.state), _serializer(request, "try").dumps(asdict(one)).decode(), AWAY_FOR)


def take_try(request: Request, provider: str, state: str) -> Try | None:
    """The try of this browser that has this state, if it is not too old and went to this provider."""
    if not STATE.fullmatch(state):
        return None
    found = _read(request, _of(state), "try")
    one = Try(**found) if found is not None else None
    if one is None or one.provider != provider or one.state != state:
        return None
    return one if request.installation.clock().timestamp() < one.until else None


def forget_try(request: Request, response: Response, state: str) -> None:
    if STATE.fullmatch(state):
        _set(request, response, _of(state), "", timedelta(0))


def link_mark(request: Request, source: Source) -> str:
    """What shows that the caller has just asked, in a form of ours, to sign in there as well."""
    until = (request.installation.clock() + AWAY_FOR).timestamp()
    said = {"source": source.name, "user": request.identity.user_id, "until": until}
    return str(_serializer(request, "link").dumps(said).decode())


def linked_by(request: Request, source: Source) -> int | None:
    """The caller's number, if they have asked for that; nobody else's mark counts."""
    try:
        said = _serializer(request, "link").loads(request.GET.get("link", "").encode())
    except ValueError:
        return None
    identity = request.identity
    if identity is None or said["source"] != source.name or said["user"] != identity.user_id:
        return None
    return identity.user_id if request.installation.clock().timestamp() < said["until"] else None


def remember_provider(request: Request, response: Response, session_id: int | None) -> None:
    """Keep which session was left, so that one can sign out where it was begun as well."""
    if not request.installation.settings.doors:
        return
    uid = request.read(Providers).session_uid(session_id)
    if uid is not None:
        value = _serializer(request, "left").dumps({"session": uid}).decode()
        _set(request, response, "left", value, LEFT_FOR)


def own_provider(request: Request) -> Source | None:
    """`request.own_provider`: where this session was begun, if it was not with a password."""
    doors: tuple[Source, ...] = request.installation.settings.doors
    if not doors or request.identity is None:
        return None
    issuer = request.read(Providers).issuer_of(request.identity.session_id)
    return next((one for one in doors if one.issuer == issuer), None)


def left_provider(request: Request) -> tuple[Source, str] | None:
    """`request.left_provider`: where who has just signed out here is still signed in, with the ID token of it."""
    doors: tuple[Source, ...] = request.installation.settings.doors
    if not doors:
        return None
    found = _read(request, "left", "left")
    if found is None or not is_uid(str(found.get("session"))):
        return None
    begun = request.read(Providers).id_token_of(found["session"])
    for provider in doors:
        if begun is not None and provider.issuer == begun[0]:
            return provider, begun[1]
    return None


def forget_provider(request: Request, response: Response) -> None:
    _set(request, response, "left", "", timedelta(0))


def _of(state: str) -> str:
    """A name of its own for each try: somebody may begin in two tabs."""
    return f"away-{state[:12]}"


def _serializer(request: Request, use: str) -> SignedSerializer:
    secret = request.installation.settings.secret
    return SignedSerializer(secret, f"privmedia.provider.{use}", serializer=JSONSerializer())


def _read(request: Request, name: str, use: str) -> dict[str, Any] | None:
    sent = request.cookies.get(_name(request, name))
    if sent is None:
        return None
    try:
        found = _serializer(request, use).loads(sent.encode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _name(request: Request, name: str) -> str:
    return f"__Host-{name}" if request.installation.settings.secure else name


def _set(request: Request, response: Response, name: str, value: str, lasts: timedelta) -> None:
    response.set_cookie(
        _name(request, name), value, max_age=lasts, path="/", secure=request.installation.settings.secure,
        httponly=True, samesite="Lax", overwrite=True,
    )
