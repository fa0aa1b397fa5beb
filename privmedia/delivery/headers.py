"""The headers every private file leaves with, from one place: the built-in sender sets them, nginx's configuration is
rendered from them. nginx drops the application's own when it takes over, so they have to stand in its location.
"""
from __future__ import annotations

from privmedia.web.headers import PERMISSIONS

# The sandbox keeps an uploaded page or drawing that is opened by its address from acting in the site's name; it does
# no harm to <video>, <audio>, <img> and <track>.
PRIVATE_FILE_HEADERS: dict[str, str] = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    PERMISSIONS[0]: PERMISSIONS[1],
    "Referrer-Policy": "no-referrer",
    "Vary": "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
}

# Revalidated on every use, so that a browser asks the gate again; kept by no shared cache.
PRIVATE_FILE_CACHING = "private, no-cache"

# Files that were made public on purpose, under an address nobody can guess.
PUBLIC_FILE_HEADERS: dict[str, str] = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    PERMISSIONS[0]: PERMISSIONS[1],
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# Asked for anew on every use, so that nothing is shown from a cache that was taken back.
PUBLIC_FILE_CACHING = "public, no-cache"

# What answers that nobody may read anything into carry: the 404 of the gate, and the front server's own pages.
BARE_ANSWER_HEADERS: dict[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    PERMISSIONS[0]: PERMISSIONS[1],
    "Referrer-Policy": "no-referrer",
    "Vary": "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
}

STATIC_FILE_HEADERS: dict[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    PERMISSIONS[0]: PERMISSIONS[1],
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_SENDER_HEADERS = frozenset({"x-sendfile", "x-sendfile2", "x-lighttpd-send-file", "x-litespeed-location"})


def steers_a_front_server(name: str) -> bool:
    """Whether a header of this name makes some front server send a file or change how it answers."""
    lowered = name.lower()
    return lowered in _SENDER_HEADERS or lowered.startswith("x-accel-")
