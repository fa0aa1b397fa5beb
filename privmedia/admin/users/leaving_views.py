"""Somebody leaves: the pages that say beforehand what that means, and do it."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config, view_defaults

from privmedia.accounts.confirming import JUST_NOW
from privmedia.accounts.models import User
from privmedia.admin.people import one_person
from privmedia.admin.users.forms import HeirForm
from privmedia.admin.users.leaving import Leaving
from privmedia.admin.users.person_page import back_to, writable
from privmedia.admin.users.resources import PersonContext
from privmedia.errors import Conflict, Invalid
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


class Goodbye:
    """What both pages share: the outlook, and a form for who takes over."""

    def __init__(self, context: PersonContext, request: Request) -> None:
        self.request = request
        self.user = context.user
        self.form: Form = HeirForm()

    def page(self, status: int = 200) -> dict[str, Any]:
        self.request.response.status_int = status
        return {
            "user": self.user,
            "outlook": self.request.read(Leaving).outlook(self.user),
            "myself": self.user.id == self.request.identity.user_id,
            "form": self.form,
        }

    def heir(self) -> User | None:
        """Who takes over, if anybody was typed. Raises Invalid."""
        self.form = HeirForm.of(self.request)
        typed = (self.form["heir"].data or "").strip()
        if not typed:
            return None
        return writable(self.request, one_person(self.request, typed, field="heir"))

    def refused(self, error: Invalid | Conflict) -> dict[str, Any]:
        self.form.refuse(error)
        return self.page(409 if isinstance(error, Conflict) else 422)


@view_defaults(route_name="admin_user_disable", permission=Right.ADMINISTER, renderer="admin/user_disable.jinja2")
class Disabling(Goodbye):
    @view_config(request_method="GET")
    def show(self) -> Any:
        return self.page()

    @view_config(request_method="POST")
    def disable(self) -> Any:
        try:
            user, heir = writable(self.request, self.user), self.heir()
            self.request.write(Leaving).disable(user=user, heir=heir, by=self.request.identity)
        except (Invalid, Conflict) as error:
            return self.refused(error)
        named = {"name": user.name}
        return back_to(self.request, user, _("${name} is signed out and cannot sign in any more.", mapping=named))


@view_defaults(route_name="admin_user_delete", permission=Right.ADMINISTER, renderer="admin/user_delete.jinja2")
class Deleting(Goodbye):
    @view_config(request_method="GET")
    def show(self) -> Any:
        return self.page()

    @view_config(request_method="POST", confirmed=JUST_NOW)
    def delete(self) -> Any:
        try:
            user, heir = writable(self.request, self.user), self.heir()
            self.request.write(Leaving).delete(user=user, heir=heir, by=self.request.identity)
        except (Invalid, Conflict) as error:
            return self.refused(error)
        if heir is None:
            flash(self.request, _("${name} is deleted.", mapping={"name": self.user.name}))
        else:
            named = {"name": self.user.name, "heir": heir.name}
            flash(self.request, _("${name} is deleted. ${heir} has what they added.", mapping=named))
        return HTTPSeeOther(self.request.route_path("admin_users"))
