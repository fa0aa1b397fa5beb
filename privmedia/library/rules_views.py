"""The access page of a folder or an item: who may do what, the rules set here, and why somebody may or may not."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access import principals
from privmedia.access.permissions import Permission
from privmedia.access.rules import Rule
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.service import Accounts
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.library.models import ROOT_ID, Item
from privmedia.library.pointers import Place
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.rules import Change, Rules, wanted_of
from privmedia.library.rules_forms import AccessForm
from privmedia.library.service import Library
from privmedia.library.views import crumbs
from privmedia.library.who_sees import WhoSees
from privmedia.library.why_views import checked
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

TEMPLATE = "access/access.jinja2"


@dataclass(frozen=True)
class Shown:
    """A rule as the table shows it; `row` is its part of the form if it is set here."""

    rule: Rule
    place: str
    row: Any = None

    @property
    def colour(self) -> int:
        return (principals.id_of(self.rule.principal) or 0) % 10

    @property
    def ticks(self) -> list[bool]:
        return [permission in self.rule.allow for permission in Permission]


@view_config(route_name="folder_access", permission=Right.MANAGE, request_method="GET", renderer=TEMPLATE)
@view_config(route_name="item_access", permission=Right.MANAGE, request_method="GET", renderer=TEMPLATE)
def show_rules(context: FolderContext | ItemContext, request: Request) -> Any:
    return _page(context, request, _form(context, request, request.read(Rules)))


@view_config(route_name="folder_access", permission=Right.MANAGE, request_method="POST", renderer=TEMPLATE)
@view_config(route_name="item_access", permission=Right.MANAGE, request_method="POST", renderer=TEMPLATE)
def save_rules(context: FolderContext | ItemContext, request: Request) -> Any:
    rules = request.read(Rules)
    form = _form(context, request, rules)
    request.response.status_int = 422
    if form.validate():
        try:
            changes = [row.form.change() for row in form.rules]
            changes += _added(request, form, {change.wanted.principal for change in changes})
            place = _again(context, request.write(Library))
            saved = request.write(Rules).save(place, changes, form.switch, by=context.identity)
        except Invalid as error:
            form.refuse(error, "")
        except Conflict as error:
            request.response.status_int = 409
            form.refuse(error)
            form.renew([wanted_of(rule) for rule in rules.own(_place(context))], rules.inherits(_place(context)))
        else:
            flash(request, _("Access saved.") if saved else _("Nothing was changed."))
            return HTTPSeeOther(request.path)
    return _page(context, request, form)


def _page(context: FolderContext | ItemContext, request: Request, form: AccessForm) -> dict[str, Any]:
    place, identity = _place(context), context.identity
    rules = request.read(Rules)
    names = rules.place_names(place, identity)
    own = {rule.principal: rule for rule in rules.own(place)}
    reaching = [rule for rule in rules.reaching(place) if own.get(rule.principal) != rule]
    inherits = rules.inherits(place)
    who = request.read(WhoSees)
    return {
        "form": form,
        "place": place,
        "kind": "item" if isinstance(place, Item) else "library" if place.id == ROOT_ID else "folder",
        "crumbs": _way(context, request),
        "rows": [
            Shown(own[row.form.principal.data], "", row.form) for row in form.rules if row.form.principal.data in own
        ],
        "from_above": [Shown(rule, names[rule.acl_id]) for rule in reaching if rule.counts],
        "stopped": [rule for rule in reaching if rule.above_cut and not rule.deny and not rule.ended and not inherits],
        "inherits": inherits,
        "who": who.of_item(place, identity) if isinstance(place, Item) else who.of_folder(place, identity),
        "check": checked(request, context),
    }


def _form(context: FolderContext | ItemContext, request: Request, rules: Rules) -> AccessForm:
    place = _place(context)
    groups = [(principals.group(group.id), group.name) for group, _members in request.read(Groups).groups()]
    own = [wanted_of(rule) for rule in rules.own(place)]
    form: AccessForm = AccessForm.over(request, own, rules.inherits(place), groups)
    return form


def _added(request: Request, form: AccessForm, present: set[str]) -> list[Change]:
    """The rule of the empty row, if it was filled in; `present` have a row already."""
    row = form.new.form
    email = (row.email.data or "").strip()
    if not row.group.data and not email:
        if row.allow.data:
            raise Invalid("Choose the group or the person that the new rule is for.", "group")
        return []
    if row.group.data and email:
        raise Invalid("Choose a group or a person for the new rule, not both.", "email")
    principal = row.group.data or principals.user(_person(request, email).id)
    if principal in present:
        raise Invalid("There is a rule for them here already. Change that one.", "group")
    return [row.change(principal)]


def _person(request: Request, email: str) -> User:
    """Raises Invalid for an address without an account."""
    try:
        person: User = request.read(Accounts).user_by_email(email)
    except NotFound as error:
        raise Invalid(error.sentence, "email") from error
    return person


def _place(context: FolderContext | ItemContext) -> Place:
    return context.item if isinstance(context, ItemContext) else context.folder


def _again(context: FolderContext | ItemContext, library: Library) -> Place:
    """The place on the session that writes."""
    if isinstance(context, ItemContext):
        return library.item(context.item.uid)
    return library.folder(context.folder.uid)


def _way(context: FolderContext | ItemContext, request: Request) -> list[tuple[str, str]]:
    """The steps down to the place and itself."""
    way = crumbs(request, context.identity, context.folder)
    if isinstance(context, ItemContext):
        return [*way, (context.item.title, request.route_path("item", item=context.item.uid))]
    if context.is_root:
        return way
    return [*way, (context.folder.name, request.route_path("folder", folder=context.folder.uid))]
