"""The first start: the page behind the link that makes the first administrator."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.accounts.cookies import set_session_cookie
from privmedia.accounts.first_start import FirstStart
from privmedia.accounts.forms import SetupForm
from privmedia.accounts.new_passwords import hash_of
from privmedia.accounts.sign_ins import SignIns
from privmedia.errors import Conflict, Invalid, NotFound

SETUP = "accounts/setup.jinja2"
SETUP_USED = "accounts/setup_used.jinja2"


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
        request.response.status_int = 422
        return {"form": form}
    answers = {name: form[name].data for name in ("organisation", "name", "email")}
    address = request.remote_addr or ""
    try:
        password_hash = hash_of(request, form["password"], words=answers.values())
        user = request.write(FirstStart).finish(token=token, password_hash=password_hash, address=address, **answers)
        signed_in = request.write(SignIns).begin(
            user=user, keep=False, address=address, browser=request.user_agent or ""
        )
    except NotFound:
        return _setup_used(request)
    except (Invalid, Conflict) as error:
        form.refuse(error, "email")
        request.response.status_int = 422
        return {"form": form}
    response = HTTPSeeOther(request.route_path("library"))
    set_session_cookie(request, response, signed_in)
    return response


def _setup_used(request: Request) -> dict[str, Any]:
    request.response.status_int = 410
    request.override_renderer = SETUP_USED
    return {}
