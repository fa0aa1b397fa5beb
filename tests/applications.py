"""One application for many tests: composing it takes longer than most tests ask of it.

What an application has of its installation is put in anew for each test; `test_one_application.py` shows that nothing
else is left of the one before.
"""
from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Hashable
from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router
from sqlalchemy import Engine, event

from privmedia import compose
from privmedia.attention.noting import Noting
from privmedia.audit.bounds import Bounds
from privmedia.audit.notes import BOUNDS
from privmedia.delivery.gate import Gate
from privmedia.delivery.senders import make_sender
from privmedia.delivery.viewings import Viewings
from privmedia.installation import Installation
from privmedia.providers.client import CLIENTS
from privmedia.web.transactions import mark_busy_retryable

OF_AN_INSTALLATION = {"sqlalchemy.url", "privmedia.media_root", "privmedia.mail_url"}
"""Settings that are read when they are needed; an application is composed for all the others."""

PUT_IN_ANEW: dict[str, Callable[[Installation], Any]] = {
    "installation": lambda installation: installation,
    "gate": lambda installation: Gate(installation.settings.sqlalchemy_url),
    "viewings": Viewings,
    "attention": Noting,
    CLIENTS: lambda _installation: {},
    "sender": lambda installation: make_sender(installation.settings, installation.storage),
    BOUNDS: lambda installation: Bounds(installation.clock),
}
"""What an application's registry has of its installation."""

_composed: dict[Hashable, Router] = {}


def application(ini: dict[str, str], installation: Installation) -> Router:
    """The application of these settings, on this installation as if it were composed for it."""
    kind = frozenset((key, value) for key, value in ini.items() if key not in OF_AN_INSTALLATION)
    if kind not in _composed:
        _composed[kind] = composed(ini, installation)
    put_on(_composed[kind], installation)
    return _composed[kind]


def composed(ini: dict[str, str], installation: Installation) -> Router:
    """A new application that can be put on others."""
    gc.disable()
    try:
        settings = {key: value for key, value in ini.items() if key not in OF_AN_INSTALLATION}
        return compose(Configurator(settings=settings), installation)
    finally:
        gc.enable()


def put_on(application: Router, installation: Installation) -> None:
    """Let a composed application stand on another installation, and forget the one before."""
    for name, make in PUT_IN_ANEW.items():
        application.registry[name] = make(installation)
    event.listen(installation.engine, "handle_error", mark_busy_retryable)


class _Statements(dict[Hashable, Any]):
    """Compiled statements by the name of the database: SQLAlchemy asks by the dialect, and each engine has its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        dialect, *statement = key
        return super().get((dialect.name, *statement), default)

    def __setitem__(self, key: Any, compiled: Any) -> None:
        dialect, *statement = key
        super().__setitem__((dialect.name, *statement), compiled)


_statements = _Statements()


def quicken(engine: Engine) -> None:
    """Compile nothing for an installation that was compiled in this process, and wait for no disk."""
    engine.update_execution_options(compiled_cache=_statements)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _leave_the_disk_alone)


def _leave_the_disk_alone(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous = OFF").close()
