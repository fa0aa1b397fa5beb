"""The page of an item or a folder on which links to it are made, and those there are."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.own_account import OwnAccount
from privmedia.errors import Conflict, Invalid, Unavailable
from privmedia.library.pointers import Place
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.service import Library
from privmedia.library.views import crumbs, itself
from privmedia.sharing.forms import ShareForm, suggested_password
from privmedia.sharing.service import Links, Wish
from privmedia.web.rights import Right

SHARE = "sharing/share.jinja2"
MANAGED: dict[str, Any] = {"permission": Right.MANAGE, "renderer": SHARE}


@view_config(route_name="item_share", request_method="GET", **MANAGED)
@view_config(route_name="folder_share", request_method="GET", **MANAGED)
def share(context: FolderContext | ItemContext, request: Request) -> Any:
    return _page(context, request, _form(context, request))


@view_config(route_name="item_share", request_method="POST", **MANAGED)
@view_config(route_name="folder_share", request_method="POST", **MANAGED)
def make(context: FolderContext | ItemContext, request: Request) -> Any:
    """Make a link. Its address stands on the answer, and nowhere afterwards."""
    form = _form(context, request)
    if not form.validate():
        request.response.status_int = 422
        return _page(context, request, form)
    try:
        wish = wish_of(request, form)
        place = _again(context, request.write(Library))
        maker = request.write(OwnAccount).user(context.identity.user_id)
        link, address = request.write(Links).make(place=place, maker=maker, wish=wish, by=context.identity)
    except (Invalid, Conflict, Unavailable) as error:
        status = {Conflict: 409, Unavailable: 503}.get(type(error), 422)
        return _refused(context, request, form, error, status)
    request.response.headers["Cache-Control"] = "no-store"
    made = {"name": link.name, "address": address, "password": form["password"].data or ""}
    return _page(context, request, empty_form(request), made=made, links=request.write(Links))


def _form(context: FolderContext | ItemContext, request: Request) -> ShareForm:
    if isinstance(context, FolderContext) and context.is_root:
        raise HTTPNotFound  # the library itself is no place to share
    return filled_form(request)


def filled_form(request: Request) -> ShareForm:
    """The form as it was sent; at first with a password that is suggested."""
    form = ShareForm.of(request, password=suggested_password())
    form.offer(request, request.installation.clock())
    return form


def empty_form(request: Request) -> ShareForm:
    """The form for another link."""
    form = ShareForm(password=suggested_password())
    form.offer(request, request.installation.clock())
    return form


def wish_of(request: Request, form: ShareForm) -> Wish:
    """What the form asks for. Raises Invalid, and Unavailable while too many passwords are being hashed."""
    lasts = form.lasting(request.installation.clock())
    return Wish(
        name=form["name"].data,
        lasts=lasts,
        download=form["download"].data,
        preview=form["preview"].data,
        note=form["note"].data or "",
        password_hash=form.password_hash(request),
        most_viewings=form["most_viewings"].data,
    )


def _refused(
    context: FolderContext | ItemContext,
    request: Request,
    form: ShareForm,
    error: Invalid | Conflict | Unavailable,
    status: int,
) -> dict[str, Any]:
    request.response.status_int = status
    form.refuse(Invalid(error.sentence, getattr(error, "field", None)))
    return _page(context, request, form)


def _page(
    context: FolderContext | ItemContext,
    request: Request,
    form: ShareForm,
    *,
    made: dict[str, str] | None = None,
    links: Links | None = None,
) -> dict[str, Any]:
    listed = (links or request.read(Links)).at(context.place)
    way = crumbs(request, context.identity, context.folder)
    if isinstance(context, ItemContext):
        way += itself(request, context.identity, context.folder)
        kind, name, request_url = context.item.kind.value, context.item.title, None
        back = request.route_path("item", item=context.item.uid)
    else:
        kind, name = "folder", context.folder.name
        request_url = request.route_path("folder_request", folder=context.folder.uid)
        back = request.route_path("folder", folder=context.folder.uid)
    return {
        "form": form,
        "kind": kind,
        "item_uid": context.place.uid if isinstance(context, ItemContext) else None,
        "name": name,
        "crumbs": [*way, (name, back)],
        "back": back,
        "request_url": request_url,
        "made": made,
        "working": [one for one in listed if one.link.revoked_at is None and one.days_left],
        "ended": [one for one in listed if one.link.revoked_at is not None or not one.days_left],
        "above": [one for one in request.links_at(context.place) if one.place.uid != context.place.uid],
        "password_needed": request.installation.settings.link_passwords == "required",
    }


def _again(context: FolderContext | ItemContext, library: Library) -> Place:
    """The place on the session that writes."""
    if isinstance(context, ItemContext):
        return library.item(context.item.uid)
    return library.folder(context.folder.uid)
