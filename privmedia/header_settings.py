"""Settings of a proxy that signs people in and says who they are in a header: `privmedia.header.<key>`."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, ClassVar

from privmedia.provider_settings import YES_OR_NO

PREFIX = "privmedia.header."
ENVIRONMENT = "PRIVMEDIA_HEADER_"
FRONT_SERVER = "front-server"
KEY = "X-Remote-Key"
"""In it our front server says that it is the one who speaks."""
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")
VARIABLE = re.compile(r"\$[a-z][a-z0-9_]*")
PATH = re.compile(r"/[A-Za-z0-9_./-]+")
NEVER = re.compile(
    r"host|cookie|authorization|connection|range|if-.*|content-.*|transfer-.*|x-forwarded-(?:for|proto|host|port)"
    r"|x-request-id|x-csrf-token|x-accel-.*|x-body-.*|x-remote-key",
    re.IGNORECASE,
)
"""Headers that mean something else already."""
BROADEST = {4: 8, 6: 16}
"""Bits that a network has to have at least: one that holds everybody would let anybody be anybody."""
VALUES = ("user", "email", "full_name", "groups")


@dataclass(frozen=True, kw_only=True)
class TrustedHeader:
    """Who is believed to say who somebody is, and in which headers they say it."""

    name: ClassVar[str] = "header"
    issuer: ClassVar[str] = "header"

    sent_by: str
    """Addresses and networks of the proxy; or `front-server`: our own nginx signs people in."""
    text: str = "Single sign-on"
    """What the button says."""
    user: str = "X-Remote-User"
    email: str = "X-Remote-Email"
    full_name: str = "X-Remote-Name"
    groups: str = "X-Remote-Groups"
    groups_separator: str = ","
    email_domain: str = ""
    """What follows the @ of who comes without an address; empty: whoever is no address has none."""
    nginx_include: str = "/etc/nginx/privmedia-sign-in.conf"
    """With `front-server`: the file in which nginx is told how to sign people in."""
    nginx_user: str = "$remote_user"
    """With `front-server`: the variable in which it stands then."""
    nginx_email: str = ""
    nginx_full_name: str = ""
    nginx_groups: str = ""
    make_accounts: bool = False
    link_by_email: bool = False
    admin_group: str = ""

    @property
    def by_front_server(self) -> bool:
        return self.sent_by == FRONT_SERVER

    @property
    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """From where it is believed; none if it is our own front server."""
        return () if self.by_front_server else tuple(ip_network(one) for one in self.sent_by.split())

    @property
    def header_names(self) -> tuple[str, ...]:
        """All headers that only who is believed may send."""
        return (*(getattr(self, value) for value in VALUES), KEY)

    def is_sent_by(self, address: str) -> bool:
        """Whether this is an address of who is believed."""
        try:
            found = ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self.networks)


SPOKEN = (*(str(getattr(TrustedHeader, value)) for value in VALUES), KEY)
"""Those that front servers keep from everybody, whether the settings name a proxy or not."""


def _sent_by(text: str) -> str:
    if text == FRONT_SERVER:
        return text
    networks = [ip_network(one) for one in text.replace(",", " ").split()]
    if any(one.prefixlen < BROADEST[one.version] for one in networks):
        raise ValueError("that is nearly everybody: name the addresses of the proxy")
    return " ".join(str(one[0] if one.num_addresses == 1 else one) for one in networks)


def _header(text: str) -> str:
    if not HEADER.fullmatch(text) or NEVER.fullmatch(text):
        raise ValueError("it has to be a header of its own, such as X-Remote-User")
    return text


def _variable(text: str) -> str:
    if not VARIABLE.fullmatch(text) or text.startswith(("$http_", "$arg_", "$cookie_", "$query_", "$args")):
        raise ValueError("it has to be a variable of nginx that no browser sets, such as $remote_user")
    return text


def _path(text: str) -> str:
    if not PATH.fullmatch(text):
        raise ValueError("it has to be an absolute path of letters, digits, dots, dashes and slashes")
    return text


def _separator(text: str) -> str:
    if len(text) != 1 or text.isalnum():
        raise ValueError("it has to be one character, such as , or |")
    return text


def _yes_or_no(text: str) -> bool:
    if text.lower() not in YES_OR_NO:
        raise ValueError("it has to be yes or no")
    return YES_OR_NO[text.lower()]


READ: dict[str, Callable[[str], Any]] = {
    **{one.name: str for one in fields(TrustedHeader)},
    **dict.fromkeys(VALUES, _header),
    **dict.fromkeys((f"nginx_{value}" for value in VALUES), _variable),
    **dict.fromkeys(("make_accounts", "link_by_email"), _yes_or_no),
    "sent_by": _sent_by,
    "groups_separator": _separator,
    "nginx_include": _path,
}


def read_header(
    ini: Mapping[str, str], environ: Mapping[str, str], front_server: str
) -> tuple[TrustedHeader | None, list[str]]:
    """Who is believed, if anybody is, and what is wrong. The environment wins."""
    given = {key.removeprefix(PREFIX): text.strip() for key, text in ini.items() if key.startswith(PREFIX)}
    given |= {
        key.removeprefix(ENVIRONMENT).lower(): text.strip()
        for key, text in environ.items()
        if key.startswith(ENVIRONMENT)
    }
    given = {key: text for key, text in given.items() if text}
    if not given:
        return None, []
    problems = [f"'{PREFIX}{key}' is no setting." for key in sorted(given.keys() - READ.keys())]
    if "sent_by" not in given:
        problems.append(f"'{PREFIX}sent_by' is missing: whom is to be believed? Addresses, or {FRONT_SERVER}.")
    values: dict[str, Any] = {}
    for key in READ.keys() & given.keys():
        try:
            values[key] = READ[key](given[key])
        except ValueError as error:
            problems.append(f"'{PREFIX}{key}' has the value '{given[key]}': {error}.")
    if front_server not in ("nginx", "builtin"):
        problems.append(f"'{PREFIX}sent_by' works with nginx, or without a front server, not with {front_server}.")
    elif front_server == "builtin" and values.get("sent_by") == FRONT_SERVER:
        problems.append(f"'{PREFIX}sent_by' is {FRONT_SERVER}, and there is none: privmedia.front_server is builtin.")
    if problems:
        return None, problems
    header = TrustedHeader(**values)
    names = [name.lower() for name in header.header_names]
    if len(set(names)) < len(names):
        return None, [f"'{PREFIX}…' names one header twice: {', '.join(sorted(names))}."]
    return header, []
