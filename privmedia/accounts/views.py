"""Signing in and out, the first start, one's own account."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.browsers import browser_in_words
from privmedia.accounts.cookies import forget_session_cookie, session_token, set_session_cookie
from privmedia.accounts.first_start import FirstStart
from privmedia.accounts.forms import NewPasswordForm, SetupForm, SignInForm
from privmedia.accounts.identity import Identity
from privmedia.accounts.passwords import new_hash
from privmedia.accounts.return_to import return_to
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignIns, WrongPassword, confirm, sign_in
from privmedia.accounts.throttle import ACCOUNT_FROM_ADDRESS
from privmedia.audit.service import FAILED
from privmedia.errors import Conflict, Invalid, NotFound, Throttled
from privmedia.web.forms import Form
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

LOGIN = "accounts/login.jinja2"
SETUP = "accounts/setup.jinja2"
SETUP_USED = "accounts/setup_used.jinja2"
ACCOUNT = "accounts/account.jinja2"


@view_config(route_name="login", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=LOGIN)
def login_form(request: Request) -> Any:
    there = return_to(request.GET.get("next", "/"))
    if request.identity is not None:
        return HTTPSeeOther(there)
    ended = None
    if request.read(SignIns).ran_out(session_token(request)):
        hours = request.installation.settings.session_idle_hours
        ended = (
            _("You were signed out after ${hours} hours.", mapping={"hours": hours}),
            _("Sign in and you come back to this page."),
        )
    return _login_page(SignInForm(), there, ended)


@view_config(route_name="login", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=LOGIN)
def login(request: Request) -> Any:
    """Outside the request's transaction: hashing takes its time, and a refused try has to be counted."""
    form, there = SignInForm.of(request), return_to(request.POST.get("next", "/"))
    if not form.validate():
        request.response.status_int = 422
        return _login_page(form, there)
    try:
        signed_in = sign_in(
            request.installation,
            email=form["email"].data,
            password=form["password"].data,
            keep=form["keep"].data,
            address=request.remote_addr or "",
            browser=request.user_agent or "",
            replaces=session_token(request),
        )
    except WrongPassword as wrong:
        request.note("sign-in", outcome=FAILED, target=_loggable(form["email"].data))
        request.response.status_int = 401
        return _login_page(form, there, (_(wrong.sentence), _tries_left(wrong.tries_left)))
    except Throttled as slowed:
        request.response.status_int = 429
        request.response.headers["Retry-After"] = str(slowed.retry_after)
        return _login_page(form, there, (_("Too many tries."), _wait(slowed.retry_after)))
    response = HTTPSeeOther(there)
    set_session_cookie(request, response, signed_in)
    return response


@view_config(route_name="logout", request_method="POST", permission=Right.LEAVE)
def logout(request: Request) -> Response:
    identity: Identity = request.identity
    request.write(SignIns).sign_out(session_id=identity.session_id, by=identity.author)
    response = HTTPSeeOther(request.route_path("login"))
    forget_session_cookie(request, response)
    return response


@view_config(route_name="setup", request_method="GET", permission=NO_PERMISSION_REQUIRED, renderer=SETUP)
def setup_form(request: Request) -> Any:
    if not request.read(FirstStart).is_open(request.matchdict["token"]):
        return _setup_used(request)
    return {"form": SetupForm()}


@view_config(route_name="setup", request_method="POST", permission=NO_PERMISSION_REQUIRED, renderer=SETUP)
def setup(request: Request) -> Any:
    token, form = request.matchdict["token"], SetupForm.of(request)
    if not request.read(FirstStart).is_open(token):
        return _setup_used(request)
    if not form.validate():
        return _refused(request, {"form": form})
    answers = {name: form[name].data for name in ("organisation", "name", "email")}
    address = request.remote_addr or ""
    try:
        password_hash = _hash(request, form, "password", words=answers.values())
        user = request.write(FirstStart).finish(token=token, password_hash=password_hash, address=address, **answers)
        signed_in = request.write(SignIns).begin(
            user=user, keep=False, address=address, browser=request.user_agent or ""
        )
    except NotFound:
        return _setup_used(request)
    except (Invalid, Conflict) as error:
        form.refuse(error, "email")
        return _refused(request, {"form": form})
    response = HTTPSeeOther(request.route_path("library"))
    set_session_cookie(request, response, signed_in)
    return response


