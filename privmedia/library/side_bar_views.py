"""The side bar beside every page: the tree of folders, what is open in it, and finding one by name."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.accounts.return_to import came_from
from privmedia.ids import is_uid
from privmedia.library.cards import Branch, Count, FoundFolder
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.shared import SharedWithMe
from privmedia.library.tree import MOST_OPEN, Tree
from privmedia.library.who_sees import WhoSees
from privmedia.web.rights import Right

COOKIE = "open_folders"
KEPT = 365 * 86_400
MANY = 12
"""From so many folders side by side on there is a box to find one by name."""
LONGEST_NAME = 200


@dataclass(frozen=True)
class SideBar:
    """The tree beside every page, and what may be begun from everywhere."""

    folders: list[Branch]
    more: bool
    """There are more folders at the top than are shown."""
    found: list[FoundFolder] | None
    """Those called like `words`, in place of the tree; None if nobody looks for one."""
    words: str
    shared: Count
    """Folders and items given to the caller apart from their folder."""
    may_create: bool
    may_upload: bool
    may_open: bool
    """Whether it can be kept what is open: not by who only looks."""

    @property
    def has_many(self) -> bool:
        return self.more or len(self.folders) >= MANY or self.found is not None


def side_bar(request: Request) -> SideBar:
    """`request.sidebar`: computed when a page with the frame is made, and only then."""
    identity: Identity = request.identity
    tree = request.read(Tree)
    context = getattr(request, "context", None)
    here = context.folder if isinstance(context, FolderContext | ItemContext) else None
    words = words_of(request)
    folders, more = tree.branches(identity, here, opened(request))
    return SideBar(
        folders=folders,
        more=more,
        found=tree.found(identity, words) if words else None,
        words=words,
        shared=request.read(SharedWithMe).count(identity),
        may_create=not identity.looks_only
        and Permission.EDIT in request.read(WhoSees).rights_at_the_top(identity),
        may_upload=not identity.looks_only and tree.may_upload_anywhere(identity),
        may_open=not identity.looks_only,
    )


def words_of(request: Request) -> str:
    """What a folder is looked for by, on the page that finds them."""
    route = request.matched_route
    if route is None or route.name != "folders":
        return ""
    return str(request.GET.get("q", "")).strip()[:LONGEST_NAME]


def opened(request: Request) -> list[str]:
    """The folders that are kept open in this browser."""
    kept = request.cookies.get(COOKIE, "").split("-")
    return [uid for uid in kept if is_uid(uid)][:MOST_OPEN]


@view_config(route_name="side_bar", permission=Right.SIGNED_IN, request_method="POST")
def keep_open(context: FolderContext, request: Request) -> Any:
    """Open or close a folder of the tree, for this browser."""
    opening, closing = request.POST.get("open", ""), request.POST.get("close", "")
    kept: Iterable[str] = [uid for uid in opened(request) if uid not in (opening, closing)]
    if is_uid(opening):
        kept = [opening, *kept][:MOST_OPEN]
    response = HTTPSeeOther(came_from(request.referer, request.host))
    response.set_cookie(
        COOKIE,
        "-".join(kept),
        max_age=KEPT,
        path="/",
        secure=request.installation.settings.secure,
        httponly=True,
        samesite="Lax",
    )
    return response
