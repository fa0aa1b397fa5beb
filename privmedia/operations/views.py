"""What machines ask: whether the site is well."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.operations.service import database_answers


@view_config(
    route_name="healthz", request_method="GET", renderer="json", permission=NO_PERMISSION_REQUIRED, http_cache=0
)
def healthz(request: Request) -> dict[str, Any]:
    """200 if requests can be answered, 503 if the database is away. Says nothing else, because anyone may ask."""
    if database_answers(request.installation):
        return {"status": "ok"}
    request.response.status_int = 503
    return {"status": "unavailable"}
