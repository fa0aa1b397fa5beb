"""Who comes in here at all."""
from __future__ import annotations

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request


def for_administrators(request: Request) -> None:
    """Raise HTTPForbidden for everyone else, before anything is looked up: no id is told by an answer or its time."""
    if request.identity is None or not request.identity.is_admin:
        raise HTTPForbidden
