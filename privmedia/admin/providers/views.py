"""The page of the company's own sign-in."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.groups import Groups
from privmedia.admin.providers.forms import ProviderGroupForm
from privmedia.admin.providers.syncing import Syncs
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.providers.groups import ProviderGroups
from privmedia.web.i18n import _
from privmedia.web.pages import flash
from privmedia.web.rights import Right

PAGE = "admin/providers.jinja2"


@view_config(route_name="admin_providers", request_method="GET", permission=Right.ADMINISTER, renderer=PAGE)
def providers(request: Request) -> dict[str, Any]:
    return _page(request, ProviderGroupForm())


@view_config(
    route_name="admin_providers", request_method="POST", permission=Right.ADMINISTER, renderer=PAGE,
    request_param="remove",
)
def remove(request: Request) -> Response:
    number = request.POST["remove"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    request.write(ProviderGroups).remove(int(number), request.identity.author)
    flash(request, _("Taken out. Whoever was in the group by it leaves at their next sign-in."))
    return HTTPSeeOther(request.route_path("admin_providers"))


@view_config(
    route_name="admin_providers", request_method="POST", permission=Right.ADMINISTER, request_param="sync"
)
def look_now(request: Request) -> Response:
    """Have it looked now who has left the directory."""
    directory = request.installation.settings.directory
    if directory is None or not directory.bind_dn:
        raise NotFound
    request.write(Syncs).ask()
    flash(request, _("It is looked now who has left. Load this page again in a moment."))
    return HTTPSeeOther(request.route_path("admin_providers"))


@view_config(route_name="admin_providers", request_method="POST", permission=Right.ADMINISTER, renderer=PAGE)
def add(request: Request) -> Any:
    form = ProviderGroupForm.of(request)
    try:
        if form.validate():
            request.write(ProviderGroups).add(
                provider=form["provider"].data or "", value=form["value"].data, group=form["group"].data or "",
                by=request.identity.author,
            )
            flash(request, _("Added. It counts from the next sign-in of each person on."))
            return HTTPSeeOther(request.route_path("admin_providers"))
    except (Invalid, Conflict) as error:
        form.refuse(error, "value")
    request.response.status_int = 422
    return _page(request, form)


def _page(request: Request, form: ProviderGroupForm) -> dict[str, Any]:
    settings = request.installation.settings
    groups = request.read(Groups).groups()
    form["provider"].choices = [(one.name, one.text) for one in settings.sources]
    form["group"].choices = [(group.uid, group.name) for group, _size in groups]
    sizes = {group.id: size for group, size in groups}
    texts = {one.name: one.text for one in settings.sources}
    rows = [
        (row, group, sizes[group.id], texts.get(row.provider)) for row, group in request.read(ProviderGroups).rows()
    ]
    addresses = {
        one.name: [
            settings.base_url + request.route_path(route, provider=one.name)
            for route in ("provider_back", "provider_logged_out")
        ]
        for one in settings.providers
    }
    directory = settings.directory
    return {
        "form": form,
        "rows": rows,
        "providers": settings.providers,
        "addresses": addresses,
        "sources": settings.sources,
        "header": settings.header,
        "directory": directory,
        "last_sync": request.read(Syncs).last() if directory is not None else None,
    }
