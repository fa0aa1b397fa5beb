"""The page that says what a group's end would mean, and ends it."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config, view_defaults

from privmedia.accounts.groups import Groups
from privmedia.admin.groups.deleting import DeletingGroups
from privmedia.admin.groups.resources import GroupContext
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right


@view_defaults(route_name="admin_group_delete", permission=Right.ADMINISTER, renderer="admin/group_delete.jinja2")
class Deleting:
    def __init__(self, context: GroupContext, request: Request) -> None:
        self.request = request
        self.group = context.group

    @view_config(request_method="GET")
    def show(self) -> Any:
        consequences = self.request.read(DeletingGroups).consequences(self.group, reader=self.request.identity)
        return {
            "group": self.group,
            "people": self.request.read(Groups).size(self.group),
            "consequences": consequences,
        }

    @view_config(request_method="POST")
    def delete(self) -> Any:
        group = self.request.write(Groups).group(self.group.uid)
        self.request.write(DeletingGroups).delete(group=group, by=self.request.identity)
        flash(self.request, _("The group ${name} is deleted.", mapping={"name": self.group.name}))
        return HTTPSeeOther(self.request.route_path("admin_groups"))
