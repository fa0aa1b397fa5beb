"""One person: who they are, their groups, and letting them in again."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config, view_defaults

from privmedia.accounts.groups import Groups
from privmedia.accounts.service import Accounts
from privmedia.admin.users.forms import ProfileForm
from privmedia.admin.users.person_page import PERSON, back_to, person_page, writable
from privmedia.admin.users.resources import PersonContext
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.quotas.forms import QuotaForm
from privmedia.quotas.service import Quotas
from privmedia.web.i18n import _
from privmedia.web.rights import Right


@view_defaults(route_name="admin_user", permission=Right.ADMINISTER, renderer=PERSON)
class OnePerson:
    """The page, and its forms; the field `do` says which."""

    def __init__(self, context: PersonContext, request: Request) -> None:
        self.request = request
        self.user = context.user

    @view_config(request_method="GET")
    def show(self) -> Any:
        return person_page(self.request, self.user)

    @view_config(request_method="POST", request_param="do=profile")
    def change(self) -> Any:
        form = ProfileForm.of(self.request)
        if not form.validate():
            return person_page(self.request, self.user, status=422, profile=form)
        changes = {name: form[name].data for name in ("name", "email", "admin", "guest")}
        user = writable(self.request, self.user)
        try:
            self.request.write(Accounts).change_user(user=user, **changes, by=self.request.identity)
        except (Invalid, Conflict) as error:
            form.refuse(error)
            return person_page(self.request, self.user, status=422, profile=form)
        return back_to(self.request, self.user, _("Saved."))

    @view_config(request_method="POST", request_param="do=quota")
    def give_space(self) -> Any:
        form = QuotaForm.of(self.request)
        try:
            if form.validate():
                user = writable(self.request, self.user)
                self.request.write(Quotas).limit_person(user, form.size(), by=self.request.identity)
                return back_to(self.request, self.user, _("Saved."))
        except Invalid as error:
            form.refuse(error)
        return person_page(self.request, self.user, status=422, quota=form)

    @view_config(request_method="POST", request_param="do=groups")
    def set_groups(self) -> Any:
        groups = self.request.write(Groups)
        try:
            chosen = [groups.group(uid) for uid in dict.fromkeys(self.request.POST.getall("group"))]
        except NotFound:
            problem = _("One of the groups is gone. Look again.")
            return person_page(self.request, self.user, status=422, problem=problem)
        groups.set_groups_of(user=writable(self.request, self.user), groups=chosen, by=self.request.identity)
        return back_to(self.request, self.user, _("The groups are saved."))

    @view_config(request_method="POST", request_param="do=enable")
    def enable(self) -> Any:
        self.request.write(Accounts).enable(user=writable(self.request, self.user), by=self.request.identity)
        named = {"name": self.user.name}
        return back_to(self.request, self.user, _("${name} can sign in again.", mapping=named))
