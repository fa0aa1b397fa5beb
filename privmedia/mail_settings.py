"""Where letters are handed over, and who they are from, as settings say it."""
from __future__ import annotations

import email.policy
from dataclasses import dataclass, field
from email.parser import Parser
from urllib.parse import parse_qsl, unquote, urlsplit

from privmedia.provider_settings import LOOPBACK


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where letters are handed over. Without `user` nobody signs in there."""

    host: str
    port: int
    security: str
    """`tls` from the first byte, `starttls` before anything else is said, or `none`."""
    user: str = ""
    password: str = field(default="", repr=False)


def parse_mail_url(value: str) -> MailServer:
    """`smtps://` is TLS at once; `smtp://` is STARTTLS, demanded, unless the server is this machine.

    `?starttls=no` does without, `?starttls=yes` demands it on this machine too.
    """
    try:
        parts = urlsplit(value)
        given_port = parts.port
        user, password = (unquote(part or "", errors="strict") for part in (parts.username, parts.password))
    except ValueError:
        # Not Python's own words: they quote what may be half a password.
        raise ValueError("it cannot be read; in user and password write / as %2F, @ as %40, : as %3A") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path not in ("", "/") or parts.fragment:
        raise ValueError("it has to be an address such as smtp://user:password@mail.example.com:587")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    starttls = options.pop("starttls", "" if parts.scheme == "smtp" else "no")
    if options or starttls not in ("", "yes", "no") or (parts.scheme == "smtps" and starttls != "no"):
        raise ValueError("after the ? it may only have starttls=yes or starttls=no, and that only with smtp://")
    security = "tls" if parts.scheme == "smtps" else "starttls"
    if security == "starttls" and (starttls == "no" or (starttls == "" and parts.hostname in LOOPBACK)):
        security = "none"
    if bool(user) != bool(password):
        raise ValueError("it has to have both a user and a password, or neither")
    if user and security == "none" and parts.hostname not in LOOPBACK:
        raise ValueError("it would send the password unencrypted: leave out starttls=no, or the user")
    port = given_port or {"tls": 465, "starttls": 587, "none": 25}[security]
    return MailServer(host=parts.hostname, port=port, security=security, user=user, password=password)


def parse_mail_from(value: str) -> str:
    """An address, or a name and an address: `Media library <media@example.com>`."""
    try:
        sender = Parser(policy=email.policy.default).parsestr(f"From: {value}\n")["From"]
        only = sender.addresses[0] if len(sender.addresses) == 1 and not sender.defects else None
    except (ValueError, IndexError):
        only = None
    if only is None or not only.username or not only.domain or not value.isprintable():
        raise ValueError("it has to be an address such as media@example.com, or Media library <media@example.com>")
    return value
