"""The groups, and who is in them."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import Group
from privmedia.accounts.service import Accounts
from privmedia.admin.groups.forms import GroupForm
from privmedia.admin.groups.resources import GroupContext
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_defaults(route_name="admin_groups", permission=Right.ADMINISTER, renderer="admin/groups.jinja2")
class AllGroups:
    """All groups, and a form for a new one."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.form: Form = GroupForm()

    @view_config(request_method="GET")
    def show(self) -> Any:
        return {"groups": self.request.read(Groups).groups(), "form": self.form}

    @view_config(request_method="POST")
    def add(self) -> Any:
        form = self.form = GroupForm.of(self.request)
        try:
            if form.validate():
                group = self.request.write(Groups).add_group(name=form["name"].data, by=self.request.identity)
                flash(self.request, _("The group is made. Now put people into it."))
                return HTTPSeeOther(self.request.route_path("admin_group", group=group.uid))
        except (Invalid, Conflict) as error:
            form.refuse(error, "name")
        self.request.response.status_int = 422
        return self.show()


@view_defaults(route_name="admin_group", permission=Right.ADMINISTER, renderer="admin/group.jinja2")
class OneGroup:
    """One group: its name, its people, each form with its own verb in `do`."""

    def __init__(self, context: GroupContext, request: Request) -> None:
        self.request = request
        self.group = context.group
        self.form: Form = GroupForm(name=context.group.name)
        self.problem = ""

    @view_config(request_method="GET")
    def show(self) -> Any:
        members = self.request.read(Groups).members(self.group)
        inside = {user.id for user in members}
        everyone = self.request.read(Accounts).users()
        others = [user for user in everyone if user.id not in inside and user.disabled_at is None]
        return {
            "group": self.group,
            "members": members,
            "others": others,
            "form": self.form,
            "problem": self.problem,
        }

    @view_config(request_method="POST", request_param="do=rename")
    def rename(self) -> Any:
        form = self.form = GroupForm.of(self.request)
        try:
            if form.validate():
                name = form["name"].data
                self.groups.rename(group=self.same_group, name=name, by=self.request.identity)
                return self.done(_("The group has a new name."))
        except (Invalid, Conflict) as error:
            form.refuse(error, "name")
        self.request.response.status_int = 422
        return self.show()

    @view_config(request_method="POST", request_param="do=add")
    def add(self) -> Any:
        return self._move(self.groups.join, _("They see now what the group sees."))

    @view_config(request_method="POST", request_param="do=remove")
    def remove(self) -> Any:
        return self._move(self.groups.leave, _("They are no longer in the group."))

    def _move(self, verb: Callable[..., int], sentence: Any) -> Any:
        uids = dict.fromkeys(self.request.POST.getall("user"))
        accounts = self.request.write(Accounts)
        try:
            people = [accounts.user(uid) for uid in uids]
        except NotFound:
            people = []
        if not people:
            self.problem = _("Choose a person.")
            self.request.response.status_int = 422
            return self.show()
        verb(group=self.same_group, users=people, by=self.request.identity)
        return self.done(sentence)

    @property
    def groups(self) -> Groups:
        service: Groups = self.request.write(Groups)
        return service

    @property
    def same_group(self) -> Group:
        """The group again, as the writing session knows it."""
        return self.groups.group(self.group.uid)

    def done(self, sentence: Any) -> Response:
        flash(self.request, sentence)
        return HTTPSeeOther(self.request.route_path("admin_group", group=self.group.uid))
