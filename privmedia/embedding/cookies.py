"""What a browser keeps for players on one site. It is looked at by one route alone, and opens nothing by itself."""
from __future__ import annotations

from pyramid.request import Request
from pyramid.response import Response

from privmedia.embedding.frames import KEY_LASTS


def key_of(request: Request) -> str | None:
    """The key that this browser keeps for the site around the player."""
    key: str | None = request.cookies.get(_name(request))
    return key


def set_key(request: Request, response: Response, key: str) -> None:
    """Have the browser keep it for players on this site alone ("partitioned"), where it keeps none of other sites."""
    crossing = "; Secure; SameSite=None; Partitioned" if request.installation.settings.secure else "; SameSite=Lax"
    value = f"{_name(request)}={key}; Path=/; HttpOnly; Max-Age={int(KEY_LASTS.total_seconds())}{crossing}"
    response.headers.add("Set-Cookie", value)


def _name(request: Request) -> str:
    return "__Host-pm_frame" if request.installation.settings.secure else "pm_frame"
