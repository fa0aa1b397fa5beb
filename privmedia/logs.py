"""Lines of the application's log: they name the request they belong to, and stay one line whatever a name has in it."""
from __future__ import annotations

import logging
from contextvars import ContextVar
from copy import copy
from typing import Protocol


class Named(Protocol):
    """What has an id by which it is found in all logs: a request."""

    @property
    def request_id(self) -> str: ...


answering: ContextVar[Named | None] = ContextVar("answering", default=None)
"""The request that is being answered."""


class Formatter(logging.Formatter):
    """For the configuration's `[formatter_…]` section: knows %(request)s, empty outside requests."""

    def format(self, record: logging.LogRecord) -> str:
        request, own = answering.get(), copy(record)  # other handlers get it as it was
        own.request = "" if request is None else f"[{request.request_id}] "
        own.msg, own.args = printable(record.getMessage()), None
        return super().format(own)


def printable(text: str) -> str:
    """Text that cannot break out of its line: what does not print is written as an escape."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
