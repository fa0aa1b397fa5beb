"""Settings of the company's own sign-in: `privmedia.oidc.<name>.<key>`, a family for each identity provider."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

PREFIX = "privmedia.oidc."
ENVIRONMENT = "PRIVMEDIA_OIDC_"
NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
YES_OR_NO = {"yes": True, "no": False}
RESERVED = ("ldap", "header")
"""Names that the other ways of signing in go by, in the same tables."""


class Source(Protocol):
    """By whom people sign in beside the password of this library, in whatever way that is."""

    @property
    def name(self) -> str: ...

    @property
    def issuer(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def make_accounts(self) -> bool: ...

    @property
    def link_by_email(self) -> bool: ...

    @property
    def admin_group(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Provider:
    """One OpenID provider, by which people of the company sign in."""

    name: str
    """What stands in addresses: `/login/oidc/<name>`."""
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    text: str
    """What the button says."""
    scope: str = "openid email profile"
    groups_claim: str = "groups"
    make_accounts: bool = False
    """Whether somebody without an account gets one at the first sign-in."""
    link_by_email: bool = False
    """Whether an account of the same address is theirs, if the provider says that it has verified the address."""
    admin_group: str = ""
    """The group whose people administer; empty: who administers is decided here."""


KEYS = tuple(name for name in Provider.__dataclass_fields__ if name != "name")
NEEDED = ("issuer", "client_id", "client_secret")


def read_providers(ini: Mapping[str, str], environ: Mapping[str, str]) -> tuple[tuple[Provider, ...], list[str]]:
    """Those there are, in the order of their names, and what is wrong. The environment wins."""
    found: dict[str, dict[str, str]] = {}
    problems: list[str] = []
    given = [
        (key, key.removeprefix(PREFIX).partition("."), text) for key, text in ini.items() if key.startswith(PREFIX)
    ]
    given += [
        (key, key.removeprefix(ENVIRONMENT).lower().partition("_"), text)
        for key, text in environ.items()
        if key.startswith(ENVIRONMENT)
    ]
    for written, (name, _, key), text in given:
        if not NAME.fullmatch(name) or name in RESERVED or key not in KEYS:
            problems.append(
                f"'{written}' is no setting. It has to be {PREFIX}<name>.<key>: the name of small letters and digits, "
                f"other than {' and '.join(RESERVED)}, the key one of {', '.join(KEYS)}."
            )
        elif text.strip():
            found.setdefault(name, {})[key] = text.strip()
    providers = [_provider(name, values, problems) for name, values in sorted(found.items())]
    issuers = [one.issuer for one in providers if one is not None]
    problems.extend(
        f"'{PREFIX}*.issuer' has the value '{issuer}' twice. Each provider is named once."
        for issuer in sorted({one for one in issuers if issuers.count(one) > 1})
    )
    return tuple(one for one in providers if one is not None), problems


def _provider(name: str, values: Mapping[str, str], problems: list[str]) -> Provider | None:
    before = len(problems)
    problems.extend(f"'{PREFIX}{name}.{key}' is missing." for key in NEEDED if key not in values)
    read: dict[str, str | bool] = dict(values)
    for key in ("make_accounts", "link_by_email"):
        if key in values and values[key].lower() not in YES_OR_NO:
            problems.append(f"'{PREFIX}{name}.{key}' has the value '{values[key]}': it has to be yes or no.")
        read[key] = YES_OR_NO.get(values.get(key, "no").lower(), False)
    if "issuer" in values and not _is_issuer(values["issuer"]):
        problems.append(
            f"'{PREFIX}{name}.issuer' has the value '{values['issuer']}': it has to be the address the provider calls "
            "itself by, with https:// and without a question mark."
        )
    if "scope" in values and "openid" not in values["scope"].split():
        problems.append(f"'{PREFIX}{name}.scope' has the value '{values['scope']}': openid has to be in it.")
    if len(problems) > before:
        return None
    return Provider(name=name, **{"text": name.capitalize(), **read})  # type: ignore[arg-type] # checked above


def _is_issuer(text: str) -> bool:
    """OpenID Connect Discovery 1.0, section 3: https, no query, no fragment. On this machine http will do."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    return secure and bool(parts.hostname) and not parts.query and not parts.fragment and parts.username is None
