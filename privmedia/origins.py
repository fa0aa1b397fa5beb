"""Origins of web sites, as a Content-Security-Policy names those that may frame a page: `https://host[:port]`.

A path never goes in: one browser then refuses the frame and another does not look at it. `http://` and `https://` are
two entries, a port counts, and `*.example.com` means every host below `example.com` but not that host itself.
"""
from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

from privmedia.text import mark as _

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}", re.ASCII)
USUAL_PORTS = {"http": 80, "https": 443}
LONGEST = 255
LONGEST_ADDRESS = 4000

NO_SCHEME = _("Write it with https:// in front, such as https://intranet.example.com.")
WITH_A_PATH = _("Write the site alone, without what follows its name: browsers do not agree on paths.")
NO_HOST = _("That is no name of a site.")
AS_IN_THE_ADDRESS_BAR = _("Write the name as browsers send it, beginning with xn--: copy it from the address bar.")
TOO_WIDE = _("A * stands in front of a name of two parts at least: https://*.example.com.")


def origin_of(text: str) -> str:
    """What somebody typed, as an origin: lower case, names in other letters as `xn--…`, the usual port left out.

    Raises ValueError with a sentence for what is none.
    """
    parts, port = _parts(text.strip())
    if parts.scheme not in USUAL_PORTS or "://" not in text:
        raise ValueError(NO_SCHEME)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(WITH_A_PATH)
    host = _host(parts)
    return f"{parts.scheme}://{host}" if port in (None, USUAL_PORTS[parts.scheme]) else f"{parts.scheme}://{host}:{port}"


def origins_in(text: str) -> tuple[str, ...]:
    """The origins of a list with spaces, commas or line breaks between them, each once. Raises ValueError as above."""
    return tuple(dict.fromkeys(origin_of(word) for word in re.split(r"[\s,]+", text) if word))


def page_of(text: str) -> tuple[str, str] | None:
    """Origin and path of a page's address as a browser tells it; None for what is no address of a web page."""
    try:
        parts, port = _parts(text)
        if parts.scheme not in USUAL_PORTS or "*" in parts.netloc or len(text) > LONGEST_ADDRESS:
            return None
        host = _host(parts)
    except ValueError:
        return None
    named = host if port in (None, USUAL_PORTS[parts.scheme]) else f"{host}:{port}"
    return f"{parts.scheme}://{named}", parts.path or "/"


def is_listed(origin: str, listed: Iterable[str]) -> bool:
    """Whether a browser would let a page of this origin frame what names `listed` as its frame-ancestors."""
    return any(_matches(origin, entry) for entry in listed)


def _matches(origin: str, entry: str) -> bool:
    scheme, _sep, host = entry.partition("://")
    if not host.startswith("*."):
        return origin == entry
    its_scheme, _sep, its_host = origin.partition("://")
    return its_scheme == scheme and its_host.endswith(host[1:]) and its_host != host[2:]


def _parts(text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        return parts, parts.port
    except ValueError:
        raise ValueError(NO_HOST) from None


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.username is not None or parts.password is not None or ":" in host:
        raise ValueError(NO_HOST)  # a policy has no way to name an IPv6 address
    name = host.removeprefix("*.")
    if not name.isascii():
        name = _in_ascii(name)
    if not name or len(name) > LONGEST or not all(LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(NO_HOST)
    if not host.startswith("*."):
        return name
    if "." not in name or ADDRESS.fullmatch(name):
        raise ValueError(TOO_WIDE)
    return f"*.{name}"


def _in_ascii(name: str) -> str:
    """As browsers write it. Letters on which the standards of such names differ are left to the browser."""
    try:
        encoded = name.encode("idna")
        if encoded.decode("idna") == name:
            return encoded.decode("ascii").lower()
    except UnicodeError:
        pass
    raise ValueError(AS_IN_THE_ADDRESS_BAR)
