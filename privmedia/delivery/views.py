"""Private files: `/smedia/…`. Nothing else in the application sends one."""
from __future__ import annotations

import logging

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.identity import touch
from privmedia.delivery.guard import authorise
from privmedia.delivery.refusals import nothing_here
from privmedia.delivery.resources import ORIGINAL, PrivateFile
from privmedia.delivery.viewings import DOWNLOAD, PLAYED, VIEW
from privmedia.embedding.watchers import Watcher
from privmedia.sharing.visitors import Visitor
from privmedia.sharing.visits import note_use
from privmedia.web.rights import Right

log = logging.getLogger(__name__)

SENT = ("200 OK", "206 Partial Content")


@view_config(route_name="smedia", context=PrivateFile, permission=Right.VIEW)
@view_config(route_name="smedia_stream", context=PrivateFile, permission=Right.VIEW)
@view_config(route_name="smedia_embed", context=PrivateFile, permission=Right.VIEW)
@view_config(route_name="smedia_embed_stream", context=PrivateFile, permission=Right.VIEW)
@view_config(route_name="smedia_preview", context=PrivateFile, permission=Right.VIEW)
@view_config(route_name="smedia_original", context=PrivateFile, permission=Right.DOWNLOAD)
def send(context: PrivateFile, request: Request) -> Response:
    """The file, or the part of it that is asked for, by the sender of this installation's front server."""
    try:
        answer = request.registry["sender"].answer(request, context.as_sent)
    except (OSError, ValueError):
        log.exception("item %s, version %s: %s cannot be opened", context.item, context.found.number, context.name)
        return nothing_here(request)
    note_use_of(context, request, sent=answer.status in SENT)
    return authorise(request, answer)


def note_use_of(context: PrivateFile, request: Request, *, sent: bool = True) -> None:
    """Have it known that the caller was here, and, where bytes are sent, what is viewed or downloaded."""
    if isinstance(context.caller, Visitor):
        note_use(request.installation, context.caller)
    elif not isinstance(context.caller, Watcher):  # heartbeats say that a player is used
        touch(request.installation, context.caller)
    if sent and request.environ["REQUEST_METHOD"] == "GET":
        note_viewing(context, request)


def note_viewing(context: PrivateFile, request: Request) -> None:
    """Have the audit log say that the caller views or downloads the item; nothing for a poster."""
    if context.name.startswith(PLAYED):
        kind = VIEW
    elif context.name == ORIGINAL:
        kind = DOWNLOAD
    else:
        return
    request.registry["viewings"].said(
        context.caller, item=context.item, version=context.found.number, file=context.name, kind=kind
    )
