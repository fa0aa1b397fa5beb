"""The two cookies of share links.

One says that this browser came by a link's address, and opens nothing but the page on which the link is opened. It is
signed, so that reading that address writes nothing. The other is the visit: what the gate asks for.
"""
from __future__ import annotations

import hashlib
import hmac
import re

from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.identity import TOKEN
from privmedia.settings import Settings

_VISITS = {
    secure: re.compile(rf'(?:^|;)[ \t]*{name}="?({TOKEN.pattern})"?[ \t]*(?=;|$)', re.ASCII)
    for secure, name in ((True, "__Host-visit"), (False, "visit"))
}


def visit_cookie(settings: Settings) -> str:
    return "__Host-visit" if settings.secure else "visit"


def visit_token(request: Request) -> str | None:
    """The token of this browser's visits; None for none. Read without taking every cookie apart: the gate asks."""
    cookies = request.environ.get("HTTP_COOKIE", "")
    if "visit=" not in cookies:
        return None
    sent = _VISITS[request.installation.settings.secure].findall(cookies)
    return sent[-1] if sent else None


def set_visit_cookie(request: Request, response: Response, token: str, *, max_age: int) -> None:
    settings = request.installation.settings
    response.set_cookie(
        visit_cookie(settings),
        token,
        max_age=max_age,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
        overwrite=True,
    )


def set_came_by_it(request: Request, response: Response, uid: str, token_hash: str, *, at: str) -> None:
    """Remember that this browser has the address of a link; only the link's own pages, at `at`, are sent it."""
    settings = request.installation.settings
    response.set_cookie(
        _ticket_name(settings, uid),
        _ticket(settings, uid, token_hash),
        path=at,
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
        overwrite=True,
    )


def came_by_it(request: Request, uid: str, token_hash: str) -> bool:
    """Whether this browser has asked for the address of this link."""
    settings = request.installation.settings
    sent = request.cookies.get(_ticket_name(settings, uid), "")
    return hmac.compare_digest(sent.encode(), _ticket(settings, uid, token_hash).encode())


def _ticket_name(settings: Settings, uid: str) -> str:
    # With a path of its own it cannot have the prefix that binds a cookie to the host.
    return f"__Secure-link-{uid}" if settings.secure else f"link-{uid}"


def _ticket(settings: Settings, uid: str, token_hash: str) -> str:
    signed = f"came by link {uid} {token_hash}".encode()
    return hmac.new(settings.secret.encode(), signed, hashlib.sha256).hexdigest()
