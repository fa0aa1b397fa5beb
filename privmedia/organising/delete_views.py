"""Deleting an item or a folder: a page that says what stops, and the deed, which can be undone."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.errors import Conflict, NotAllowed
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.service import Library
from privmedia.library.views import crumbs, itself
from privmedia.organising.bin import NOT_ALL, Bin
from privmedia.organising.going_back import back_of, carried
from privmedia.organising.outlook import Outlooks
from privmedia.text import Plural, Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import flash_undo
from privmedia.web.rights import Right

PAGE = "organising/delete.jinja2"
IN_BIN = Plural("${count} item is in the bin.", "${count} items are in the bin.")


@view_config(route_name="item_delete", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def ask_item(context: ItemContext, request: Request) -> Any:
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    return {
        "outlooks": request.read(Outlooks).of_items([context.item], context.identity),
        "kind": context.item.kind.value,
        "crumbs": [*way, (context.item.title, request.route_path("item", item=context.item.uid))],
        "back": request.route_path("item", item=context.item.uid),
        "refused": "",
    }


@view_config(route_name="item_delete", permission=Right.EDIT, request_method="POST")
def delete_item(context: ItemContext, request: Request) -> Any:
    folder = itself(request, context.identity, context.folder)
    item = request.write(Library).item(context.item.uid)
    deletion = request.write(Bin).put(item, context.identity)
    say_deleted(request, [deletion.uid], item.title)
    return HTTPSeeOther(back_of(request, folder[0][1] if folder else ""))


@view_config(route_name="folder_delete", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def ask_folder(context: FolderContext, request: Request) -> Any:
    folder, identity = context.folder, context.identity
    if context.is_root:
        raise Conflict("The library itself cannot be deleted.")
    back = request.route_path("folder", folder=folder.uid)
    all_of_it = request.read(Bin).may_take_along(folder, identity)
    return {
        "outlooks": [request.read(Outlooks).of_folder(folder, identity)],
        "kind": "folder",
        "crumbs": [*crumbs(request, identity, folder), (folder.name, back)],
        "back": back,
        "refused": "" if all_of_it else Sentence(NOT_ALL, {"name": folder.name}),
    }


@view_config(route_name="folder_delete", permission=Right.EDIT, request_method="POST", renderer=PAGE)
def delete_folder(context: FolderContext, request: Request) -> Any:
    above = crumbs(request, context.identity, context.folder)[-1][1]
    folder = request.write(Library).folder(context.folder.uid)
    try:
        deletion = request.write(Bin).put(folder, context.identity)
    except NotAllowed:
        request.response.status_int = 403
        return ask_folder(context, request)
    say_deleted(request, [deletion.uid], folder.name)
    return HTTPSeeOther(back_of(request, above))


def say_deleted(request: Request, deletions: list[str], name: str = "") -> None:
    """Say on the next page what went into the bin, with the way back."""
    count = len(deletions)
    text = Sentence(_("“${name}” is in the bin."), {"name": name}) if count == 1 else Sentence(IN_BIN, {"count": count})
    fields = [*(("deletion", uid) for uid in deletions), *carried(request)]
    stays = _("It stays there for 30 days.") if count == 1 else _("They stay there for 30 days.")
    flash_undo(request, text, request.route_path("bin_undo"), fields, more=stays)
