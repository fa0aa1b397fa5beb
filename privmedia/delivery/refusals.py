"""How `/smedia/…` refuses. Whoever asks and whatever for, signed in or not, missing or denied: one answer, the same to
the byte. It is short text and no page: what reads it is a player.
"""
from __future__ import annotations

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden, HTTPMethodNotAllowed, HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from privmedia import errors
from privmedia.access.permissions import Permission
from privmedia.delivery.headers import BARE_ANSWER_HEADERS
from privmedia.delivery.resources import PrivateFile
from privmedia.web.address import plain
from privmedia.web.i18n import _

ROUTES = (
    "smedia",
    "smedia_stream",
    "smedia_original",
    "smedia_preview",
    "smedia_embed",
    "smedia_embed_stream",
    "smedia_embed_nothing",
    "probe",
    "probe_part",
    "smedia_nothing",
)


def nothing_here(request: Request) -> Response:
    """404."""
    return _bare(request, 404, _("There is nothing here for you."))


def refused(error: Exception, request: Request) -> Response:
    """Missing, denied or nobody signed in. Only who sees the library as somebody else is told what that one may do."""
    context = getattr(request, "context", None)
    if isinstance(context, PrivateFile) and context.caller.looks_only and Permission.DOWNLOAD in context.rights:
        return _bare(request, 403, _("They may download this. You see the library as them, and look only."))
    # The log asks who this is. Asked anew, so that it takes the same whether the gate has found something or not.
    request.__dict__.pop("caller", None)
    return nothing_here(request)


def only_read(error: HTTPMethodNotAllowed, request: Request) -> Response:
    """Any method but GET and HEAD, whether there is something or not."""
    answer = _bare(request, 405, _("This can only be read."))
    answer.headers["Allow"] = "GET, HEAD"
    return answer


def closed(error: errors.Unavailable, request: Request) -> Response:
    """The database does not answer, so nobody gets anything."""
    answer = _bare(request, 503, _("The server cannot answer this right now. Try again in a moment."))
    answer.headers["Retry-After"] = "5"
    return answer


def _bare(request: Request, status: int, sentence: str) -> Response:
    answer = plain(status, request.localizer.translate(sentence))
    answer.headers.update(BARE_ANSWER_HEADERS)
    return answer


def includeme(config: Configurator) -> None:
    for route in ROUTES:
        for context, view in (
            (HTTPNotFound, refused),
            (HTTPForbidden, refused),
            (HTTPMethodNotAllowed, only_read),
            (errors.Unavailable, closed),
        ):
            config.add_exception_view(view, context=context, route_name=route)
