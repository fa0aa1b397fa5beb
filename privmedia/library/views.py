"""Pages of the library: the library itself, folders, items, and the forms that make and name them."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.accounts.service import Accounts
from privmedia.audit.service import Audit
from privmedia.errors import Conflict, Invalid
from privmedia.library.cards import Branch, Page
from privmedia.library.forms import FolderForm, ItemForm
from privmedia.library.models import Folder
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.service import Library
from privmedia.library.shelves import Shelves
from privmedia.library.tags import Tags
from privmedia.library.who_sees import WhoSees
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

FOLDER_FORM = "library/folder_form.jinja2"
ITEM_FORM = "library/item_form.jinja2"


@dataclass(frozen=True)
class SideBar:
    """The tree beside every page, and what may be begun from everywhere."""

    folders: list[Branch]
    may_create: bool
    may_upload: bool


def side_bar(request: Request) -> SideBar:
    """`request.sidebar`: computed when a page with the frame is made, and only then."""
    identity: Identity = request.identity
    shelves = request.read(Shelves)
    context = getattr(request, "context", None)
    here = context.folder if isinstance(context, FolderContext | ItemContext) else None
    return SideBar(
        folders=shelves.tree(identity, here),
        may_create=not identity.looks_only
        and Permission.EDIT in request.read(WhoSees).rights_at_the_top(identity),
        may_upload=not identity.looks_only and shelves.may_upload_anywhere(identity),
    )


@view_config(route_name="library", permission=Right.SIGNED_IN, request_method="GET", renderer="library/library.jinja2")
def library(context: FolderContext, request: Request) -> Any:
    identity = context.identity
    shelves = request.read(Shelves)
    page = shelves.items(identity, after=request.GET.get("after"))
    folders = request.read(WhoSees).on_cards(shelves.folders(identity, context.folder))
    may_create = Permission.EDIT in context.rights
    if not folders and not page.items:
        first_steps = identity.is_admin
        request.override_renderer = "library/first.jinja2" if first_steps else "library/none.jinja2"
    return {
        "folders": folders,
        "items": page.items,
        "next_page": next_page(request, page),
        "counts": shelves.totals(identity),
        "may_create_folder": may_create,
        "groups": request.read(Accounts).group_names(identity.user_id),
    }


@view_config(route_name="recent", permission=Right.SIGNED_IN, request_method="GET", renderer="library/listing.jinja2")
def recent(context: FolderContext, request: Request) -> Any:
    page = request.read(Shelves).items(context.identity, after=request.GET.get("after"))
    lead = _("Everything you can see, newest first.")
    return _listing(request, page, title=_("Recent"), lead=lead, nav="recent")


@view_config(route_name="mine", permission=Right.SIGNED_IN, request_method="GET", renderer="library/listing.jinja2")
def mine(context: FolderContext, request: Request) -> Any:
    me = context.identity.user_id
    page = request.read(Shelves).items(context.identity, uploader_id=me, after=request.GET.get("after"))
    return _listing(request, page, title=_("My uploads"), lead="", nav="mine")


@view_config(route_name="folder", permission=Right.VIEW, request_method="GET", renderer="library/folder.jinja2")
def folder(context: FolderContext, request: Request) -> Any:
    if context.is_root:
        return HTTPSeeOther(request.route_path("library"))
    shelves, identity, folder = request.read(Shelves), context.identity, context.folder
    page = shelves.items(identity, folder=folder, after=request.GET.get("after"))
    who = request.read(WhoSees)
    return {
        "folder": folder,
        "crumbs": crumbs(request, identity, folder),
        "folders": who.on_cards(shelves.folders(identity, folder)),
        "items": page.items,
        "next_page": next_page(request, page),
        "who": who.of_folder(folder, identity),
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


@view_config(route_name="item_edit", permission=Right.EDIT, request_method="POST", renderer=ITEM_FORM)
def describe_item(context: ItemContext, request: Request) -> Any:
    form = ItemForm.of(request)
    if form.validate():
        library = request.write(Library)
        try:
            item = library.item(context.item.uid)
            library.describe_item(item=item, title=form.title.data, description=form.description.data)
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
    visible = request.read(Shelves).visible_among(identity, request.read(Library).ancestors(folder)[1:])
    above = [(step.name, request.route_path("folder", folder=step.uid)) for step in visible]
    return [(request.localizer.translate(_("Library")), request.route_path("library")), *above]


def next_page(request: Request, page: Page) -> str | None:
    """The address of the page after this one."""
    return None if page.next is None else f"{request.path}?after={quote(page.next)}"


def itself(request: Request, identity: Identity, folder: Folder) -> list[tuple[str, str]]:
    """The item's own folder as a step, if the caller can see it: an item may be open in a closed folder."""
    visible = request.read(Shelves).visible_among(identity, [folder])
    return [(step.name, request.route_path("folder", folder=step.uid)) for step in visible]


def may(rights: Permission) -> dict[str, bool]:
    """What a page offers to do, by the caller's rights."""
    return {
        "may_upload": Permission.UPLOAD in rights,
        "may_edit": Permission.EDIT in rights,
        "may_manage": Permission.MANAGE in rights,
    }


def _listing(request: Request, page: Page, **texts: Any) -> dict[str, Any]:
    return {"items": page.items, "next_page": next_page(request, page), **texts}


def _folder_form(context: FolderContext, request: Request, form: FolderForm) -> dict[str, Any]:
    parent = None if context.is_root else (context.folder.name, request.route_path("folder", folder=context.folder.uid))
    return {"form": form, "title": _("New folder"), "parent": parent}


def _rename_form(context: FolderContext, request: Request, form: FolderForm) -> dict[str, Any]:
    folder = context.folder
    parent = (folder.name, request.route_path("folder", folder=folder.uid))
    return {"form": form, "title": _("Rename folder"), "parent": parent, "button": _("Rename it")}


def _item_form(context: ItemContext, request: Request, form: ItemForm) -> dict[str, Any]:
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    offered = request.read(Tags).offered(context.identity)
    return {"form": form, "item": context.item, "crumbs": way, "offered": offered}
