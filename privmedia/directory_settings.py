"""Settings of the company's directory: `privmedia.ldap.<key>`. There is one, of as many servers as it has."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from privmedia.provider_settings import LOOPBACK, YES_OR_NO

PREFIX = "privmedia.ldap."
ENVIRONMENT = "PRIVMEDIA_LDAP_"
ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
NEEDED = ("servers", "people_base")


@dataclass(frozen=True, kw_only=True)
class Directory:
    """The LDAP directory by whose passwords people sign in."""

    name: ClassVar[str] = "ldap"
    issuer: ClassVar[str] = "ldap"

    servers: tuple[str, ...]
    """Asked in this order until one answers: `ldaps://host:636`, or `ldap://host:389`, where StartTLS comes first."""
    people_base: str
    """Below this entry people are."""
    text: str = "LDAP"
    """What it is called on pages."""
    ca_file: str = ""
    """Certificates of who signs the servers'; empty: those of the system."""
    unencrypted: bool = False
    """Without TLS: only to this machine itself."""
    bind_dn: str = ""
    """As whom people and groups are looked for; empty: as the person who signs in, whose DN is `user_dn`."""
    bind_password: str = field(default="", repr=False)
    user_dn: str = ""
    """The DN of a person, with `{user}` for what is typed; empty: it is looked for."""
    login_attributes: tuple[str, ...] = ("uid", "mail")
    """What may be typed as one's name; the first stands for `{user}` in `groups_filter`."""
    people_filter: str = "(objectClass=person)"
    """Who counts as being there. Whoever does not any more has left."""
    id_attribute: str = "entryUUID"
    """What never changes of a person, and is never given again."""
    email_attribute: str = "mail"
    name_attribute: str = "cn"
    groups_base: str = ""
    """Below this entry groups are; empty: none are looked for."""
    groups_filter: str = "(member={dn})"
    """The groups of a person, with `{dn}` and `{user}` for them."""
    group_attribute: str = "cn"
    make_accounts: bool = False
    link_by_email: bool = False
    admin_group: str = ""
    sync: bool = True
    """Whether it is looked every night who has left. Needs `bind_dn`."""
    sync_hour: int = 2
    """UTC."""
    sync_most: int = 20
    """Per cent of the accounts that one night may disable; more is taken for a mistake."""

    @property
    def syncs(self) -> bool:
        """Whether who has left can be and is looked for every night."""
        return self.sync and bool(self.bind_dn)


def _servers(text: str) -> tuple[str, ...]:
    found = tuple(text.replace(",", " ").split())
    for one in found:
        parts = urlsplit(one)
        if parts.scheme not in ("ldaps", "ldap") or not parts.hostname or parts.path not in ("", "/") or parts.query:
            raise ValueError("it has to be addresses such as ldaps://ldap.example.com")
        _ = parts.port  # raises for a port that is no number
    return found


def _attributes(text: str) -> tuple[str, ...]:
    return tuple(_attribute(one) for one in text.replace(",", " ").split())


def _attribute(text: str) -> str:
    if not ATTRIBUTE.fullmatch(text):
        raise ValueError("it has to be the name of an attribute, such as uid")
    return text


def _filter(text: str) -> str:
    if not (text.startswith("(") and text.endswith(")")) or text.count("(") != text.count(")"):
        raise ValueError("it has to be a filter in parentheses, such as (objectClass=person)")
    return text


def _groups_filter(text: str) -> str:
    if "{dn}" not in text and "{user}" not in text:
        raise ValueError("{dn} or {user} has to be in it, or it would give everybody every group")
    return _filter(text)


def _user_dn(text: str) -> str:
    if text.count("{user}") != 1:
        raise ValueError("{user} has to be in it once")
    return text


def _file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError("there is no such file")
    return text


def _yes_or_no(text: str) -> bool:
    if text.lower() not in YES_OR_NO:
        raise ValueError("it has to be yes or no")
    return YES_OR_NO[text.lower()]


def _number(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
            raise ValueError(f"it has to be a whole number from {lowest} to {highest}")
        return int(text)

    return read


READ: dict[str, Callable[[str], Any]] = {
    **{one.name: str for one in fields(Directory)},
    **dict.fromkeys(("unencrypted", "make_accounts", "link_by_email", "sync"), _yes_or_no),
    **dict.fromkeys(("id_attribute", "email_attribute", "name_attribute", "group_attribute"), _attribute),
    "servers": _servers,
    "ca_file": _file,
    "login_attributes": _attributes,
    "people_filter": _filter,
    "groups_filter": _groups_filter,
    "user_dn": _user_dn,
    "sync_hour": _number(0, 23),
    "sync_most": _number(1, 100),
}


def read_directory(ini: Mapping[str, str], environ: Mapping[str, str]) -> tuple[Directory | None, list[str]]:
    """The directory, if there is one, and what is wrong. The environment wins."""
    given = {key.removeprefix(PREFIX): text.strip() for key, text in ini.items() if key.startswith(PREFIX)}
    given |= {
        key.removeprefix(ENVIRONMENT).lower(): text.strip()
        for key, text in environ.items()
        if key.startswith(ENVIRONMENT)
    }
    given = {key: text for key, text in given.items() if text}
    problems = [f"'{PREFIX}{key}' is no setting." for key in sorted(given.keys() - READ.keys())]
    if not given:
        return None, problems
    problems.extend(f"'{PREFIX}{key}' is missing." for key in NEEDED if key not in given)
    values: dict[str, Any] = {}
    for key in READ.keys() & given.keys():
        try:
            values[key] = READ[key](given[key])
        except ValueError as error:
            problems.append(f"'{PREFIX}{key}' has the value '{given[key]}': {error}.")
    if not problems:
        directory = Directory(**values)
        problems = _together(directory, given)
    return (None if problems else directory), problems


def _together(directory: Directory, given: Mapping[str, str]) -> list[str]:
    """What each line by itself does not show."""
    problems = []
    if not directory.bind_dn and not directory.user_dn:
        problems.append(f"'{PREFIX}bind_dn' is missing: as whom are people looked for? Or name '{PREFIX}user_dn'.")
    if directory.bind_dn and not directory.bind_password:
        problems.append(f"'{PREFIX}bind_password' is missing: without it the directory takes us for nobody.")
    hosts = [urlsplit(one) for one in directory.servers]
    if directory.unencrypted and any(one.hostname not in LOOPBACK or one.scheme != "ldap" for one in hosts):
        problems.append(
            f"'{PREFIX}unencrypted' would send passwords in the clear: it is for ldap:// on this machine alone."
        )
    if "sync" in given and directory.sync and not directory.bind_dn:
        problems.append(f"'{PREFIX}sync' needs '{PREFIX}bind_dn': at night nobody signs in.")
    return problems
