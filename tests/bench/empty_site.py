"""A Pyramid application that decides nothing: what any decision can at best come near to."""
from __future__ import annotations

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.router import Router


def send(request: Request) -> Response:
    path = "/pmedia/" + "/".join(request.matchdict["path"])
    return Response(headerlist=[("Content-Type", "video/mp4"), ("X-Accel-Redirect", path), ("Content-Length", "0")])


def main() -> Router:
    with Configurator() as config:
        config.add_route("send", "/*path")
        config.add_view(send, route_name="send")
        return config.make_wsgi_app()


application = main()
