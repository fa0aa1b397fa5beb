"""Sharing several items at once: one form, and a link to each, so that each can be looked at and revoked by itself."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.own_account import OwnAccount
from privmedia.errors import Conflict, Invalid, Unavailable
from privmedia.library.resources import FolderContext
from privmedia.library.service import Library
from privmedia.organising.going_back import back_of, carried
from privmedia.organising.move_views import nothing_to_do
from privmedia.organising.selection import NONE_IS_SHARED, NOT_MANAGED, SOME_ARE_SHARED, Selected, Selection
from privmedia.sharing.forms import ShareForm
from privmedia.sharing.service import Links
from privmedia.sharing.share_views import empty_form, filled_form, wish_of
from privmedia.web.i18n import _
from privmedia.web.rights import Right

PAGE = "organising/share.jinja2"
STATUS = {Conflict: 409, Unavailable: 503}


@view_config(route_name="share", permission=Right.SIGNED_IN, request_method="GET", renderer=PAGE)
def ask(context: FolderContext, request: Request) -> Any:
    return _page(request, _selected(context, request), filled_form(request))


@view_config(route_name="share", permission=Right.SIGNED_IN, request_method="POST", renderer=PAGE)
def share_them(context: FolderContext, request: Request) -> Any:
    """Make the links, all or none. Their addresses stand on the answer, and nowhere afterwards."""
    chosen, form = _selected(context, request), filled_form(request)
    if not chosen.items or not form.validate():
        request.response.status_int = 422
        return _page(request, chosen, form)
    try:
        wish = wish_of(request, form)
        library, links = request.write(Library), request.write(Links)
        maker = request.write(OwnAccount).user(context.identity.user_id)
        made = [
            (item.title, links.make(place=library.item(item.uid), maker=maker, wish=wish, by=context.identity)[1])
            for item in chosen.items
        ]
    except (Invalid, Conflict, Unavailable) as error:
        request.tm.doom()
        request.response.status_int = STATUS.get(type(error), 422)
        form.refuse(Invalid(error.sentence, getattr(error, "field", None)))
        return _page(request, chosen, form)
    request.response.headers["Cache-Control"] = "no-store"
    return _page(request, chosen, empty_form(request), made=made, password=form["password"].data or "")


def _selected(context: FolderContext, request: Request) -> Selected:
    """What was selected, as it exists for the caller. Raises HTTPNotFound if nothing of it does."""
    uids = request.params.getall("item")
    found: Selected = request.read(Selection).of(uids, context.identity, Permission.MANAGE)
    if not found.items and not found.others:
        raise HTTPNotFound
    return found


def _page(
    request: Request,
    chosen: Selected,
    form: ShareForm,
    *,
    made: Sequence[tuple[str, str]] = (),
    password: str = "",
) -> Any:
    shortfall = chosen.shortfall(NONE_IS_SHARED, SOME_ARE_SHARED, NOT_MANAGED)
    if not chosen.items:
        return nothing_to_do(request, shortfall, _("Share"))
    return {
        "form": form,
        "items": chosen.items,
        "shortfall": shortfall,
        "made": made,
        "password": password,
        "password_needed": request.installation.settings.link_passwords == "required",
        "back": back_of(request),
        "fields": [*carried(request), *(("item", item.uid) for item in chosen.items)],
    }
