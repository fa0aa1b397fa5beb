"""Replacing an item's file, showing another version, and deleting an old one."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.captions.pages import edit_page
from privmedia.db import writing
from privmedia.errors import Conflict, NotAllowed
from privmedia.library.resources import ItemContext
from privmedia.text import Sentence
from privmedia.versions.pages import versions_for
from privmedia.versions.resources import VersionContext
from privmedia.versions.service import Versions, may_delete
from privmedia.versions.showing import show
from privmedia.web.i18n import _
from privmedia.web.pages import flash, flash_undo
from privmedia.web.rights import Right

REPLACE = "versions/replace.jinja2"
DELETE = "versions/delete.jinja2"


@view_config(route_name="item_replace", permission=Right.EDIT, request_method="GET", renderer=REPLACE)
def replace_form(context: ItemContext, request: Request) -> Any:
    return replace_page(context, request)


@view_config(route_name="version_show", permission=Right.EDIT, request_method="POST")
def show_version(context: VersionContext, request: Request) -> Response:
    installation, item, number = request.installation, context.item, context.version.number
    page = request.route_path("item", item=item.uid)
    try:
        before = show(
            installation,
            context.version.id,
            by=context.identity,
            writing=lambda: writing(installation.sessions),
        )
    except Conflict as error:
        flash(request, error.said, "warn")
        return HTTPSeeOther(page)
    said = Sentence(_("Version ${number} is shown now."), {"number": number})
    if before is None:
        flash(request, said)
    else:
        back = request.route_path("version_show", item=item.uid, version=before)
        flash_undo(request, said, back, undo=_("Show the other one again"))
    return HTTPSeeOther(page)


@view_config(route_name="version_delete", permission=Right.EDIT, request_method="GET", renderer=DELETE)
def ask(context: VersionContext, request: Request) -> Any:
    return {
        "item": context.item,
        "version": context.version,
        "may_delete": context.version.number != context.item.current
        and may_delete(context.version, context.identity, context.rights),
        "shown": context.version.number == context.item.current,
    }


@view_config(route_name="version_delete", permission=Right.EDIT, request_method="POST")
def delete(context: VersionContext, request: Request) -> Response:
    """The mark first: whatever happens after it, files without a row are removed."""
    installation, uid, number = request.installation, context.item.uid, context.version.number
    installation.storage.unsettle(uid, number)
    try:
        with writing(installation.sessions) as session:
            versions = Versions(session, installation)
            versions.remove(context.item.id, number, context.identity, context.rights)
    except (Conflict, NotAllowed) as error:
        installation.storage.settle(uid, number)
        flash(request, error.said, "warn")
        return HTTPSeeOther(request.route_path("item", item=uid))
    installation.storage.remove_version(uid, number)
    flash(request, Sentence(_("Version ${number} is deleted for good."), {"number": number}))
    return HTTPSeeOther(request.route_path("item", item=uid) + "#versions")


def replace_page(context: ItemContext, request: Request, problem: str | Sentence = "") -> dict[str, Any]:
    """The values of the page a file is replaced on."""
    return {
        **edit_page(request, context, "file"),
        "versions": versions_for(request, context),
        "max_size": request.installation.settings.max_upload_size,
        "problem": problem,
    }
