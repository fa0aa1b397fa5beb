"""Forms that are sent from a dialog over a page: where their answer leads is told, not followed by the script.

Otherwise the script would fetch the page that comes next, and the message for it, which is said once, would be lost.
"""
from __future__ import annotations

from collections.abc import Callable

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNoContent
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import EXCVIEW

ASKED = "HTTP_X_DIALOG"
TOLD = "X-Location"

Handler = Callable[[Request], Response]


def told_location_factory(handler: Handler, registry: Registry) -> Handler:
    """Tween: a redirect becomes an empty answer with its address in X-Location, for who asks with X-Dialog."""

    def told(request: Request) -> Response:
        response = handler(request)
        if ASKED not in request.environ or response.status_int != 303:
            return response
        headers = [(name, value) for name, value in response.headerlist if name in ("Set-Cookie", "Cache-Control")]
        return HTTPNoContent(headers=[*headers, (TOLD, response.headers["Location"])])

    return told


def includeme(config: Configurator) -> None:
    config.add_tween("privmedia.web.dialogs.told_location_factory", over=[EXCVIEW, "pyramid_tm.tm_tween_factory"])
