"""The access page of a folder or an item: who may do what there, changed without fear: the effect is told before."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.directory import Directory
from privmedia.accounts.confirming import JUST_NOW
from privmedia.errors import Conflict, Invalid
from privmedia.library.models import ROOT_ID
from privmedia.library.pointers import Place
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.rules import Rules
from privmedia.library.rules_editing import Editing
from privmedia.library.service import Library
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

TEMPLATE = "access/access.jinja2"
CONFIRM = "privmedia:templates/access/confirm.jinja2"
EFFECT = "access/effect.jinja2"


def on_the_root(context: FolderContext | ItemContext, request: Request) -> timedelta | None:
    """How fresh a proof has to be: rules of the library itself hold for everything in it."""
    return JUST_NOW if context.place.id == ROOT_ID and isinstance(context, FolderContext) else None


POSTED: dict[str, Any] = {"permission": Right.MANAGE, "request_method": "POST", "renderer": TEMPLATE}


@view_config(route_name="folder_access", permission=Right.MANAGE, request_method="GET", renderer=TEMPLATE)
@view_config(route_name="item_access", permission=Right.MANAGE, request_method="GET", renderer=TEMPLATE)
def show_rules(context: FolderContext | ItemContext, request: Request) -> Any:
    return Editing(context, request).page()


@view_config(route_name="folder_access", confirmed=on_the_root, **POSTED)
@view_config(route_name="item_access", **POSTED)
def save_rules(context: FolderContext | ItemContext, request: Request) -> Any:
    editing = Editing(context, request)
    if not editing.fine():
        return editing.page(422)
    if editing.typed:
        return _added(editing)
    if editing.overtaken():
        return editing.page(409)
    if editing.pending:
        if editing.locks_out():
            return editing.page(422)
        if not editing.agreed():
            request.override_renderer = CONFIRM
            return editing.confirm_page()
    return _saved(context, request, editing)


@view_config(route_name="folder_access", request_param="pick", **POSTED)
@view_config(route_name="item_access", request_param="pick", **POSTED)
def pick(context: FolderContext | ItemContext, request: Request) -> Any:
    """Add a row for one of several people or groups that a typed name may mean. Nothing is saved."""
    editing = Editing(context, request)
    editing.fine()
    try:
        editing.pick(request.POST["pick"])
    except Invalid as error:
        editing.form.refuse(error)
        return editing.page(422)
    return editing.page()


@view_config(route_name="folder_access", request_param="toggle", **POSTED)
@view_config(route_name="item_access", request_param="toggle", **POSTED)
def toggle(context: FolderContext | ItemContext, request: Request) -> Any:
    """Mark a row as to be taken away, or keep it after all. Nothing is saved."""
    editing = Editing(context, request)
    editing.fine()
    editing.form.toggle(request.POST["toggle"])
    return editing.page()


@view_config(route_name="folder_access", request_param="keep", **POSTED)
@view_config(route_name="item_access", request_param="keep", **POSTED)
def keep_manage(context: FolderContext | ItemContext, request: Request) -> Any:
    """Let somebody go on managing, so that the caller is not locked out. Nothing is saved."""
    editing = Editing(context, request)
    editing.fine()
    if request.POST["keep"] in editing.givable(request.POST["keep"]):
        editing.form.give_manage(request.POST["keep"])
    return editing.page()


@view_config(route_name="folder_access", request_param="back", **POSTED)
@view_config(route_name="item_access", request_param="back", **POSTED)
def go_back(context: FolderContext | ItemContext, request: Request) -> Any:
    """The form as it was typed, from the page that asks."""
    editing = Editing(context, request)
    editing.fine()
    return editing.page()


@view_config(route_name="folder_access_effect", **(POSTED | {"renderer": EFFECT}))
@view_config(route_name="item_access_effect", **(POSTED | {"renderer": EFFECT}))
def tell_effect(context: FolderContext | ItemContext, request: Request) -> Any:
    """What saving the form would do, as a part of the page. Nothing is written, nor held."""
    editing = Editing(context, request)
    fine = editing.fine()
    editing.locks_out()
    return {**editing.effect_in_words(), "fine": fine, "cut": editing.cut(), "headline": editing.headline()}


@view_config(route_name="folder_access_suggest", permission=Right.MANAGE, request_method="GET", renderer="json")
@view_config(route_name="item_access_suggest", permission=Right.MANAGE, request_method="GET", renderer="json")
def suggest(context: FolderContext | ItemContext, request: Request) -> Any:
    """Whom a part of a name may mean, for the field that adds a rule."""
    everyone = request.localizer.translate(_("Everyone"))
    found = request.read(Directory).suggest(request.GET.get("q", ""), context.identity, everyone=everyone)
    return [
        {
            "principal": one.principal,
            "name": everyone if one.is_everyone else one.name,
            "email": one.email,
            "people": one.people,
            "initials": one.initials,
            "colour": one.colour,
        }
        for one in found
    ]


def _added(editing: Editing) -> dict[str, Any]:
    """The page with a row for whoever was typed, or with the choice."""
    try:
        editing.add(editing.typed)
    except Invalid as error:
        editing.form.refuse(error)
        return editing.page(422)
    return editing.page()


def _saved(context: FolderContext | ItemContext, request: Request, editing: Editing) -> Any:
    place = _again(context, request.write(Library))
    form = editing.form
    try:
        saved = request.write(Rules).save(
            place,
            form.changes,
            form.inherits.data,
            made_from=form.made_from.data or "",
            by=context.identity,
            confirmed=editing.effect.leaves_no_manager,
        )
    except Invalid as error:
        form.refuse(error, "")
        return editing.page(422)
    except Conflict as error:  # in the moment between reading and writing
        form.refuse(error)
        return editing.page(409)
    flash(request, _("Access saved.") if saved else _("Nothing was changed."))
    return HTTPSeeOther(request.path)


def _again(context: FolderContext | ItemContext, library: Library) -> Place:
    """The place on the session that writes."""
    if isinstance(context, ItemContext):
        return library.item(context.item.uid)
    return library.folder(context.folder.uid)
