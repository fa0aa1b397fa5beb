"""Pages of folders and items, and the forms that make and name them."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.errors import Conflict, Invalid
from privmedia.library.counting import Counting
from privmedia.library.drafts import Drafts
from privmedia.library.forms import FolderForm, ItemForm
from privmedia.library.list_views import CARDS, folder_cards
from privmedia.library.listing import listing_of
from privmedia.library.models import Folder
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.service import Library
from privmedia.library.shelves import Shelves
from privmedia.library.tags import Tags
from privmedia.library.tree import Tree
from privmedia.library.who_sees import WhoSees
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

FOLDER_FORM = "library/folder_form.jinja2"
ITEM_FORM = "library/item_form.jinja2"


@view_config(route_name="folder", permission=Right.VIEW, request_method="GET", renderer="library/folder.jinja2")
def folder(context: FolderContext, request: Request) -> Any:
    if context.is_root:
        return HTTPSeeOther(request.route_path("library"))
    identity, folder = context.identity, context.folder
    cards, more = folder_cards(request, identity, folder, CARDS)
    listing = listing_of(request, identity, folder_id=folder.id)
    return {
        "folder": folder,
        "crumbs": crumbs(request, identity, folder),
        "folders": cards,
        "more_folders": more,
        "listing": listing,
        "seconds": request.read(Counting).seconds_of(identity, listing.filters.unfiltered),
        "who": request.read(WhoSees).of_folder(folder, identity),
        "links": request.links_at(folder),
        **may(context.rights),
    }


@view_config(route_name="folder_new", permission=Right.EDIT, request_method="GET", renderer=FOLDER_FORM)
def new_folder(context: FolderContext, request: Request) -> Any:
    return _folder_form(context, request, FolderForm.of(request))


@view_config(route_name="folder_new", permission=Right.EDIT, request_method="POST", renderer=FOLDER_FORM)
def make_folder(context: FolderContext, request: Request) -> Any:
    form = FolderForm.of(request)
    if form.validate():
        library = request.write(Library)
        try:
            parent = library.folder(context.folder.uid)
            made = library.add_folder(parent=parent, name=form.name.data, by=context.identity.user_id)
            request.write(Audit).record("folder.add", identity=context.identity, target=f"folder:{made.uid}")
        except (Invalid, Conflict) as error:
            form.refuse(error, "name")
        else:
            return HTTPSeeOther(request.route_path("folder", folder=made.uid))
    request.response.status_int = 422
    return _folder_form(context, request, form)


@view_config(route_name="folder_edit", permission=Right.EDIT, request_method="GET", renderer=FOLDER_FORM)
def edit_folder(context: FolderContext, request: Request) -> Any:
    return _rename_form(context, request, FolderForm.of(request, context.folder))


@view_config(route_name="folder_edit", permission=Right.EDIT, request_method="POST", renderer=FOLDER_FORM)
def rename_folder(context: FolderContext, request: Request) -> Any:
    form = FolderForm.of(request)
    if form.validate():
        library = request.write(Library)
        try:
            library.rename_folder(folder=library.folder(context.folder.uid), name=form.name.data)
            request.write(Audit).record(
                "folder.rename", identity=context.identity, target=f"folder:{context.folder.uid}"
            )
        except (Invalid, Conflict) as error:
            form.refuse(error, "name")
        else:
            return HTTPSeeOther(request.route_path("folder", folder=context.folder.uid))
    request.response.status_int = 422
    return _rename_form(context, request, form)


@view_config(route_name="item_edit", permission=Right.EDIT, request_method="GET", renderer=ITEM_FORM)
def edit_item(context: ItemContext, request: Request) -> Any:
    tags = request.read(Tags).of(context.item)
    return _item_form(context, request, ItemForm.of(request, context.item, tags=tags))


@view_config(
    route_name="item_edit", request_param="preview", permission=Right.EDIT, request_method="POST", renderer=ITEM_FORM
)
def preview_item(context: ItemContext, request: Request) -> Any:
    """The form as it was typed, with the description as it will look. Nothing is saved."""
    return _item_form(context, request, ItemForm.of(request), preview=True)


@view_config(route_name="item_draft", permission=Right.MANAGE, request_method="POST")
def draft_or_release(context: ItemContext, request: Request) -> Any:
    """Keep an item from those who see its folder, or let them see it."""
    drafts, item = request.write(Drafts), request.write(Library).item(context.item.uid)
    if request.POST.get("do") == "release":
        drafts.release(item, context.identity)
        flash(request, _("It is released: it goes by the rules of its folder."))
    else:
        drafts.begin(item, context.identity)
        flash(request, _("It is a draft: only you, and whom you give rights to it, see it."))
    return HTTPSeeOther(request.route_path("item_edit", item=context.item.uid))


@view_config(route_name="item_edit", permission=Right.EDIT, request_method="POST", renderer=ITEM_FORM)
def describe_item(context: ItemContext, request: Request) -> Any:
    form = ItemForm.of(request)
    if form.validate():
        library = request.write(Library)
        try:
            item = library.item(context.item.uid)
            library.describe_item(
                item=item,
                title=form.title.data,
                description=form.description.data,
                alt=form.alt.data if "alt" in request.POST else None,
            )
            request.write(Tags).put(item, form.tags.data)
            request.write(Audit).record("item.edit", identity=context.identity, target=f"item:{context.item.uid}")
        except Invalid as error:
            form.refuse(error)
        else:
            flash(request, _("Saved."))
            return HTTPSeeOther(request.route_path("item", item=context.item.uid))
    request.response.status_int = 422
    return _item_form(context, request, form)


def crumbs(request: Request, identity: Identity, folder: Folder) -> list[tuple[str, str]]:
    """The way down to a folder, the library first: only those above it that the caller can see."""
    seen = request.read(Tree).seen_above(identity, folder)
    above = [(step.name, request.route_path("folder", folder=step.uid)) for step in seen if step is not folder]
    return [(request.localizer.translate(_("Library")), request.route_path("library")), *above]


def itself(request: Request, identity: Identity, folder: Folder) -> list[tuple[str, str]]:
    """The item's own folder as a step, if the caller can see it: an item may be open in a closed folder."""
    seen = request.read(Tree).seen_above(identity, folder)
    return [(step.name, request.route_path("folder", folder=step.uid)) for step in seen if step is folder]


