"""Asking for files: a link to send them by, made by who manages the folder."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.own_account import OwnAccount
from privmedia.errors import Conflict, Invalid, Unavailable
from privmedia.giving.forms import USUAL_SIZE, RequestForm
from privmedia.library.resources import FolderContext
from privmedia.library.service import Library
from privmedia.library.views import crumbs
from privmedia.sharing.service import Links, Wish
from privmedia.web.errors import STATUS
from privmedia.web.rights import Right

PAGE: dict[str, Any] = {
    "route_name": "folder_request", "permission": Right.MANAGE, "renderer": "giving/request.jinja2",
}


@view_config(request_method="GET", **PAGE)
def ask(context: FolderContext, request: Request) -> Any:
    return _page(context, request, _form(context, request))


@view_config(request_method="POST", **PAGE)
def make(context: FolderContext, request: Request) -> Any:
    """Make the link. Its address stands on the answer, and nowhere afterwards."""
    form = _form(context, request)
    if not form.validate():
        request.response.status_int = 422
        return _page(context, request, form)
    try:
        wish = Wish(
            name=form["name"].data,
            lasts=form.lasting(request.installation.clock()),
            password_hash=form.password_hash(request),
            upload=True,
            text=form["text"].data or "",
            most_bytes=form.bytes_together(),
            most_files=form["most_files"].data,
        )
        place = request.write(Library).folder(context.folder.uid)
        maker = request.write(OwnAccount).user(context.identity.user_id)
        link, address = request.write(Links).make(place=place, maker=maker, wish=wish, by=context.identity)
    except (Invalid, Conflict, Unavailable) as error:
        request.response.status_int = STATUS[type(error)]
        form.refuse(Invalid(error.sentence, getattr(error, "field", None)))
        return _page(context, request, form)
    request.response.headers["Cache-Control"] = "no-store"
    made = {"name": link.name, "address": address, "password": form["password"].data or ""}
    fresh = RequestForm(most_bytes=USUAL_SIZE)
    fresh.offer(request, request.installation.clock())
    return _page(context, request, fresh, made=made, links=request.write(Links))


def _form(context: FolderContext, request: Request) -> RequestForm:
    if context.is_root:
        raise HTTPNotFound  # files go to a folder, not to the library itself
    form = RequestForm.of(request, most_bytes=USUAL_SIZE)
    form.offer(request, request.installation.clock())
    return form


def _page(
    context: FolderContext,
    request: Request,
    form: RequestForm,
    *,
    made: dict[str, str] | None = None,
    links: Links | None = None,
) -> dict[str, Any]:
    requests = [one for one in (links or request.read(Links)).at(context.folder) if one.is_request]
    back = request.route_path("folder", folder=context.folder.uid)
    return {
        "form": form,
        "name": context.folder.name,
        "crumbs": [*crumbs(request, context.identity, context.folder), (context.folder.name, back)],
        "back": back,
        "made": made,
        "working": [one for one in requests if one.link.revoked_at is None and one.days_left],
        "ended": [one for one in requests if one.link.revoked_at is not None or not one.days_left],
        "password_needed": request.installation.settings.link_passwords == "required",
    }
