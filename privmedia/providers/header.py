"""Who a request says somebody is, if it comes from who is believed to say so. Looked at in one address only.

Behind our front server every request comes from it, also one that a stranger sent through it. Therefore two things have
to fit: a key that stands in the front server's configuration and that nobody else can send, because there the header is
set anew; and the address from which the front server was asked, unless it signs people in itself.
"""
from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from privmedia.header_settings import KEY, TrustedHeader
from privmedia.providers.people import Vouched
from privmedia.settings import Settings

LONGEST = 255
MOST_GROUPS = 2000
LONGEST_GROUPS = 32_000
"""Characters of all of them."""
PROBE = "privmedia-doctor-"
"""How the people begin that the doctor pretends to be: whoever is believed to be one is told so, and is nobody."""


class NotBelieved(Exception):
    """Nobody who may say so says who it is. The reason is for the log."""


def key_of(secret: str) -> str:
    """What our front server has to say to be believed, made of the installation's secret."""
    return hmac.new(secret.encode(), b"who is signed in, said by the front server", hashlib.sha256).hexdigest()


def person_in(environ: Mapping[str, Any], header: TrustedHeader, settings: Settings) -> Vouched:
    """Who it is. Raises NotBelieved."""
    _require_sender(environ, header, settings)
    user = _said(environ, header.user)
    if not user:
        raise NotBelieved(f"no {header.user} came")
    if len(user) > LONGEST or not user.isprintable() or "," in user:
        # Twice the same header is one with a comma: whose of the two is it?
        raise NotBelieved(f"{header.user} is no name, or came twice")
    email = _said(environ, header.email) or (user if "@" in user else "")
    if not email and header.email_domain:
        email = f"{user}@{header.email_domain}"
    groups = _said(environ, header.groups)
    if len(groups) > LONGEST_GROUPS:
        raise NotBelieved(f"{header.groups} is too long")
    named = [name.strip() for name in groups.split(header.groups_separator)]
    return Vouched(
        user, email, _said(environ, header.full_name), [name for name in named if name][:MOST_GROUPS],
        email_verified=True,
    )


def _require_sender(environ: Mapping[str, Any], header: TrustedHeader, settings: Settings) -> None:
    if settings.front_server != "builtin":
        said = _said(environ, KEY)
        if not hmac.compare_digest(said.encode(), key_of(settings.secret).encode()):
            raise NotBelieved("it did not come through the place of our front server that may say so")
    if not header.by_front_server:
        address = str(environ.get("REMOTE_ADDR", ""))
        if not header.is_sent_by(address):
            raise NotBelieved(f"{address or 'whoever asks'} is not among those who may say so")


def _said(environ: Mapping[str, Any], name: str) -> str:
    """The text of a header, which WSGI carries as Latin-1 (PEP 3333)."""
    raw = str(environ.get(f"HTTP_{name.upper().replace('-', '_')}", ""))
    try:
        return raw.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        raise NotBelieved(f"{name} is not UTF-8") from None
