"""Decisions that nginx keeps for a moment (`privmedia.decision_cache`): it asks here, and sends the file itself.

Asked only by nginx, which then says yes for as many seconds to whoever comes with the same credentials. So only what is
the same for all of them is answered with yes: View, of the current version, of a file that goes out under the type of
its own ending. All else is no, whereupon nginx hands the request over and it is decided as always.
"""
from __future__ import annotations

import logging

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from privmedia.delivery.guard import authorise
from privmedia.delivery.resources import PrivateFile, derivative, stream
from privmedia.delivery.senders.nginx import NginxSender
from privmedia.delivery.views import note_use_of
from privmedia.uploads.front_bodies import is_from_front_server
from privmedia.web.rights import Right

log = logging.getLogger(__name__)


class Asked:
    """Context of nginx's question: the file, or None where there is none for this caller."""

    def __init__(self, request: Request) -> None:
        # For anybody else there is no such address.
        if not is_from_front_server(request):
            raise HTTPNotFound
        try:
            self.file: PrivateFile | None = (stream if "version" in request.matchdict else derivative)(request)
        except HTTPNotFound:
            self.file = None


def decide(context: Asked, request: Request) -> Response:
    """200 with where the file lies, or 403: nginx understands nothing else, and then asks for the whole answer."""
    file = context.file
    sender = request.registry["sender"]
    if file is None or not isinstance(sender, NginxSender) or not request.has_permission(Right.VIEW, file):
        return Response(status=403)
    if file.found.number != file.found.current or file.caller.looks_only:
        return Response(status=403)
    try:
        answer = sender.decision(file.as_sent, file.name)
    except (OSError, ValueError):
        return Response(status=403)
    note_use_of(file, request)
    return authorise(request, answer)


def includeme(config: Configurator) -> None:
    """Only where decisions may be kept: otherwise there is nothing to ask."""
    seconds = config.registry["installation"].settings.decision_cache
    if not seconds:
        return
    log.warning("nginx keeps a yes of the gate: a right that is taken away counts within %s seconds", seconds)
    config.outside_transaction_manager("/decision/")
    for name, address in (
        ("decision", "/decision/{item}/{file}"),
        ("decision_stream", "/decision/{item}/hls/v{version}/{file}"),
    ):
        config.add_route(name, address, factory=Asked)
        config.add_view(decide, route_name=name, request_method="GET", permission=NO_PERMISSION_REQUIRED)