def may(rights: Permission) -> dict[str, bool]:
    """What a page offers to do, by the caller's rights."""
    return {
        "may_upload": Permission.UPLOAD in rights,
        "may_edit": Permission.EDIT in rights,
        "may_manage": Permission.MANAGE in rights,
    }


def _folder_form(context: FolderContext, request: Request, form: FolderForm) -> dict[str, Any]:
    parent = None if context.is_root else (context.folder.name, request.route_path("folder", folder=context.folder.uid))
    return {"form": form, "title": _("New folder"), "parent": parent}


def _rename_form(context: FolderContext, request: Request, form: FolderForm) -> dict[str, Any]:
    folder = context.folder
    parent = (folder.name, request.route_path("folder", folder=folder.uid))
    return {"form": form, "title": _("Rename folder"), "parent": parent, "button": _("Rename it")}


def _item_form(context: ItemContext, request: Request, form: ItemForm, *, preview: bool = False) -> dict[str, Any]:
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    offered = request.read(Tags).offered(context.identity)
    return {
        "form": form,
        "item": context.item,
        "crumbs": way,
        "offered": offered,
        "preview": preview,
        "duration": request.read(Shelves).item(context.identity, context.item, may_download=False).duration,
        "draft": request.read(Drafts).is_draft(context.item),
        "item_viewers": request.read(WhoSees).viewers(context.item),
        "may_manage": Permission.MANAGE in context.rights,
    }
