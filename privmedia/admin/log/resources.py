"""The line a page is about."""
from __future__ import annotations

from dataclasses import dataclass

from pyramid.request import Request

from privmedia.admin.door import for_administrators
from privmedia.admin.log.service import AuditLog
from privmedia.audit.models import Event
from privmedia.errors import NotFound


@dataclass
class EventContext:
    event: Event


def event_of(request: Request) -> EventContext:
    """Root factory of `/admin/audit/<number>`. Raises NotFound."""
    for_administrators(request)
    number = request.matchdict["event"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    return EventContext(request.read(AuditLog).event(int(number)))
