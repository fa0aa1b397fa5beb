"""Copying an item: choose a folder, see who will see the copy, confirm."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.errors import Conflict, DomainError, Invalid, OverQuota
from privmedia.library.resources import ItemContext
from privmedia.library.views import crumbs, itself
from privmedia.library.who_sees import WhoSees
from privmedia.organising.chooser import Chooser
from privmedia.organising.copying import copy_item, may_copy, no_room
from privmedia.organising.moving import Moves
from privmedia.quotas.service import Quotas
from privmedia.text import Sentence
from privmedia.web.errors import STATUS
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "organising/copy.jinja2"


@view_config(route_name="item_copy", permission=Right.DOWNLOAD, request_method="GET", renderer=PAGE)
def ask(context: ItemContext, request: Request) -> Any:
    return page(context, request)


@view_config(route_name="item_copy", permission=Right.DOWNLOAD, request_method="POST", renderer=PAGE)
def copy(context: ItemContext, request: Request) -> Any:
    try:
        new = copy_item(request.installation, context.identity, context.item.uid, request.POST.get("to", ""))
    except (Invalid, Conflict, OverQuota) as error:
        request.response.status_int = STATUS[OverQuota] if isinstance(error, OverQuota) else 409
        return page(context, request, error.sentence)
    flash(request, _("This is the copy. The original stays as it was."))
    return HTTPSeeOther(request.route_path("item", item=new))


def page(context: ItemContext, request: Request, problem: str | Sentence = "") -> dict[str, Any]:
    """The tree to choose from, and how many people will see the copy in the folder that is chosen."""
    identity, item = context.identity, context.item
    chosen, viewers = request.params.get("to", ""), None
    moves = request.read(Moves)
    refused = may_copy(moves, item, identity) or no_room(moves, request.read(Quotas), item, identity)
    if chosen and not problem and not refused:
        try:
            viewers = moves.viewers(chosen, identity, Permission.UPLOAD)
        except DomainError as error:
            problem = error.sentence
    typed = request.params.get("q", "")
    return {
        "item": item,
        "choices": request.read(Chooser).choices(identity, Permission.UPLOAD, typed=typed, chosen=chosen),
        "chosen": "" if viewers is None else chosen,
        "viewers": viewers,
        "now": request.read(WhoSees).viewers(item),
        "problem": problem,
        "refused": refused,
        "may_manage": Permission.MANAGE in context.rights,
        "crumbs": [*crumbs(request, identity, context.folder), *itself(request, identity, context.folder)],
    }
