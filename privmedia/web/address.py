"""One address only: any Host but that of `base_url` answers 421, and every absolute address is built from it."""
from __future__ import annotations

import logging
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import INGRESS

log = logging.getLogger(__name__)

ANY_HOST = ("/healthz",)
# What nginx masks in its log as well, be there a route for it or not.
KEYS = re.compile(r"^(/(?:s|give|setup|invite|reset|unfollow|account/email)/|/smedia/~).*", re.IGNORECASE | re.DOTALL)
LOOPBACK = frozenset({"localhost", "127.0.0.1"})

Handler = Callable[[Request], Response]


def allowed_hosts(base_url: str) -> frozenset[str]:
    """The values of Host that are ours: with the port unless it is the scheme's own; loopback names are one."""
    parts = urlsplit(base_url)
    names = LOOPBACK if parts.hostname in LOOPBACK else {parts.hostname or ""}
    default_port = 443 if parts.scheme == "https" else 80
    port = parts.port or default_port
    hosts = {f"{name}:{port}" for name in names}
    if port == default_port:
        hosts |= names
    return frozenset(hosts)


def one_address_factory(handler: Handler, registry: Registry) -> Handler:
    """Tween, outermost: what the client says of names and addresses is checked here, and nowhere believed again."""
    settings = registry["installation"].settings
    hosts = allowed_hosts(settings.base_url)
    scheme = urlsplit(settings.base_url).scheme
    behind_proxy = settings.front_server != "builtin"

    def one_address(request: Request) -> Response:
        environ = request.environ
        try:
            path = request.path_info
            asked = request.GET.items() if environ.get("QUERY_STRING") else ()
        except UnicodeDecodeError:
            return plain(400, "The address is not valid UTF-8.")
        if "\0" in path or any("\0" in text for pair in asked for text in pair):
            return plain(400, "The address cannot be read.")
        if environ.get("HTTP_HOST", "").lower() not in hosts and path not in ANY_HOST:
            return plain(421, "This server does not answer under that name.")
        environ["wsgi.url_scheme"] = scheme
        forwarded = environ.pop("HTTP_X_FORWARDED_FOR", None)
        if behind_proxy and forwarded:
            # The front server overwrites the header; its last entry is the one it saw itself.
            environ["REMOTE_ADDR"] = forwarded.rsplit(",", 1)[-1].strip()
        return handler(request)

    return one_address


def carries_token(request: Request) -> bool:
    """Whether the address is a key in itself, and belongs neither into a log nor into a Referer."""
    route = getattr(request, "matched_route", None)
    return route is not None and "{token}" in route.pattern


def where(request: Request) -> str:
    """The method and address of a request for a log, without the secret of addresses that carry one."""
    path = request.matched_route.pattern if carries_token(request) else KEYS.sub(r"\1…", request.path_info)
    return f"{request.method} {path}"


def plain(status: int, sentence: str) -> Response:
    """A short answer in text, for when no page can be made."""
    return Response(status=status, text=f"{sentence}\n", content_type="text/plain", charset="UTF-8")


def includeme(config: Configurator) -> None:
    config.add_tween("privmedia.web.address.one_address_factory", under=INGRESS)
