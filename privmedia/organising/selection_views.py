"""The bar below a list: what was selected goes on to the page of what is to be done. Tags and the bin for many."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.audit.service import Audit
from privmedia.errors import DomainError, Invalid
from privmedia.library.forms import TagsForm
from privmedia.library.resources import FolderContext
from privmedia.library.service import Library
from privmedia.library.tags import Tags
from privmedia.organising.bin import Bin
from privmedia.organising.delete_views import PAGE as DELETE_PAGE
from privmedia.organising.delete_views import say_deleted
from privmedia.organising.going_back import back_of, carried
from privmedia.organising.move_views import nothing_to_do
from privmedia.organising.outlook import Outlooks
from privmedia.organising.selection import (
    MOST,
    NONE_GOES,
    NONE_IS_TAGGED,
    SOME_ARE_TAGGED,
    SOME_GO,
    Selected,
    Selection,
)
from privmedia.text import Plural, Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

TAG_PAGE = "organising/tag.jinja2"
TAGGED = Plural("${count} tagged.", "${count} tagged.")
DOINGS = {"move": "move", "download": "download", "share": "share", "tag": "tag", "delete": "delete"}
"""What the bar can do, and the route of its page."""


@view_config(route_name="selection", permission=Right.SIGNED_IN, request_method="GET")
def selection(context: FolderContext, request: Request) -> Any:
    """Where a button of the bar leads. Without a selection, back to the library."""
    route = DOINGS.get(request.GET.get("do", ""))
    items = request.GET.getall("item")
    if route is None:
        raise HTTPNotFound
    if not items:
        flash(request, _("Nothing was selected."), "info")
        return HTTPSeeOther(back_of(request))
    if len(items) > MOST:
        flash(request, _("At most ${most} at once: the rest is not in it.", mapping={"most": MOST}), "warn")
    query = [*carried(request), *(("item", uid) for uid in items[:MOST])]
    return HTTPSeeOther(request.route_path(route, _query=query))


@view_config(route_name="delete", permission=Right.SIGNED_IN, request_method="GET", renderer=DELETE_PAGE)
def ask_to_delete(context: FolderContext, request: Request) -> Any:
    chosen = selected(context, request)
    shortfall = chosen.shortfall(NONE_GOES, SOME_GO)
    if not chosen.items:
        return nothing_to_do(request, shortfall, _("Delete"))
    return {
        "outlooks": request.read(Outlooks).of_items(chosen.items, context.identity),
        "kind": "many",
        "crumbs": [(request.localizer.translate(_("Library")), request.route_path("library"))],
        "back": back_of(request),
        "refused": "",
        "shortfall": shortfall,
        "fields": [*carried(request), *(("item", item.uid) for item in chosen.items)],
    }


@view_config(route_name="delete", permission=Right.SIGNED_IN, request_method="POST", renderer=DELETE_PAGE)
def delete_them(context: FolderContext, request: Request) -> Any:
    chosen = selected(context, request)
    library, bin_ = request.write(Library), request.write(Bin)
    items = [library.item(item.uid) for item in chosen.items]
    deletions = [bin_.put(item, context.identity).uid for item in items]
    if deletions:
        say_deleted(request, deletions, items[0].title)
    return HTTPSeeOther(back_of(request))


@view_config(route_name="tag", permission=Right.SIGNED_IN, request_method="GET", renderer=TAG_PAGE)
def ask_for_tags(context: FolderContext, request: Request) -> Any:
    return tag_page(context, request, selected(context, request), TagsForm.of(request))


@view_config(route_name="tag", permission=Right.SIGNED_IN, request_method="POST", renderer=TAG_PAGE)
def tag_them(context: FolderContext, request: Request) -> Any:
    chosen, form = selected(context, request), TagsForm.of(request)
    library, tags = request.write(Library), request.write(Tags)
    try:
        if not form.tags.data:
            raise Invalid("Write at least one tag.", "tags")
        for item in chosen.items:
            added = tags.add(library.item(item.uid), form.tags.data)
            if added:
                target, detail = f"item:{item.uid}", {"tags": added}
                request.write(Audit).record("item.tag", identity=context.identity, target=target, detail=detail)
    except Invalid as error:
        request.tm.doom()
        form.refuse(error)
        request.response.status_int = 422
        return tag_page(context, request, chosen, form)
    except DomainError as error:
        request.tm.doom()
        flash(request, error.sentence, "bad")
    else:
        flash(request, Sentence(TAGGED, {"count": len(chosen.items)}))
    return HTTPSeeOther(back_of(request))


def tag_page(context: FolderContext, request: Request, chosen: Selected, form: TagsForm) -> Any:
    shortfall = chosen.shortfall(NONE_IS_TAGGED, SOME_ARE_TAGGED)
    if not chosen.items:
        return nothing_to_do(request, shortfall, _("Tag"))
    offered: Sequence[str] = request.read(Tags).offered(context.identity)
    return {
        "form": form,
        "items": chosen.items,
        "shortfall": shortfall,
        "offered": offered,
        "back": back_of(request),
        "fields": carried(request),
    }


def selected(context: FolderContext, request: Request) -> Selected:
    """What was selected, as it exists for the caller. Raises HTTPNotFound if nothing of it does."""
    found: Selected = request.read(Selection).of(request.params.getall("item"), context.identity)
    if not found.items and not found.others:
        raise HTTPNotFound
    return found
