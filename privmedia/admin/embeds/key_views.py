"""The page of keys with which the servers of sites vouch for their people. A secret is shown once, by what made it."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.confirming import JUST_NOW
from privmedia.admin.embeds.forms import SiteKeyForm
from privmedia.embedding.site_keys import SiteKeys
from privmedia.errors import Conflict, Invalid
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "admin/site_keys.jinja2"
ADMINISTERED: dict[str, Any] = {"permission": Right.ADMINISTER}
"""With it comes that who changes something here has said their password not long ago."""


@view_config(route_name="admin_site_keys", request_method="GET", renderer=PAGE, **ADMINISTERED)
def keys(request: Request) -> Any:
    return _page(request, SiteKeyForm())


@view_config(route_name="admin_site_keys", request_method="POST", renderer=PAGE, confirmed=JUST_NOW, **ADMINISTERED)
def add(request: Request) -> Any:
    form = SiteKeyForm.of(request)
    if not form.validate():
        return _page(request, form, status=422)
    try:
        key, secret = request.write(SiteKeys).add(
            name=form["name"].data, sites=form["sites"].data, by=request.identity
        )
    except (Invalid, Conflict) as error:
        form.refuse(error)
        return _page(request, form, status=409 if isinstance(error, Conflict) else 422)
    request.response.headers["Cache-Control"] = "no-store"
    return _page(request, SiteKeyForm(), made=(key, secret), service=request.write(SiteKeys))


@view_config(route_name="admin_site_key_remove", request_method="GET", renderer="admin/site_key.jinja2", **ADMINISTERED)
def ask_to_remove(request: Request) -> Any:
    service = request.read(SiteKeys)
    key = service.find(request.matchdict["key"])
    return {"key": key, "players": service.players().get(key.id, 0)}


@view_config(route_name="admin_site_key_remove", request_method="POST", **ADMINISTERED)
def remove(request: Request) -> Any:
    gone = request.write(SiteKeys).remove(uid=request.matchdict["key"], by=request.identity)
    flash(request, _("What is signed with “${name}” counts no more.", mapping={"name": gone.name}))
    return HTTPSeeOther(request.route_path("admin_site_keys"))


def _page(
    request: Request,
    form: SiteKeyForm,
    *,
    status: int = 200,
    made: tuple[Any, str] | None = None,
    service: SiteKeys | None = None,
) -> dict[str, Any]:
    request.response.status_int = status
    service = service or request.read(SiteKeys)
    return {
        "form": form,
        "keys": service.all(),
        "players": service.players(),
        "made": made,
        "allowed": request.installation.settings.embed_signed == "allowed",
        "hours": request.installation.settings.embed_signed_hours,
    }
