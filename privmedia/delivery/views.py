"""Private files: `/smedia/…`. Nothing else in the application sends one."""
from __future__ import annotations

import logging

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.identity import touch
from privmedia.delivery.guard import authorise
from privmedia.delivery.refusals import nothing_here
from privmedia.delivery.resources import PrivateFile
from privmedia.web.rights import Right

log = logging.getLogger(__name__)


@view_config(route_name="smedia", context=PrivateFile, permission=Right.VIEW)
@view_config(route_name="smedia_original", context=PrivateFile, permission=Right.DOWNLOAD)
def send(context: PrivateFile, request: Request) -> Response:
    """The file, or the part of it that is asked for, by the sender of this installation's front server."""
    try:
        answer = request.registry["sender"].answer(request, context.as_sent)
    except (OSError, ValueError):
        log.exception("item %s, version %s: %s cannot be opened", context.item, context.found.number, context.name)
        return nothing_here(request)
    touch(request.installation, context.caller)
    return authorise(request, answer)
