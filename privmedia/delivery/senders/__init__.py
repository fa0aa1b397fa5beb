"""How a decided file leaves: one sender per kind of front server. Only here are headers such as X-Accel-Redirect known.

A sender decides nothing. It is called when the gate and the policy have said yes, and only for GET and HEAD. What every
sender has to do is written down as the suite in `tests/contracts`.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pyramid.request import Request
from pyramid.response import Response

from privmedia.delivery.senders.apache import ApacheSender
from privmedia.delivery.senders.builtin import BuiltinSender
from privmedia.delivery.senders.caddy import CaddySender
from privmedia.delivery.senders.file import DecidedFile
from privmedia.delivery.senders.lighttpd import LighttpdSender
from privmedia.delivery.senders.nginx import Limits, NginxSender
from privmedia.settings import Settings
from privmedia.storage import Storage

__all__ = ["DecidedFile", "Sender", "make_sender"]


class Sender(Protocol):
    """Answers a request with a file, or has a front server answer it."""

    def answer(self, request: Request, file: DecidedFile) -> Response:
        """The whole file or the part asked for. Raises FileNotFoundError where there is no regular file."""
        ...


_SENDERS: dict[str, Callable[[Storage], Sender]] = {
    "apache": ApacheSender,
    "builtin": BuiltinSender,
    "caddy": CaddySender,
    "lighttpd": LighttpdSender,
}


def make_sender(settings: Settings, storage: Storage) -> Sender:
    """The sender for the front server that the settings name."""
    if settings.front_server == "nginx":
        return NginxSender(storage, Limits(person=settings.person_rate, link=settings.link_rate))
    return _SENDERS[settings.front_server](storage)
