"""What machines ask: whether the site is well, and its numbers."""
from __future__ import annotations

import hmac
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.bearer import bearer_token
from privmedia.operations.metrics import CONTENT_TYPE, exposition
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


class WithMetricsKey:
    """Route predicate: who comes without `privmedia.metrics_token` has come to an address that does not exist."""

    def __init__(self, value: bool, _config: Configurator) -> None:
        self.value = value

    def text(self) -> str:
        return f"with_metrics_key = {self.value}"

    phash = text

    def __call__(self, _info: Any, request: Request) -> bool:
        token, sent = request.installation.settings.metrics_token, bearer_token(request)
        return bool(token) and sent is not None and hmac.compare_digest(sent.encode(), token.encode())


@view_config(route_name="metrics", request_method="GET", permission=NO_PERMISSION_REQUIRED, http_cache=0)
def metrics(request: Request) -> Response:
    """The numbers, for who has the key."""
    return Response(exposition(request.installation), headerlist=[("Content-Type", CONTENT_TYPE)])
