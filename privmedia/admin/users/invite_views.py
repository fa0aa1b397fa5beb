"""Inviting people, one or several at once."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config, view_defaults

from privmedia.accounts.groups import Groups
from privmedia.accounts.invitations import Invitation, Invitations, Newcomer
from privmedia.admin.users.forms import InviteForm, Line, lines_of
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

MOST = 200
"""People in one form. More come in a file."""
INVITED = "admin/invited.jinja2"


@view_defaults(route_name="admin_users_invite", permission=Right.ADMINISTER, renderer="admin/invite.jinja2")
class Inviting:
    """The form, and what comes of it. Everybody in it is invited, or nobody."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.form: Form = InviteForm()
        self.chosen = set(request.GET.getall("group"))

    @view_config(request_method="GET")
    def show(self) -> Any:
        groups = [group for group, _size in self.request.read(Groups).groups()]
        return {
            "form": self.form,
            "groups": groups,
            "chosen": self.chosen,
            "by_mail": bool(self.request.installation.settings.mail_url),
        }

    @view_config(request_method="POST")
    def invite(self) -> Any:
        form = self.form = InviteForm.of(self.request)
        self.chosen = set(self.request.POST.getall("group"))
        if not form.validate():
            return self._refused()
        lines = lines_of(form["people"].data)
        if len(lines) > MOST:
            form["people"].errors = [
                _("That is more than ${most} people. Import them from a file instead.", mapping={"most": MOST})
            ]
            return self._refused()
        try:
            groups = [self.request.write(Groups).group(uid) for uid in sorted(self.chosen)]
        except NotFound:
            form.form_errors.append(_("One of the groups is gone. Look again."))
            self.chosen = set()
            return self._refused()
        roles = {name: form[name].data for name in ("guest", "admin")}
        newcomers = [Newcomer(email=line.email, name=line.name, groups=groups, **roles) for line in lines]
        invitations = self.request.write(Invitations)
        for place, error in sorted(invitations.refusals(newcomers).items()):
            self._complain(lines[place], error, alone=len(lines) == 1)
        if form.errors:
            return self._refused()
        try:
            made = [invitations.invite(newcomer, by=self.request.identity) for newcomer in newcomers]
        except (Invalid, Conflict) as error:  # somebody else was faster
            form.refuse(error)
            return self._refused()
        return invitations_made(self.request, made)

    def _complain(self, line: Line, error: Invalid | Conflict, *, alone: bool) -> None:
        if getattr(error, "field", None) == "guest":
            self.form["guest"].errors = [error.sentence]
            return
        where = _("Line ${number}, ${text}:", mapping={"number": line.number, "text": line.email})
        translate = self.request.localizer.translate
        sentence = error.sentence if alone else f"{translate(where)} {translate(error.sentence)}"
        self.form["people"].errors = [*self.form["people"].errors, sentence]

    def _refused(self) -> Any:
        self.request.response.status_int = 422
        return self.show()


def invitations_made(request: Request, invitations: list[Invitation]) -> Any:
    """Where to go when people are invited: back to the list, or to the links, which are shown this once."""
    if any(invitation.address for invitation in invitations):
        return links_once(request, invitations)
    count = len(invitations)
    if count == 1:
        flash(request, _("${name} is invited. The letter is on its way.", mapping={"name": invitations[0].user.name}))
    else:
        flash(request, _("${count} people are invited. The letters are on their way.", mapping={"count": count}))
    return HTTPSeeOther(request.route_path("admin_users", _query={"show": "invited"}))


def links_once(request: Request, invitations: list[Invitation], *, for_password: bool = False) -> dict[str, Any]:
    """The page of links to be handed over. It is the answer to a POST, so that it cannot be opened again."""
    request.override_renderer = INVITED
    request.response.headers["Cache-Control"] = "no-store"
    return {"invitations": invitations, "for_password": for_password}
