"""The people: found, added, changed, disabled."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from privmedia.accounts.groups import Groups
from privmedia.accounts.models import User
from privmedia.accounts.passwords import new_hash
from privmedia.accounts.service import Accounts
from privmedia.admin.users.forms import NewUserForm, PasswordForm, ProfileForm
from privmedia.admin.users.resources import PersonContext
from privmedia.errors import Conflict, Invalid
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

ON_A_PAGE = 50


@view_config(route_name="admin", permission=Right.ADMINISTER, request_method="GET")
def admin(request: Request) -> Response:
    return HTTPSeeOther(request.route_path("admin_users"))


@view_config(
    route_name="admin_users", request_method="GET", permission=Right.ADMINISTER, renderer="admin/users.jinja2"
)
def users(request: Request) -> Any:
    q, page = request.GET.get("q", "").strip()[:100], _page_number(request)
    accounts = request.read(Accounts)
    found = accounts.users(q=q, offset=(page - 1) * ON_A_PAGE, limit=ON_A_PAGE + 1)
    more = {"q": q, "page": page + 1} if q else {"page": page + 1}
    return {
        "users": found[:ON_A_PAGE],
        "count": accounts.count(q=q),
        "q": q,
        "next_page": request.route_path("admin_users", _query=more) if len(found) > ON_A_PAGE else None,
    }


@view_config(
    route_name="admin_user_new", request_method="GET", permission=Right.ADMINISTER, renderer="admin/user_form.jinja2"
)
def new_user_form(request: Request) -> Any:
    return {"form": NewUserForm()}


@view_config(
    route_name="admin_user_new", request_method="POST", permission=Right.ADMINISTER, renderer="admin/user_form.jinja2"
)
def add_user(request: Request) -> Any:
    form = NewUserForm.of(request)
    if not form.validate():
        return _refused(request, {"form": form})
    answers = {name: form[name].data for name in ("email", "name", "admin", "guest")}
    try:
        password_hash = _hash(request, form, answers["name"], answers["email"])
        user = request.write(Accounts).add_user(**answers, password_hash=password_hash, by=request.identity)
    except (Invalid, Conflict) as error:
        form.refuse(error, "email")
        return _refused(request, {"form": form})
    flash(request, _("${name} can sign in now.", mapping={"name": user.name}))
    return HTTPSeeOther(request.route_path("admin_user", user=user.uid))


@view_defaults(route_name="admin_user", permission=Right.ADMINISTER, renderer="admin/user.jinja2")
class OneUser:
    """One person: several small forms, each with its own verb in `do`."""

    def __init__(self, context: PersonContext, request: Request) -> None:
        self.request = request
        self.user = context.user
        self.profile: Form = ProfileForm(
            name=context.user.name, admin=context.user.is_admin, guest=context.user.is_guest
        )
        self.password: Form = PasswordForm()
        self.problem = ""

    @view_config(request_method="GET")
    def show(self) -> Any:
        groups = self.request.read(Groups)
        mine = {group.id for group in groups.groups_of(self.user)}
        return {
            "user": self.user,
            "groups": [{"uid": each.uid, "name": each.name, "member": each.id in mine} for each, _n in groups.groups()],
            "profile": self.profile,
            "form": self.password,
            "problem": self.problem,
        }

    @view_config(request_method="POST", request_param="do=profile")
    def change(self) -> Any:
        form = self.profile = ProfileForm.of(self.request)
        if not form.validate():
            return _refused(self.request, self.show())
        changes = {name: form[name].data for name in ("name", "admin", "guest")}
        try:
            self.accounts.change_user(user=self.same_user, **changes, by=self.request.identity)
        except (Invalid, Conflict) as error:
            form.refuse(error)
            return _refused(self.request, self.show())
        return self.done(_("Saved."))

    @view_config(request_method="POST", request_param="do=groups")
    def set_groups(self) -> Any:
        groups = self.request.write(Groups)
        chosen = [groups.group(uid) for uid in dict.fromkeys(self.request.POST.getall("group"))]
        groups.set_groups_of(user=self.same_user, groups=chosen, by=self.request.identity)
        return self.done(_("The groups are saved."))

    @view_config(request_method="POST", request_param="do=password")
    def set_password(self) -> Any:
        form = self.password = PasswordForm.of(self.request)
        if not form.validate():
            return _refused(self.request, self.show())
        try:
            password_hash = _hash(self.request, form, self.user.name, self.user.email)
        except Invalid as error:
            form.refuse(error)
            return _refused(self.request, self.show())
        self.accounts.set_password(user=self.same_user, password_hash=password_hash, by=self.request.identity)
        return self.done(_("The password is set, and ${name} is signed out everywhere.", mapping=self.named))

    @view_config(request_method="POST", request_param="do=disable")
    def disable(self) -> Any:
        try:
            self.accounts.disable(user=self.same_user, by=self.request.identity)
        except Conflict as error:
            self.problem = error.sentence
            return _refused(self.request, self.show(), status=409)
        return self.done(_("${name} is signed out and cannot sign in any more.", mapping=self.named))

    @view_config(request_method="POST", request_param="do=enable")
    def enable(self) -> Any:
        self.accounts.enable(user=self.same_user, by=self.request.identity)
        return self.done(_("${name} can sign in again.", mapping=self.named))

    @property
    def accounts(self) -> Accounts:
        service: Accounts = self.request.write(Accounts)
        return service

    @property
    def same_user(self) -> User:
        """The person again, as the writing session knows them."""
        return self.accounts.user(self.user.uid)

    @property
    def named(self) -> dict[str, str]:
        return {"name": self.user.name}

    def done(self, sentence: Any) -> Response:
        flash(self.request, sentence)
        return HTTPSeeOther(self.request.route_path("admin_user", user=self.user.uid))


def _page_number(request: Request) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _hash(request: Request, form: Form, *words: str) -> str:
    known = [word for word in (*words, request.organisation) if word]
    return new_hash(form["password"].data, words=known, rounds=request.installation.settings.bcrypt_rounds)


def _refused(request: Request, page: Any, status: int = 422) -> Any:
    request.response.status_int = status
    return page
