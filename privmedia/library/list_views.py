"""Pages that list: the library, its views (recent, shared, mine, starred), and folders side by side."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.accounts.return_to import came_from
from privmedia.accounts.service import Accounts
from privmedia.audit.service import Audit
from privmedia.errors import NotFound
from privmedia.library.cards import FolderCard, Totals
from privmedia.library.counting import Counting
from privmedia.library.listing import Listing, listing_of
from privmedia.library.lists import Place
from privmedia.library.models import Folder
from privmedia.library.resources import FolderContext
from privmedia.library.shelves import Shelves
from privmedia.library.side_bar_views import words_of
from privmedia.library.stars import Stars
from privmedia.library.tree import Tree
from privmedia.library.who_sees import WhoSees
from privmedia.web.i18n import _
from privmedia.web.rights import Right

CARDS = 12
"""Folder cards above a list; the others stand on a page of their own."""
FOLDERS_PAGE = 96
LISTING = "library/listing.jinja2"


@view_config(route_name="library", permission=Right.SIGNED_IN, request_method="GET", renderer="library/library.jinja2")
def library(context: FolderContext, request: Request) -> Any:
    identity = context.identity
    cards, more = folder_cards(request, identity, context.folder, CARDS)
    listing = listing_of(request, identity)
    if not cards and not listing.items and not listing.filters.are_set:
        first_steps = identity.is_admin
        request.override_renderer = "library/first.jinja2" if first_steps else "library/none.jinja2"
    return {
        "folders": cards,
        "more_folders": more,
        "listing": listing,
        "counts": _totals(request, identity, listing),
        "may_create_folder": Permission.EDIT in context.rights,
        "groups": request.read(Accounts).group_names(identity.user_id),
    }


@view_config(route_name="recent", permission=Right.SIGNED_IN, request_method="GET", renderer=LISTING)
def recent(context: FolderContext, request: Request) -> Any:
    listing = listing_of(request, context.identity)
    lead = _("Everything you can see, newest first.")
    return {"listing": listing, "title": _("Recent"), "lead": lead, "nav": "recent"}


@view_config(route_name="mine", permission=Right.SIGNED_IN, request_method="GET", renderer=LISTING)
def mine(context: FolderContext, request: Request) -> Any:
    listing = listing_of(request, context.identity, place=Place.MINE)
    return {"listing": listing, "title": _("My uploads"), "lead": "", "nav": "mine"}


@view_config(route_name="starred", permission=Right.SIGNED_IN, request_method="GET", renderer=LISTING)
def starred(context: FolderContext, request: Request) -> Any:
    listing = listing_of(request, context.identity, place=Place.STARRED)
    return {"listing": listing, "title": _("Starred"), "lead": _("Only you see what you starred."), "nav": "starred"}


@view_config(route_name="starred", permission=Right.SIGNED_IN, request_method="POST")
def star(context: FolderContext, request: Request) -> Any:
    """Star an item or take its star away; with script only the button comes back."""
    starring = "star" in request.POST
    uid = request.POST.get("star" if starring else "unstar", "")
    try:
        item, changed = request.write(Stars).put(context.identity, uid, starred=starring)
    except NotFound:
        raise HTTPNotFound from None
    if changed:
        kind = "item.star" if starring else "item.unstar"
        request.write(Audit).record(kind, identity=context.identity, target=f"item:{item.uid}")
    if "HX-Request" in request.headers:
        button = {"item": {"uid": item.uid, "title": item.title, "starred": starring}}
        return render_to_response("privmedia:templates/library/star.jinja2", button, request=request)
    return HTTPSeeOther(came_from(request.referer, request.host))


@view_config(route_name="shared", permission=Right.SIGNED_IN, request_method="GET", renderer=LISTING)
def shared(context: FolderContext, request: Request) -> Any:
    """What is reached, but not through a folder that exists for the caller."""
    folders, more = shared_cards(request, context.identity, CARDS)
    return {
        "listing": listing_of(request, context.identity, place=Place.SHARED),
        "folders": folders,
        "more_folders": more,
        "title": _("Shared with me"),
        "lead": _("Folders and items that were given to you apart from the folder they lie in."),
        "nav": "shared",
    }


@view_config(
    route_name="shared_folders", permission=Right.SIGNED_IN, request_method="GET", renderer="library/folders.jinja2"
)
def shared_folders(context: FolderContext, request: Request) -> Any:
    """All folders that were given to the caller apart from the one they lie in."""
    cards, more = shared_cards(request, context.identity, FOLDERS_PAGE, request.GET.get("after"))
    return {"found": None, "words": "", "folder": None, "shared": True, **_page_of(request, cards, more)}


@view_config(route_name="folders", permission=Right.SIGNED_IN, request_method="GET", renderer="library/folders.jinja2")
def folders(context: FolderContext, request: Request) -> Any:
    """All folders at the top, or those called like what is looked for, wherever they lie."""
    words = words_of(request)
    found = request.read(Tree).found(context.identity, words) if words else None
    return {"found": found, "words": words, "folder": None, "shared": False, **_folders_page(context, request)}


@view_config(
    route_name="folder_folders", permission=Right.VIEW, request_method="GET", renderer="library/folders.jinja2"
)
def folders_inside(context: FolderContext, request: Request) -> Any:
    if context.is_root:
        return HTTPSeeOther(request.route_path("folders"))
    values = _folders_page(context, request)
    return {"found": None, "words": "", "folder": context.folder, "shared": False, **values}


def folder_cards(
    request: Request, identity: Identity, folder: Folder, most: int, after: str | None = None
) -> tuple[list[FolderCard], bool]:
    """The cards of the folders in one, up to so many; and whether there are more."""
    rows = request.read(Tree).children(identity, folder, limit=most + 1, after=after)
    cards = request.read(Shelves).folder_cards(identity, rows[:most])
    return request.read(WhoSees).on_cards(cards, of=folder), len(rows) > most


def shared_cards(
    request: Request, identity: Identity, most: int, after: str | None = None
) -> tuple[list[FolderCard], bool]:
    """The cards of folders shared apart from the one they lie in, up to so many; and whether there are more."""
    rows = request.read(Tree).shared(identity, limit=most + 1, after=after)
    cards = request.read(Shelves).folder_cards(identity, rows[:most])
    return request.read(WhoSees).on_cards(cards), len(rows) > most


def _folders_page(context: FolderContext, request: Request) -> dict[str, Any]:
    cards, more = folder_cards(request, context.identity, context.folder, FOLDERS_PAGE, request.GET.get("after"))
    return _page_of(request, cards, more)


def _page_of(request: Request, cards: list[FolderCard], more: bool) -> dict[str, Any]:
    following = request.current_route_path(_query={"after": cards[-1].uid}) if more else None
    return {"folders": cards, "next_page": following}


def _totals(request: Request, identity: Identity, listing: Listing) -> Totals:
    """How much there is; what the list has counted for its filters is not counted again."""
    kinds = listing.counted
    if kinds is None:
        counted: Totals = request.read(Counting).totals(identity)
        return counted
    return Totals(dict(kinds), request.read(Tree).count(identity))
