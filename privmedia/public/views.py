"""The page on which an item is made public, and on which that is taken back."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.errors import Conflict
from privmedia.library.models import PublicCopy
from privmedia.library.resources import ItemContext
from privmedia.library.views import crumbs, itself
from privmedia.library.who_sees import WhoSees
from privmedia.public.service import PublicCopies, Wish, make_public, public_name
from privmedia.text import Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "public/public.jinja2"


@view_config(route_name="item_public", permission=Right.MANAGE, request_method="GET", renderer=PAGE)
def ask(context: ItemContext, request: Request) -> Any:
    return page(context, request)


@view_config(route_name="item_public", permission=Right.MANAGE, request_method="POST", renderer=PAGE)
def make_or_withdraw(context: ItemContext, request: Request) -> Any:
    """Whatever is asked for twice is done once."""
    asked = request.POST.get("do", "")
    if asked == Wish.WITHDRAW:
        if request.write(PublicCopies).withdraw([context.item.id], context.identity):
            flash(request, _("It is not public any more. Its public address is gone for good."))
    elif asked == Wish.MAKE and request.read(PublicCopies).of(context.item.id) is None:
        try:
            make_public(request.installation, context.identity, context.item.uid)
        except Conflict as error:
            request.response.status_int = 409
            return page(context, request, error.sentence)
    return HTTPSeeOther(request.route_path("item_public", item=context.item.uid))


def page(context: ItemContext, request: Request, problem: str | Sentence = "") -> dict[str, Any]:
    """What would be public or is, and what that means."""
    copies, item = request.read(PublicCopies), context.item
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    copy, rendition = copies.of(item.id), None
    try:
        rendition = copies.rendition(item)
    except Conflict as error:
        problem = problem or ("" if copy else error.sentence)
    return {
        "item": item,
        "copy": copy,
        "address": f"{request.installation.settings.base_url}{copy.path}" if copy and copy.path else "",
        "rendition": rendition,
        "name": public_name(item, rendition.extension) if rendition else "",
        "viewers": request.read(WhoSees).viewers(item),
        "problem": problem,
        "crumbs": way,
    }


def public_copy(request: Request, uid: str) -> PublicCopy | None:
    """`request.public_copy(uid)`: the public copy of an item that exists for the caller, for any page about it."""
    found: PublicCopy | None = request.read(PublicCopies).of_uid(uid)
    return found
