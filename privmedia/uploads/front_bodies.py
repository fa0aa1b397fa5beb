"""What the front server says of a body: that one follows, that it lies in a file, and that it is the one who says so.

Before nginx takes a body in, it asks with the headers alone (`auth_request`); what is refused then is never kept. When
the body is whole it is named. Under uWSGI both are variables that no request of HTTP can set; where the application
speaks HTTP they are headers which nginx always overwrites, and which count only with the key that stands in its
configuration.
"""
from __future__ import annotations

import hashlib
import hmac
import logging
from enum import StrEnum
from functools import cache
from pathlib import Path

from pyramid.request import Request

log = logging.getLogger(__name__)

KEY = "X-Body-Key"
FILE = "X-Body-File"
FOLLOWS = "X-Body-Follows"
LENGTH = "X-Body-Length"
VARIABLE = "PRIVMEDIA_"


class Follows(StrEnum):
    """Why the front server hands a request over without, or before, its body."""

    ASKED = "asked"
    """May it come? The answer is 204, 403 for no, or 401: hand it over as any other."""
    REFUSED = "refused"
    """The answer was no: now the client is to hear why. Whatever comes of the body is passed on at once."""


def key_of(secret: str) -> str:
    """What nginx's configuration has to say to be believed, made of the installation's secret."""
    return hmac.new(secret.encode(), b"bodies kept by the front server", hashlib.sha256).hexdigest()


def follows(request: Request) -> Follows | None:
    """Whether the body is still with the front server. Not to be believed before `keeps_bodies`: it does no harm."""
    said = request.environ.get(f"{VARIABLE}BODY_FOLLOWS") or request.headers.get(FOLLOWS, "")
    return next((each for each in Follows if each == said), None)


def keeps_bodies(request: Request) -> bool:
    """Whether this came from our front server, and what it keeps can be taken."""
    installation = request.installation
    if installation.settings.front_server != "nginx":
        return False
    if not is_from_front_server(request):
        _warn("nginx says another key than ours: print its configuration again with `privmedia front-config nginx`.")
        return False
    if (why := installation.storage.bodies.why_not_ours()) is not None:
        _warn(why)
        return False
    return True


@cache
def _warn(why: str) -> None:
    """Once, not for each request."""
    log.warning("bodies of uploads are handed over, which takes longer: %s", why)


def announced_length(request: Request) -> int | None:
    """Bytes of the body that is still with the front server; None if the client does not say."""
    said = request.environ.get(f"{VARIABLE}BODY_LENGTH") or request.headers.get(LENGTH, "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 19 else None


def file_of(request: Request) -> Path | None:
    """Where the front server has put the body; None if it handed it over or nobody who may say so names a file."""
    if not is_from_front_server(request):
        return None
    named = request.environ.get(f"{VARIABLE}BODY_FILE") or request.headers.get(FILE, "")
    return Path(named) if named else None


def is_from_front_server(request: Request) -> bool:
    """Whether nginx itself asks, rather than somebody through it."""
    if any(name.startswith(VARIABLE) for name in request.environ):
        return True
    key = key_of(request.installation.settings.secret)
    return hmac.compare_digest(request.headers.get(KEY, "").encode(), key.encode())
