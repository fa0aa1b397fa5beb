"""The small window in which people sign in for a player has to stay tied to the player that opened it."""
from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from pyramid.request import Request

from privmedia.ids import PATTERN
from privmedia.web.request import FIELDS

WINDOW = re.compile(rf"/embed/{PATTERN.pattern}/signin", re.ASCII)
ON_THE_WAY = (
    "/login", "/login/code", "/login/header", "/language",
    "/account/second-factor", "/account/two-factor", "/account/passkeys", "/account/confirm",
)
BY_A_PROVIDER = "/login/oidc/"
"""Redirects on the way to another place of sign-in and back, and what went wrong there: they do not say what for."""


def is_of_a_player(request: Request) -> bool:
    """Whether an answer is a player or the window of one: that itself, or the pages of signing in that lead back to it.

    Those say so by where they lead, in their address or in the form that was sent.
    """
    # As the server gave them: this is asked of answers to what cannot be read as well.
    path: str = request.environ["PATH_INFO"]
    if path.startswith(("/embed/", BY_A_PROVIDER)):
        return True
    if path not in ON_THE_WAY:
        return False
    there = parse_qs(request.environ.get("QUERY_STRING", "")).get("next", [""])[0]
    # The form only if somebody has read it: what cannot be read has no part in this.
    sent = (request.environ.get(FIELDS) or {}).get("next", "")
    return _leads_to_a_window(there) or _leads_to_a_window(sent)


def _leads_to_a_window(there: str) -> bool:
    try:
        parts = urlsplit(there)
    except ValueError:
        return False
    if parts.scheme or parts.netloc:
        return False
    if WINDOW.fullmatch(parts.path):
        return True
    # The language switch leads back to the sign-in page, which leads to the window.
    return parts.path in ON_THE_WAY and "next=%2Fembed%2F" in parts.query
