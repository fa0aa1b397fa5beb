"""Refusals and failed tries: collected on the request, written after it by a tween, in a transaction of their own.

The request's own transaction is rolled back when something is refused, so it cannot carry the line that says so.
Views note what they know best; whatever else is answered with a refusal gets its line here, so that none is forgotten.
"""
from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pyramid.exceptions import BadCSRFOrigin, BadCSRFToken
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.response import Response
from pyramid_retry import is_error_retryable
from sqlalchemy.exc import SQLAlchemyError

from privmedia.audit.bounds import Bounds, Listed
from privmedia.audit.service import DENIED, DONE, Audit, Author
from privmedia.db import writing
from privmedia.errors import DomainError
from privmedia.ids import is_uid
from privmedia.logs import answering
from privmedia.web.address import where
from privmedia.web.csrf import SAFE_METHODS

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response]
BOUNDS = "audit_bounds"
# Missing and denied are one line, as they are one answer: who reads the log learns no more than who asked.
NO_WAY_IN = frozenset({403, 404})
# Of requests that would change something: not now, not this, not so much.
NOT_DONE = frozenset({401, 409, 410, 413, 415, 422, 429, 507})
THINGS = ("item", "folder")


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


def only_asks(request: Request) -> None:
    """`request.only_asks()`: whatever the status of the answer, nothing is refused; something is wanted first."""
    request.audit_only_asks = True


def written_notes_factory(handler: Handler, registry: Registry) -> Handler:
    """Tween above the transaction manager: whatever happened to the request, its notes are written."""
    registry[BOUNDS] = Bounds(registry["installation"].clock)

    def written_notes(request: Request) -> Response:
        answering.set(request)
        try:
            response = handler(request)
        except Exception as error:
            _write(request, 500, error)
            answering.set(None)
            raise
        # As text: each private file comes by here, and taking the number out of it costs more than all the rest.
        if response.status >= "3" or "audit_notes" in request.__dict__:
            _write(request, response.status_int, getattr(request, "exception", None))
        answering.set(None)
        return response

    return written_notes


def _write(request: Request, status: int, error: Exception | None) -> None:
    if error is not None and is_error_retryable(request, error):
        return  # the next attempt has notes of its own
    notes: list[Note] = list(request.audit_notes)
    if all(each.outcome == DONE for each in notes) and (refusal := _refusal(request, status, error)) is not None:
        notes.append(refusal)
    if not notes:
        return
    try:
        author = _author(request)
        notes = [kept for each in notes if (kept := _bounded(request, each, author)) is not None]
        if notes:
            _record(request, notes, author)
    except SQLAlchemyError:
        log.exception("these lines are missing from the audit log: %s", notes)


def _refusal(request: Request, status: int, error: Exception | None) -> Note | None:
    """The line of a request that was refused and says nothing itself; None for one that was not."""
    route = getattr(request, "matched_route", None)
    if route is None or "audit_only_asks" in request.__dict__:
        return None
    changes = request.method not in SAFE_METHODS
    if isinstance(error, BadCSRFToken | BadCSRFOrigin):
        kind = "forged"
    elif status in NO_WAY_IN or (changes and isinstance(error, HTTPForbidden | HTTPNotFound) and status == 303):
        kind = "access"
    elif changes and status in NOT_DONE:
        kind = "refused"
    else:
        return None
    detail: dict[str, Any] = {"request": where(request), "answer": status}
    if kind == "refused" and isinstance(error, DomainError):
        detail["why"] = str(error)
    return Note(kind, DENIED, _thing(request), detail)


def _thing(request: Request) -> str:
    """What a request is about: an item, a folder, or its address."""
    match = request.matchdict or {}
    for kind in THINGS:
        if is_uid(match.get(kind, "")):
            return f"{kind}:{match[kind]}"
    return where(request)


def _author(request: Request) -> Author | None:
    identity = request.identity
    author: Author | None = None if identity is None else identity.author
    return author


def _bounded(request: Request, note: Note, author: Author | None) -> Note | None:
    """The note as it is written down; None if too many like it were."""
    if note.outcome == DONE:
        return note
    bounds: Bounds = request.registry[BOUNDS]
    if author is not None and author.user_id is not None:
        listed = bounds.of_person(author.user_id)
    else:
        listed = bounds.of_stranger(note.kind, request.remote_addr or "")
    if listed is Listed.LAST:
        return replace(note, detail={**note.detail, "more": "not listed"})
    return note if listed is Listed.YES else None


def _record(request: Request, notes: list[Note], author: Author | None) -> None:
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