@view_config(route_name="account", request_method="GET", permission=Right.ACCOUNT, renderer=ACCOUNT)
def account(request: Request) -> Any:
    return _account_page(request, NewPasswordForm())


@view_config(
    route_name="account",
    request_method="POST",
    request_param="do=password",
    permission=Right.ACCOUNT,
    renderer=ACCOUNT,
)
def change_password(request: Request) -> Any:
    identity: Identity = request.identity
    form = NewPasswordForm.of(request)
    if not form.validate():
        return _refused(request, _account_page(request, form))
    try:
        confirm(request.installation, identity=identity, password=form["old"].data)
        words = (identity.name, identity.email, request.organisation)
        password_hash = _hash(request, form, "new", words=words)
    except WrongPassword:
        request.note("user.password", outcome=FAILED, target=identity.email)
        form["old"].errors = [_("That is not your current password.")]
        return _refused(request, _account_page(request, form), status=403)
    except Invalid as error:
        form.refuse(error)
        return _refused(request, _account_page(request, form))
    accounts, sign_ins = request.write(Accounts), request.write(SignIns)
    user = accounts.user_by_email(identity.email)
    accounts.set_password(user=user, password_hash=password_hash, keeps_session=identity.session_id, by=identity)
    response = HTTPSeeOther(request.route_path("account"))
    set_session_cookie(request, response, sign_ins.renew(session_id=identity.session_id))
    flash(request, _("Your password is changed. You are signed out everywhere else."))
    return response


@view_config(route_name="account", request_method="POST", request_param="do=sign_out", permission=Right.ACCOUNT)
def end_session(request: Request) -> Response:
    identity: Identity = request.identity
    uid = request.POST.get("session", "")
    request.write(SignIns).end(uid=uid, user_id=identity.user_id, by=identity)
    flash(request, _("That browser is signed out."))
    return HTTPSeeOther(request.route_path("account"))


@view_config(
    route_name="account", request_method="POST", request_param="do=sign_out_others", permission=Right.ACCOUNT
)
def end_other_sessions(request: Request) -> Response:
    identity: Identity = request.identity
    request.write(SignIns).end_all(user_id=identity.user_id, but=identity.session_id, by=identity)
    flash(request, _("You are signed out everywhere else."))
    return HTTPSeeOther(request.route_path("account"))


@view_config(route_name="menu", permission=Right.SIGNED_IN, request_method="GET", renderer="accounts/menu.jinja2")
def menu(request: Request) -> Any:
    return {}


def _login_page(form: Form, there: str, problem: tuple[Any, Any] | None = None) -> dict[str, Any]:
    return {"form": form, "next": there if there != "/" else "", "problem": problem}


def _account_page(request: Request, form: Form) -> dict[str, Any]:
    identity: Identity = request.identity
    sessions = [
        {
            "uid": each.uid,
            "current": each.id == identity.session_id,
            "created_at": each.created_at,
            "last_used_at": each.last_used_at,
            "address": each.address,
            "browser": browser_in_words(each.browser),
        }
        for each in request.read(SignIns).live(user_id=identity.user_id)
    ]
    return {"form": form, "sessions": sessions}


def _setup_used(request: Request) -> dict[str, Any]:
    request.response.status_int = 410
    request.override_renderer = SETUP_USED
    return {}


def _refused(request: Request, page: dict[str, Any], status: int = 422) -> dict[str, Any]:
    request.response.status_int = status
    return page


def _hash(request: Request, form: Form, field: str, *, words: Any) -> str:
    rounds = request.installation.settings.bcrypt_rounds
    return new_hash(form[field].data, words=[word for word in words if word], rounds=rounds, field=field)


def _tries_left(tries: int) -> Any:
    mapping = {"tries": tries, "minutes": int(ACCOUNT_FROM_ADDRESS.wait.total_seconds() // 60)}
    if tries == 0:
        return _("Now we wait ${minutes} minutes.", mapping=mapping)
    if tries == 1:
        return _("After 1 more try we wait ${minutes} minutes.", mapping=mapping)
    return _("After ${tries} more tries we wait ${minutes} minutes.", mapping=mapping)


def _wait(seconds: int) -> Any:
    minutes = max(1, -(-seconds // 60))
    if minutes == 1:
        return _("Wait 1 minute, then try again.")
    return _("Wait ${minutes} minutes, then try again.", mapping={"minutes": minutes})


def _loggable(email: str) -> str:
    # A password typed into the wrong field must not end up in the log.
    return email if "@" in email else "(no email address)"
