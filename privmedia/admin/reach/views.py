"""Everything one person can reach, and through what: as a page, and as a table to keep."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.groups import Groups
from privmedia.accounts.models import Group
from privmedia.admin.users.resources import PersonContext
from privmedia.errors import NotFound
from privmedia.library.cards import Uploader
from privmedia.library.reach import Reach, Reaches
from privmedia.library.reach_tree import Show
from privmedia.library.reach_views import page_number, page_of
from privmedia.library.reach_words import about, reasons
from privmedia.library.why_views import may_view_as
from privmedia.sharing.stopping import Stopping
from privmedia.web.csv_files import csv_file
from privmedia.web.rights import Right

HEADER = ("path", "kind", *(permission.word.lower() for permission in Permission), "blocked", "items", "because")


@view_config(
    route_name="admin_user_access", request_method="GET", permission=Right.ADMINISTER, renderer="admin/reach.jinja2"
)
def reach(context: PersonContext, request: Request) -> Any:
    show, without = _show(request), _group(request)
    found = request.read(Reaches).of(context.user, without=without, every=show is Show.ALL)
    rows = found.changed() if found.loss is not None else found.shown(show)
    chips = [(each, _count(found, each)) for each in Show]
    kept = {"without": without.uid} if without is not None else {"show": show.value}
    return {
        "user": context.user,
        "face": Uploader.of(context.user),
        "reach": found,
        "show": show,
        "chips": chips,
        "without": without,
        "links": request.read(Stopping).with_maker(context.user.id),
        "links_lost": request.read(Stopping).by_leaving(context.user, without.id) if without is not None else [],
        "sources": [(source, list(about(source))) for source in found.sources],
        "may_view_as": may_view_as(request, context.user),
        **page_of(request, found, rows, kept, page_number(request)),
    }


@view_config(route_name="admin_user_access_csv", request_method="GET", permission=Right.ADMINISTER)
def table(context: PersonContext, request: Request) -> Response:
    found = request.read(Reaches).of(context.user, every=True)
    return csv_file(f"access-{context.user.email}.csv", HEADER, _lines(found))


def _lines(found: Reach) -> Iterator[list[object]]:
    for row in found.rows:
        if not (row.place.rights or row.place.denied):
            continue
        because = "; ".join(str(reason.sentence) for reason in reasons(row, found))
        rights = ["yes" if given else "no" for given in row.given]
        kind = row.kind.value if row.kind is not None else "folder"
        yield [row.path or "/", kind, *rights, "yes" if row.place.denied else "no", row.items, because]


def _count(found: Reach, show: Show) -> int:
    """The number on a chip; closed places stand among the others so that one sees them, and are not counted."""
    if show is Show.ALL:
        return found.of_folders
    return sum(row.place.seen or show is not Show.REACH for row in found.shown(show))


def _show(request: Request) -> Show:
    asked = request.GET.get("show", "")
    return Show(asked) if asked in list(Show) else Show.REACH


def _group(request: Request) -> Group | None:
    """The group of "what if … leaves"; None for none, or one that is not there."""
    try:
        group: Group = request.read(Groups).group(request.GET.get("without", ""))
    except NotFound:
        return None
    return group
