"""The people: found, counted, as a page and as a file."""
from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.accounts.groups import Groups
from privmedia.admin.paging import Pages, page_number
from privmedia.admin.users.roster import PAGE, Roster, Show, Sort, Wanted
from privmedia.audit.service import DONE
from privmedia.web.csv_files import csv_file
from privmedia.web.i18n import _
from privmedia.web.rights import Right

Choice = TypeVar("Choice", bound=StrEnum)
LONGEST_SEARCH = 100
CHIPS = {
    Show.EVERYONE: _("Everyone"),
    Show.ADMINISTRATORS: _("Administrators"),
    Show.INVITED: _("Invited"),
    Show.NO_TWO_FACTOR: _("No two-factor"),
    Show.DISABLED: _("Disabled"),
    Show.GUESTS: _("Guests"),
}


@view_config(route_name="admin", permission=Right.ADMINISTER, request_method="GET")
def admin(request: Request) -> Response:
    return HTTPSeeOther(request.route_path("admin_users"))


@view_config(
    route_name="admin_users", request_method="GET", permission=Right.ADMINISTER, renderer="admin/users.jinja2"
)
def users(request: Request) -> Any:
    roster, wanted, given = request.read(Roster), *_wanted(request)
    counts = roster.counts(wanted)
    pages = Pages(page_number(request), PAGE, counts[wanted.show])

    def address(**change: Any) -> str:
        query = {name: value for name, value in {**given, **change}.items() if value}
        return str(request.route_path("admin_users", _query=query))

    return {
        "rows": roster.page(wanted, pages.number),
        "chips": [
            {"text": text, "count": counts[show], "url": address(show=show), "current": show is wanted.show}
            for show, text in CHIPS.items()
        ],
        "totals": counts if not (wanted.q or wanted.group) else roster.counts(Wanted()),
        "groups": request.read(Groups).groups(),
        "wanted": wanted,
        "sorted_by": {sort: address(show=wanted.show, sort=sort) for sort in Sort},
        "pages": pages.links(lambda number: address(show=wanted.show, sort=wanted.sort, page=number)),
        "file": request.route_path("admin_users_csv", _query={**given, "show": wanted.show}),
    }


@view_config(route_name="admin_users_csv", request_method="GET", permission=Right.ADMINISTER)
def users_as_file(request: Request) -> Response:
    wanted, _given = _wanted(request)
    rows = request.read(Roster).everyone(wanted)
    request.note("user.export", outcome=DONE)
    return csv_file(
        "people.csv",
        ("email", "name", "groups", "guest", "admin", "state", "two-factor", "uploads", "last seen", "since"),
        (
            (
                row.user.email,
                row.user.name,
                "; ".join(row.groups),
                "yes" if row.user.is_guest else "no",
                "yes" if row.user.is_admin else "no",
                row.state,
                "yes" if row.two_factor else "no",
                row.uploads,
                row.user.last_seen_at.isoformat(timespec="seconds") if row.user.last_seen_at else "",
                row.user.created_at.isoformat(timespec="seconds"),
            )
            for row in rows
        ),
    )


def _wanted(request: Request) -> tuple[Wanted, dict[str, str]]:
    """What the address asks for; what is no filter is none. And the fields that go on from page to page."""
    q = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    groups = {group.uid: group for group, _size in request.read(Groups).groups()}
    group = groups.get(request.GET.get("group", ""))
    wanted = Wanted(
        q=q,
        show=_chosen(Show, request.GET.get("show"), Show.EVERYONE),
        group=group,
        sort=_chosen(Sort, request.GET.get("sort"), Sort.NAME),
    )
    return wanted, {"q": q, "group": group.uid if group else ""}


def _chosen(choices: type[Choice], text: str | None, otherwise: Choice) -> Choice:
    return choices(text) if text in [choice.value for choice in choices] else otherwise
