"""Denials and failed tries: collected on the request, written after it by a tween, in a transaction of their own.

The request's own transaction is rolled back when something is refused, so it cannot carry the line that says so.
"""
from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPForbidden
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid_retry import is_error_retryable
from sqlalchemy.exc import SQLAlchemyError

from privmedia.audit.service import DENIED, Audit, Author
from privmedia.db import writing
from privmedia.web.address import where

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response]
REFUSALS: dict[type[Exception], str] = {
    HTTPForbidden: "access",
    BadCSRFToken: "forged",
    BadCSRFOrigin: "forged",
}


@dataclass(frozen=True)
class Note:
    kind: str
    outcome: str
    target: str
    detail: Mapping[str, Any] = field(default_factory=dict)


def note(
    request: Request, kind: str, *, outcome: str = DENIED, target: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """`request.note(kind, …)`: add a line to the audit log even though the request is refused."""
    request.audit_notes.append(Note(kind, outcome, target, detail or {}))


def written_notes_factory(handler: Handler, registry: Registry) -> Handler:
    """Tween above the transaction manager: whatever happened to the request, its notes are written."""

    def written_notes(request: Request) -> Response:
        try:
            response = handler(request)
        except Exception as error:
            _write(request, error)
            raise
        _write(request, getattr(request, "exception", None))
        return response

    return written_notes


def _write(request: Request, error: Exception | None) -> None:
    if error is None and "audit_notes" not in request.__dict__:
        return
    if error is not None and is_error_retryable(request, error):
        return  # the next attempt has notes of its own
    caller = request.__dict__.get("caller")
    author: Author | None = None if caller is None else caller.author
    notes = list(request.audit_notes)
    refusal = next((kind for refused, kind in REFUSALS.items() if isinstance(error, refused)), None)
    if not notes and author is not None and refusal is not None:
        notes = [Note(refusal, DENIED, where(request))]
    if not notes:
        return
    try:
        with writing(request.installation.sessions) as session:
            audit = Audit(session, request.installation)
            for each in notes:
                audit.record(
                    each.kind,
                    identity=author,
                    target=each.target,
                    outcome=each.outcome,
                    address=request.remote_addr or "",
                    request_id=request.request_id,
                    detail=each.detail,
                )
    except SQLAlchemyError:
        log.exception("these lines are missing from the audit log: %s", notes)
