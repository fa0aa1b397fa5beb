"""For which name passkeys are made here. A browser ties each of them to a host name, and gives it to no other.

It needs a name and HTTPS (WebAuthn level 3, 5.1.2 and 13.4.9); this machine itself is the exception, as `localhost`.
"""
from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from privmedia.errors import Conflict
from privmedia.provider_settings import LOOPBACK
from privmedia.settings import Settings
from privmedia.text import Sentence
from privmedia.text import mark as _

HTTPS_NEEDED = _("Passkeys work over HTTPS only, and this library is at ${address}.")
NAME_NEEDED = _("Passkeys need a host name, and this library is at the number ${address}.")
LOCALHOST = "localhost"


class NoPasskeys(Conflict):
    """Passkeys cannot work at the address of this library."""


@dataclass(frozen=True)
class RelyingParty:
    """The host name, and the one origin whose pages may ask for passkeys."""

    id: str
    origin: str


def relying_party(settings: Settings) -> RelyingParty:
    """Ours, from the public address. Raises NoPasskeys with a sentence that says why there is none."""
    parts = urlsplit(settings.base_url)
    host = parts.hostname or ""
    if host in LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        return RelyingParty(LOCALHOST, f"{parts.scheme}://{LOCALHOST}{port}")
    if is_number(host):
        raise NoPasskeys(Sentence(NAME_NEEDED, {"address": settings.base_url}))
    if not settings.secure:
        raise NoPasskeys(Sentence(HTTPS_NEEDED, {"address": settings.base_url}))
    return RelyingParty(host, settings.base_url)


def is_number(host: str) -> bool:
    """Whether this is an address of the network instead of a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
