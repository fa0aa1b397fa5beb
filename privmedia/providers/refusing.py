"""What is said, shown and written down when somebody who comes from elsewhere is not signed in."""
from __future__ import annotations

from typing import Any

from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from privmedia.audit.service import FAILED
from privmedia.provider_settings import Provider, Source
from privmedia.text import Sentence

REFUSED = "providers/refused.jinja2"


def way_in(request: Request, source: Source, there: str = "", **more: str) -> str:
    """`request.way_in(…)`: the address at which people are sent to a source, to come back to `there`."""
    query = {**more, **({"next": there} if there and there != "/" else {})} or None
    if isinstance(source, Provider):
        return str(request.route_path("provider", provider=source.name, _query=query))
    return str(request.route_path("header_sign_in", _query=query))


def refuse(
    request: Request, source: Source, status: int, sentence: str | Sentence, *, why: str, there: str = "/",
    who: str = "",
) -> Response:
    """Say why nobody is signed in, and write it into the log. `why` is for the log alone."""
    request.note("sign-in", outcome=FAILED, target=who, detail={"why": why[:300], "through": source.text})
    said = sentence if isinstance(sentence, Sentence) else Sentence(sentence, {"provider": source.text})
    page: dict[str, Any] = {"sentence": said, "provider": source, "next": there if there != "/" else ""}
    response = render_to_response(REFUSED, page, request=request)
    response.status_int = status
    response.headers["Cache-Control"] = "no-store"
    return response
