"""The groups, who is in them, and where they are used."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from privmedia.access.principals import group as principal_of
from privmedia.accounts.groups import PAGE, Groups
from privmedia.accounts.identity import COLOURS, initials
from privmedia.accounts.models import Group, User
from privmedia.accounts.service import Accounts
from privmedia.admin.groups.forms import GroupForm, PeopleForm
from privmedia.admin.groups.resources import GroupContext
from privmedia.admin.paging import Pages, page_number
from privmedia.admin.people import one_person
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.library.named import Named
from privmedia.quotas.forms import QuotaForm
from privmedia.quotas.service import Quotas, Space
from privmedia.text import Plural, Sentence
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

LONGEST_SEARCH = 100
MOST = 200
JOINED = Plural(
    "${count} person joined. They see now what the group sees.",
    "${count} people joined. They see now what the group sees.",
)
"""Lines in the form that adds people."""


def all_groups(request: Request) -> list[dict[str, Any]]:
    """All groups, each with how many people are in it, in how many places it is used, and how much they added."""
    found = request.read(Groups).groups()
    used = request.read(Named).counts([group.id for group, _size in found])
    added = request.read(Quotas).by_group()
    return [
        {
            "group": group,
            "size": size,
            "places": used.get(group.id, 0),
            "added": added.get(group.id, 0),
            "space": None if group.quota is None else Space(group.name, added.get(group.id, 0), group.quota),
        }
        for group, size in found
    ]


@view_defaults(route_name="admin_groups", permission=Right.ADMINISTER, renderer="admin/groups.jinja2")
class AllGroups:
    """All groups, and a form for a new one."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.form: Form = GroupForm()

    @view_config(request_method="GET")
    def show(self) -> Any:
        return {"groups": all_groups(self.request), "form": self.form}

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
        self.adding: Form = PeopleForm()
        self.quota: Form = QuotaForm.showing(context.group.quota)

    @view_config(request_method="GET")
    def show(self) -> Any:
        groups, q = self.request.read(Groups), self.request.GET.get("q", "").strip()[:LONGEST_SEARCH]
        found = groups.size(self.group, q=q)
        pages = Pages(page_number(self.request), PAGE, found)

        def address(number: int) -> str:
            query = {"q": q, "page": number} if q else {"page": number}
            return str(self.request.route_path("admin_group", group=self.group.uid, _query=query))

        everything = all_groups(self.request)
        return {
            "group": self.group,
            "groups": everything,
            "row": next(each for each in everything if each["group"].id == self.group.id),
            "size": groups.size(self.group) if q else found,
            "members": [
                {"user": user, "since": since, "avatar": {"initials": initials(user.name), "colour": user.id % COLOURS}}
                for user, since in groups.page(self.group, q=q, number=pages.number)
            ],
            "pages": pages.links(address),
            "q": q,
            "uses": self.request.read(Named).uses(principal_of(self.group.id)),
            "form": self.form,
            "adding": self.adding,
            "quota": self.quota,
        }

    @view_config(request_method="POST", request_param="do=rename")
    def rename(self) -> Any:
        form = self.form = GroupForm.of(self.request)
        try:
            if form.validate():
                name = form["name"].data
                self.writing.rename(group=self.same_group, name=name, by=self.request.identity)
                return self.done(_("The group has a new name."))
        except (Invalid, Conflict) as error:
            form.refuse(error, "name")
        return self.refused()

    @view_config(request_method="POST", request_param="do=quota")
    def give_space(self) -> Any:
        self.quota = form = QuotaForm.of(self.request)
        try:
            if form.validate():
                quotas = self.request.write(Quotas)
                quotas.limit_group(self.same_group, form.size(), by=self.request.identity)
                return self.done(_("Saved."))
        except Invalid as error:
            form.refuse(error)
        return self.refused()

    @view_config(request_method="POST", request_param="do=add")
    def add(self) -> Any:
        form = self.adding = PeopleForm.of(self.request)
        if not form.validate():
            return self.refused()
        typed = list(filter(None, (line.strip(" ,;") for line in form["people"].data.splitlines())))
        people = [self._meant(line) for line in typed[:MOST]]
        if len(typed) > MOST:
            form["people"].errors = [_("That is more than ${most} lines.", mapping={"most": MOST})]
        if form.errors:
            return self.refused()
        accounts = self.request.write(Accounts)
        users = [accounts.user(person.uid) for person in people if person is not None]
        joined = self.writing.join(group=self.same_group, users=users, by=self.request.identity)
        return self.done(Sentence(JOINED, {"count": joined}))

    @view_config(request_method="POST", request_param="do=remove")
    def remove(self) -> Any:
        accounts = self.request.write(Accounts)
        try:
            people = [accounts.user(uid) for uid in dict.fromkeys(self.request.POST.getall("user"))]
        except NotFound:
            people = []
        if not people:
            self.adding.form_errors.append(_("Choose a person."))
            return self.refused()
        self.writing.leave(group=self.same_group, users=people, by=self.request.identity)
        return self.done(_("They are no longer in the group."))

    def _meant(self, line: str) -> User | None:
        try:
            return one_person(self.request, line, field="people")
        except Invalid as error:
            self.adding["people"].errors = [*self.adding["people"].errors, error.sentence]
            return None

    @property
    def writing(self) -> Groups:
        service: Groups = self.request.write(Groups)
        return service

    @property
    def same_group(self) -> Group:
        """The group again, as the writing session knows it."""
        return self.writing.group(self.group.uid)

    def refused(self) -> Any:
        self.request.response.status_int = 422
        return self.show()

    def done(self, sentence: Any) -> Response:
        flash(self.request, sentence)
        return HTTPSeeOther(self.request.route_path("admin_group", group=self.group.uid))
