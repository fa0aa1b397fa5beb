"""Headers of every page, unless the page has set its own."""
from __future__ import annotations

from collections.abc import Callable, Iterable

from pyramid.config import Configurator
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid.tweens import INGRESS

from privmedia.web.address import carries_token
from privmedia.web.methods import allow

STYLES = "style-src 'self'"
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        STYLES,
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# What no page of ours needs, so that nothing that slips into one can ask for it.
PERMISSIONS = (
    "Permissions-Policy",
    "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
)
PAGE_HEADERS = (
    ("Content-Security-Policy", PAGE_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    # Not `no-referrer`: browsers then send `Origin: null` with our own forms.
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    PERMISSIONS,
    ("Cache-Control", "private, no-cache"),
    ("Vary", "Cookie"),
)
OPENER = "Cross-Origin-Opener-Policy"
KEEPS_OPENER = "privmedia.keeps_opener"
TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")

DROPPED = "headers_are_dropped"
"""Attribute of an answer whose headers nobody will see: the front server sends a file in its place, with its own."""

Handler = Callable[[Request], Response]


def keep_opener(config: Configurator, keeps: Callable[[Request], bool]) -> None:
    """Directive: pages that a window shows which has to stay tied to the page that opened it. Asked for each answer,
    errors and redirects included: one of them with the header cuts the tie for good.
    """
    config.registry[KEEPS_OPENER].append(keeps)


def allow_styles(response: Response, hashes: Iterable[str]) -> None:
    """Let a page carry the styles with these hashes (`'sha256-…'`) besides those of our own files."""
    response.headers["Content-Security-Policy"] = PAGE_POLICY.replace(STYLES, " ".join((STYLES, *hashes)))


def page_headers_factory(handler: Handler, registry: Registry) -> Handler:
    everywhere = PAGE_HEADERS + ((TRANSPORT,) if registry["installation"].settings.secure else ())
    headers = [(name.lower(), (name, value)) for name, value in everywhere]
    without_opener = [pair for pair in headers if pair[1][0] != OPENER]
    keepers = registry[KEEPS_OPENER]

    def page_headers(request: Request) -> Response:
        response = handler(request)
        if getattr(response, DROPPED, False):
            return response
        if carries_token(request) and "Referrer-Policy" not in response.headers:
            response.headers["Referrer-Policy"] = "strict-origin"
        if response.status_int == 405:
            allow(request, response)
        there = {name.lower() for name, _ in response.headerlist}
        wanted = without_opener if any(keeps(request) for keeps in keepers) else headers
        response.headerlist.extend(pair for lowered, pair in wanted if lowered not in there)
        return response

    return page_headers


def includeme(config: Configurator) -> None:
    config.registry[KEEPS_OPENER] = []
    config.add_directive("keep_opener", keep_opener)
    # Above the check of names and addresses, whose refusals need the headers as well.
    config.add_tween(
        "privmedia.web.headers.page_headers_factory",
        under=INGRESS,
        over="privmedia.web.address.one_address_factory",
    )
