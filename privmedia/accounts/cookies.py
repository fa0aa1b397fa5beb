"""The cookie of a sign-in session, and the reader that finds out from it who makes a request."""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response

from privmedia.accounts.bearer import bearer_token
from privmedia.accounts.identity import TOKEN, Identity, identity_of, touch
from privmedia.accounts.sign_ins import SignedIn
from privmedia.settings import Settings
from privmedia.web.i18n import COOKIE

WHILE_HELD = frozenset(
    {
        "/account/second-factor", "/account/two-factor", "/account/passkeys", "/account/passkeys/options",
        "/account/confirm", "/language", "/logout",
    }
)
"""What is open to who has to set up a second factor before anything else."""
HELD = "privmedia.held"
"""Key of the environment: the request came with the session of such a person."""
KEPT = timedelta(days=365)
"""What is no secret: a theme, a language."""
RENEWED = "privmedia.renewed_session"
"""Key of the environment, which outlives the tries of one request."""
_TOKENS = {
    secure: re.compile(rf'(?:^|;)[ \t]*{name}="?({TOKEN.pattern})"?[ \t]*(?=;|$)', re.ASCII)
    for secure, name in ((True, "__Host-session"), (False, "session"))
}


@dataclass(frozen=True)
class Renewed:
    """The session has another token since this request began; its forms still carry what was made from the old one."""

    signed_in: SignedIn
    csrf_secret: str


def cookie_name(settings: Settings) -> str:
    """On HTTPS a name that browsers only take with Secure, for this host alone and all of its paths."""
    return "__Host-session" if settings.secure else "session"


def session_token(request: Request) -> str | None:
    """The token the browser sent; None for none, and for what cannot be one."""
    renewed: Renewed | None = request.environ.get(RENEWED)
    if renewed is not None:
        return renewed.signed_in.token
    # Not by request.cookies, which takes every cookie apart: the gate asks this for each file.
    sent = _TOKENS[request.installation.settings.secure].findall(request.environ.get("HTTP_COOKIE", ""))
    return sent[-1] if sent else None


def read_session_cookie(request: Request) -> Identity | None:
    """Credential reader: who is signed in in this browser. Notes, after the answer, that they are active."""
    token = session_token(request)
    if token is None or bearer_token(request) is not None:
        return None
    installation = request.installation
    identity = identity_of(
        request.db,
        token=token,
        now=installation.clock(),
        address=request.remote_addr or "",
        request_id=request.request_id,
    )
    if identity is None:
        return None
    if identity.held and request.environ["PATH_INFO"] not in WHILE_HELD:
        # Nobody, everywhere else: nothing has to remember to ask.
        request.environ[HELD] = True
        return None
    request.add_finished_callback(lambda _request: touch(installation, identity))
    renewed: Renewed | None = request.environ.get(RENEWED)
    return identity if renewed is None else identity._replace(csrf_secret=renewed.csrf_secret)


def set_session_cookie(request: Request, response: Response, signed_in: SignedIn) -> None:
    _set(request, response, signed_in.token, signed_in.max_age)


def forget_session_cookie(request: Request, response: Response) -> None:
    _set(request, response, "", 0)


def set_theme_cookie(request: Request, response: Response, theme: str) -> None:
    """Remember a theme in this browser, for pages before sign-in too. Scripts may change it: the switch in the menu."""
    secure = request.installation.settings.secure
    response.set_cookie("theme", theme, max_age=KEPT, path="/", secure=secure, samesite="Lax", overwrite=True)


def set_language_cookie(request: Request, response: Response, tag: str) -> None:
    """Remember a language in this browser, for pages before sign-in."""
    secure = request.installation.settings.secure
    response.set_cookie(
        COOKIE, tag, max_age=KEPT, path="/", secure=secure, httponly=True, samesite="Lax", overwrite=True
    )


def _set(request: Request, response: Response, value: str, max_age: int | None) -> None:
    settings = request.installation.settings
    response.set_cookie(
        cookie_name(settings),
        value,
        max_age=max_age,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="Lax",
        overwrite=True,
    )
