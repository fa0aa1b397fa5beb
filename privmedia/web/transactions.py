"""Sessions of a request: one to read with, and one to write with when a view asks for it.

A view reads with `request.read(Library)` and changes with `request.write(Library)`. The write session opens with
BEGIN IMMEDIATE at its first use, joins pyramid_tm, and is committed unless the answer is an error.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pyramid_tm
import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid_retry import mark_error_retryable
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.orm import Session

from privmedia.db import is_busy, read_mode, write_mode
from privmedia.installation import Installation

Service = TypeVar("Service")
OUTSIDE = "privmedia.outside_transaction_manager"


def outside_transaction_manager(config: Configurator, *paths: str) -> None:
    """Directive: requests whose path begins so run without transaction and without a second try.

    By path, because the decision falls before a route is matched. For the gate, for long bodies, for sign-in.
    """
    config.registry[OUTSIDE].extend(paths)


def reading_session(request: Request) -> Session:
    """`request.db`: a session that only reads. Nothing done in it is ever committed."""
    session: Session = request.installation.sessions()
    request.add_finished_callback(lambda _request: session.close())
    return read_mode(session)


def writing_session(request: Request) -> Session:
    """The session of `request.write`, joined to the request's transaction."""
    session: Session = request.installation.sessions()
    # "changed": a session that only ran Core statements would otherwise be rolled back without a word.
    zope.sqlalchemy.register(session, transaction_manager=request.tm, initial_state="changed")
    return write_mode(session)


def read(request: Request, service: Callable[[Session, Installation], Service]) -> Service:
    """`request.read(Library)`: the service on the reading session."""
    return service(request.db, request.installation)


def write(request: Request, service: Callable[[Session, Installation], Service]) -> Service:
    """`request.write(Library)`: the service on the writing session."""
    return service(request.db_writing, request.installation)


def is_inside(request: Request) -> bool:
    # As the server gave it: this is asked before anything has looked whether the path can be read at all.
    return not request.environ["PATH_INFO"].startswith(tuple(request.registry[OUTSIDE]))


def tries(request: Request) -> int:
    """How often a request is tried while the database is busy. Its body is kept for that, unless it is long."""
    return 3 if is_inside(request) and not request.is_long else 1


def mark_busy_retryable(context: ExceptionContext) -> None:
    if isinstance(context.sqlalchemy_exception, Exception) and is_busy(context.sqlalchemy_exception):
        mark_error_retryable(context.sqlalchemy_exception)


def includeme(config: Configurator) -> None:
    config.registry[OUTSIDE] = []
    config.add_directive("outside_transaction_manager", outside_transaction_manager)
    settings: dict[str, Any] = config.get_settings()
    settings["tm.manager_hook"] = pyramid_tm.explicit_manager
    settings["tm.activate_hook"] = is_inside
    settings["tm.commit_veto"] = pyramid_tm.default_commit_veto
    # It would ask who makes the request above the error pages, where a fault of the database has no page.
    settings["tm.annotate_user"] = False
    settings["retry.attempts"] = 3
    settings["retry.activate_hook"] = tries
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    event.listen(config.registry["installation"].engine, "handle_error", mark_busy_retryable)
    config.add_request_method(lambda request: request.registry["installation"], "installation", reify=True)
    config.add_request_method(reading_session, "db", reify=True)
    config.add_request_method(writing_session, "db_writing", reify=True)
    config.add_request_method(read, "read")
    config.add_request_method(write, "write")
