"""Trying an item's preparation again, and having all of it made anew."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.errors import Conflict
from privmedia.library.resources import ItemContext
from privmedia.library.service import Library
from privmedia.library.views import crumbs, itself
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_config(route_name="item_again", permission=Right.EDIT, request_method="POST")
def try_again(context: ItemContext, request: Request) -> Any:
    try:
        request.steering.try_again(request.write(Library).item(context.item.uid), context.identity)
    except Conflict as error:
        flash(request, error.sentence, "info")
    return HTTPSeeOther(request.route_path("item", item=context.item.uid))


@view_config(
    route_name="item_reprocess", permission=Right.MANAGE, request_method="GET", renderer="work/reprocess.jinja2"
)
def ask(context: ItemContext, request: Request) -> Any:
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    return {"item": context.item, "crumbs": way}


@view_config(route_name="item_reprocess", permission=Right.MANAGE, request_method="POST")
def reprocess(context: ItemContext, request: Request) -> Any:
    try:
        request.steering.reprocess(request.write(Library).item(context.item.uid), context.identity)
    except Conflict as error:
        flash(request, error.sentence, "info")
    else:
        flash(request, _("It is prepared anew. What is there is shown until then."))
    return HTTPSeeOther(request.route_path("item", item=context.item.uid))
