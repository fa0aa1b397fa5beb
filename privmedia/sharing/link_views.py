"""The links that somebody made, and the page of one link: how it stands, extend it, revoke it."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.errors import Conflict, Invalid
from privmedia.sharing.forms import EndForm
from privmedia.sharing.resources import LinkContext
from privmedia.sharing.service import PAGE, Links, Wanted
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

MINE = "sharing/mine.jinja2"
LINK = "sharing/link.jinja2"
REVOKE = "sharing/revoke.jinja2"


@view_config(route_name="links", request_method="GET", permission=Right.SIGNED_IN, renderer=MINE)
def mine(request: Request) -> Any:
    links, wanted = request.read(Links), Wanted(maker_id=request.identity.user_id)
    page, count = _page_number(request), links.count(wanted)
    more = request.route_path("links", _query={"page": page + 1}) if page * PAGE < count else None
    return {"links": links.listed(wanted, page), "count": count, "next_page": more}


@view_config(route_name="link_manage", request_method="GET", permission=Right.MANAGE, renderer=LINK)
def show(context: LinkContext, request: Request) -> Any:
    return _page(context, request, _end_form(request))


@view_config(route_name="link_manage", request_method="POST", permission=Right.MANAGE, renderer=LINK)
def extend(context: LinkContext, request: Request) -> Any:
    """For those who may make links there now: to go on is to share it again. Revoking asks for less."""
    if not context.manages_place:
        raise HTTPForbidden
    form = _end_form(request)
    if not form.validate():
        request.response.status_int = 422
        return _page(context, request, form)
    try:
        lasts = form.lasting(request.installation.clock())
        request.write(Links).extend(uid=context.standing.link.uid, lasts=lasts, by=context.identity)
    except (Invalid, Conflict) as error:
        form.refuse(error)
        request.response.status_int = 409 if isinstance(error, Conflict) else 422
        return _page(context, request, form)
    flash(request, _("The link works until the new day."))
    return HTTPSeeOther(request.route_path("link_manage", link=context.standing.link.uid))


@view_config(route_name="link_revoke", request_method="GET", permission=Right.MANAGE, renderer=REVOKE)
def ask_to_revoke(context: LinkContext, request: Request) -> Any:
    return {"standing": context.standing, "sees_place": context.sees_place, "back": _back(context, request)}


@view_config(route_name="link_revoke", request_method="POST", permission=Right.MANAGE)
def revoke(context: LinkContext, request: Request) -> Any:
    request.write(Links).revoke(uid=context.standing.link.uid, by=context.identity)
    flash(request, _("“${name}” works no more.", mapping={"name": context.standing.link.name}))
    return HTTPSeeOther(_back(context, request))


def _end_form(request: Request) -> EndForm:
    form = EndForm.of(request)
    form.offer(request, request.installation.clock())
    return form


def _page(context: LinkContext, request: Request, form: EndForm) -> dict[str, Any]:
    return {
        "standing": context.standing,
        "sees_place": context.sees_place,
        "may_extend": context.manages_place and context.standing.link.revoked_at is None,
        "form": form,
        "back": _back(context, request),
    }


def _back(context: LinkContext, request: Request) -> str:
    """To the other links of the place, for who manages it; else to one's own."""
    standing = context.standing
    if not context.manages_place:
        return str(request.route_path("links"))
    if standing.item is not None:
        return str(request.route_path("item_share", item=standing.item.uid))
    return str(request.route_path("folder_share", folder=standing.folder.uid))


def _page_number(request: Request) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
