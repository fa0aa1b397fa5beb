"""The page of what was found, and what is suggested while somebody types."""
from __future__ import annotations

from typing import Any

from pyramid.request import Request
from pyramid.view import view_config

from privmedia.library.counting import Counting
from privmedia.library.models import Kind
from privmedia.library.resources import FolderContext
from privmedia.search.hits import BEST, FOLDERS, NEWEST, SINCE, Counts, Wanted
from privmedia.search.service import Search
from privmedia.search.words import Query
from privmedia.web.i18n import _
from privmedia.web.rights import Right

KINDS = {Kind.VIDEO: _("Video"), Kind.AUDIO: _("Audio"), Kind.IMAGE: _("Images"), Kind.DOCUMENT: _("Documents")}
MOST_TO_CHOOSE = 50
"""Folders and people offered to narrow a search to."""


def begun_in(request: Request) -> str:
    """`request.search_begun_in`: public id of the folder whose page this is, so that one can search in it alone."""
    context = getattr(request, "context", None)
    return context.folder.uid if isinstance(context, FolderContext) and not context.is_root else ""


@view_config(route_name="search", permission=Right.SIGNED_IN, request_method="GET", renderer="search/search.jinja2")
def search(request: Request) -> Any:
    wanted, service = _wanted(request), request.read(Search)
    results = service.find(request.identity, wanted)
    found_something = bool(results.counts.all or results.items)
    return {
        "search_text": wanted.query.text,
        "wanted": wanted,
        "results": results,
        "chips": _chips(request, wanted, results.counts),
        "folders": _folders(request, service, wanted),
        "people": [(one.uid, one.name) for one in results.counts.people[:MOST_TO_CHOOSE]],
        "narrowed": bool(wanted.kind or wanted.folder or wanted.uploader or wanted.since),
        "everything": _address(request, q=wanted.query.text),
        "meant": _address(request, q=results.meant.text) if results.meant else None,
        "next_page": _next(request, wanted, results.next),
        "totals": None if found_something else request.read(Counting).totals(request.identity),
    }


@view_config(
    route_name="search_suggest", permission=Right.SIGNED_IN, request_method="GET", renderer="search/suggestions.jinja2"
)
def suggest(request: Request) -> Any:
    query, service = Query.read(request.GET.get("q", "")), request.read(Search)
    begun_in = service.folder_named(request.identity, request.GET.get("from", ""))
    return {
        "query": query,
        "found": service.suggest(request.identity, query),
        "everything": _address(request, q=query.text),
        "only_in": (begun_in.name, _address(request, q=query.text, **{"in": begun_in.uid})) if begun_in else None,
    }


def _wanted(request: Request) -> Wanted:
    """What an address asks for. What it says that means nothing is as good as not said."""
    given = request.GET
    kind, since = given.get("kind", ""), given.get("since", "")
    folder = request.read(Search).folder_named(request.identity, given.get("in", ""))
    return Wanted(
        query=Query.read(given.get("q", "")),
        kind=kind if kind in (*KINDS, FOLDERS) else "",
        folder=folder.uid if folder else "",
        uploader=given.get("by", "")[:16],
        since=since if since in SINCE else "",
        order=NEWEST if given.get("order") == NEWEST else BEST,
        after=given.get("after", ""),
    )


def _address(request: Request, **asked: str) -> str:
    return str(request.route_path("search", _query={name: text for name, text in asked.items() if text}))


def _same(wanted: Wanted) -> dict[str, str]:
    """The address of a search in its parts, without the page."""
    return {
        "q": wanted.query.text,
        "kind": wanted.kind,
        "in": wanted.folder,
        "by": wanted.uploader,
        "since": wanted.since,
        "order": "" if wanted.order == BEST else wanted.order,
    }


def _next(request: Request, wanted: Wanted, after: str | None) -> str | None:
    return _address(request, **_same(wanted), after=after) if after else None


def _chips(request: Request, wanted: Wanted, counts: Counts) -> list[dict[str, Any]]:
    """A link for each kind that was found, and the one that is shown."""
    rows = [("", _("All"), counts.all)]
    rows += [(kind.value, name, counts.kinds.get(kind, 0)) for kind, name in KINDS.items()]
    rows.append((FOLDERS, _("Folders"), counts.folders))
    return [
        {
            "name": name,
            "count": None if counts.more and kind != FOLDERS else count,
            "url": _address(request, **(_same(wanted) | {"kind": kind})),
            "current": kind == wanted.kind,
        }
        for kind, name, count in rows
        if count or kind in ("", wanted.kind) or (counts.more and kind != FOLDERS)
    ]


def _folders(request: Request, service: Search, wanted: Wanted) -> list[tuple[str, str]]:
    """Folders one may narrow the search to: those at the top, where one came from, and the one that is chosen."""
    named = [service.folder_named(request.identity, uid) for uid in (wanted.folder, request.GET.get("from", ""))]
    found = {folder.uid: folder.name for folder in named if folder is not None}
    found |= {branch.uid: branch.name for branch in request.sidebar.folders[:MOST_TO_CHOOSE]}
    return list(found.items())
