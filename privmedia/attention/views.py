"""Who watched an item: the page, and the same as files for spreadsheets."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.attention.curve import draw
from privmedia.attention.pages import HAVE_TIME, chapters_of
from privmedia.attention.service import Show, Viewer, Vouched, WhoWatched
from privmedia.audit.service import DONE
from privmedia.library.models import Version
from privmedia.library.resources import ItemContext
from privmedia.library.views import crumbs, itself
from privmedia.traffic.service import Sendings
from privmedia.web.csv_files import csv_file
from privmedia.web.rights import Right

MOST_VOUCHED = 100
"""Of those whom sites named so many stand on the page, and all in the file."""
SENT_DAYS = 30
"""For so long back it is said how much was sent."""
WATCHED = "attention/watched.jinja2"


@view_config(route_name="item_watched", permission=Right.EDIT, request_method="GET", renderer=WATCHED)
def who_watched(context: ItemContext, request: Request) -> Any:
    service, version = request.read(WhoWatched), _version(context, request)
    watched = service.of(version)
    home = request.route_path("item", item=context.item.uid)
    return {
        "item": context.item,
        "watched": watched,
        "drawing": draw(watched, chapters_of(request, version)) if watched.drawn else None,
        "crumbs": [
            *crumbs(request, context.identity, context.folder),
            *itself(request, context.identity, context.folder),
            (context.item.title, home),
        ],
        "versions": service.numbers(context.item),
        "names": service.names,
        "people": _people(context, request, version) if _sees_names(context, request) else None,
        "vouched": service.vouched(version, MOST_VOUCHED + 1) if _sees_names(context, request) else (),
        "most_vouched": MOST_VOUCHED,
        "days": request.installation.settings.who_watched_days,
        "sent": request.read(Sendings).of_item(context.item.id, days=SENT_DAYS),
        "sent_days": SENT_DAYS,
    }


@view_config(route_name="item_watched_csv", permission=Right.EDIT, request_method="GET")
def curve_as_file(context: ItemContext, request: Request) -> Response:
    """The curve. What is not drawn stands in no file either."""
    version = _version(context, request)
    watched = request.read(WhoWatched).of(version)
    steps = ((step.start, step.end, step.watchers, step.viewings) for step in watched.steps)
    return csv_file(f"who-watched-{context.item.uid}.csv", ("from", "to", "watchers", "viewings"), steps)


@view_config(route_name="item_watched_people_csv", permission=Right.MANAGE, request_method="GET")
def people_as_file(context: ItemContext, request: Request) -> Response:
    """The people; where no names are shown, the page that says so. That they were taken along stands in the log."""
    version = _version(context, request)
    if not _sees_names(context, request):
        return HTTPSeeOther(request.route_path("item_watched", item=context.item.uid))
    request.note("item.who-watched-export", target=f"item:{context.item.uid}", outcome=DONE)
    header = ("name", "email", "percent", "to the end", "viewings", "where", "first", "last")
    service = request.read(WhoWatched)
    rows = chain(_rows(service.everybody(version)), _rows_of_sites(service.vouched(version)))
    return csv_file(f"who-watched-people-{context.item.uid}.csv", header, rows)


def _rows(people: Iterable[Viewer]) -> Iterator[tuple[object, ...]]:
    for one in people:
        first, last = (moment.isoformat(timespec="seconds") if moment else "" for moment in (one.since, one.last_at))
        ended = "yes" if one.ended else "no"
        yield one.user.name, one.user.email, one.share, ended, one.times, one.way, first, last


def _rows_of_sites(people: Iterable[Vouched]) -> Iterator[tuple[object, ...]]:
    """Whom a site named: without an address, and with the name of the site as where it was."""
    for one in people:
        first, last = (moment.isoformat(timespec="seconds") if moment else "" for moment in (one.since, one.last_at))
        yield one.name, "", one.share, "yes" if one.ended else "no", one.times, one.site, first, last


def _people(context: ItemContext, request: Request, version: Version) -> dict[str, Any]:
    """The list of people, as the address asks for it (`show`, `page`)."""
    service, asked = request.read(WhoWatched), request.GET.get("show", "")
    show = Show(asked) if asked in list(Show) else Show.WATCHED
    viewers, waiting = service.not_started(version, context.item)
    page = _number(request.GET.get("page", "")) or 1
    if show is Show.NOT_STARTED:
        rows, more = service.named(waiting, page)
    else:
        rows, more = service.people(version, show, page)
    counts = {
        Show.WATCHED: service.count(version, Show.WATCHED),
        Show.ENDED: service.count(version, Show.ENDED),
        Show.NOT_STARTED: len(waiting),
    }

    def address(**query: Any) -> str:
        of = {} if version.number == context.item.current else {"v": version.number}
        return str(request.route_path("item_watched", item=context.item.uid, _query={**of, **query}))

    return {
        "rows": rows,
        "show": show,
        "counts": counts,
        "viewers": viewers,
        "addresses": {each: address(show=each.value) for each in Show},
        "next_page": address(show=show.value, page=page + 1) if more else None,
    }


def _version(context: ItemContext, request: Request) -> Version:
    """The version that the address asks for (`v`), or the shown one. Raises NotFound, also for what has no time."""
    asked = request.GET.get("v", "")
    number = _number(asked)
    if context.item.kind not in HAVE_TIME or (asked and number is None):
        raise HTTPNotFound
    found: Version = request.read(WhoWatched).version(context.item, number)
    return found


def _sees_names(context: ItemContext, request: Request) -> bool:
    return request.read(WhoWatched).names and Permission.MANAGE in context.rights


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 and int(text) else None
