"""What people without an account meet: the address they were sent, the page on which they open it, what it leads to.

Nothing here counts or writes before somebody presses the button, so that programs which look at addresses are nobody.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.captions.service import Captioning
from privmedia.captions.transcript import HAS_TIME
from privmedia.library.cards import Around
from privmedia.library.models import CHAPTERS, Folder, Item
from privmedia.library.shelves import Shelves
from privmedia.sharing.cookies import set_came_by_it, set_visit_cookie, visit_token
from privmedia.sharing.shelf import SharedShelf
from privmedia.sharing.standing import Standing
from privmedia.sharing.visiting import ENDED, Refused, click, ended, has_address, looks_only, private
from privmedia.sharing.visits import Visits
from privmedia.watching.pages import shown_of
from privmedia.watching.player import visitors_player
from privmedia.web.headers import allow_styles

LANDING = "sharing/landing.jinja2"
PREVIEW = "sharing/preview.jinja2"
ITEM = "sharing/item.jinja2"
FOLDER = "sharing/folder.jinja2"
NOTHING = "sharing/nothing.jinja2"
ANYBODY = {"permission": NO_PERMISSION_REQUIRED}


@view_config(route_name="share_link", request_method="GET", renderer=ENDED, **ANYBODY)
def arrive(request: Request) -> Any:
    """To an address without the key, at once."""
    visits = request.read(Visits)
    standing = visits.by_address(request.matchdict["token"])
    if standing is None or standing.is_request:
        return ended(request)
    if not standing.works and visits.current(standing, visit_token(request)) is None:
        return ended(request)
    address = request.route_path("link", link=standing.link.uid)
    answer = HTTPSeeOther(address)
    set_came_by_it(request, answer, standing.link.uid, standing.link.token_hash, at=address)
    return private(answer)


@view_config(route_name="link", request_method="GET", renderer=LANDING, **ANYBODY)
def show(request: Request) -> Any:
    """What the link leads to, once it was opened here; before that, the page with the button."""
    standing = _named(request)
    if standing is not None and _is_open(request, standing):
        if standing.item is not None:
            return _item_page(request, standing, standing.item)
        return _folder_page(request, standing, standing.folder)
    if standing is None or not standing.works:
        return ended(request)
    if not has_address(request, standing):
        return _preview(request, standing) if standing.link.preview else ended(request)
    return _landing(request, standing)


@view_config(route_name="link", request_method="POST", renderer=LANDING, **ANYBODY)
def open_it(request: Request) -> Any:
    """The click: where it has one the password is looked at, the viewing is counted, and the browser may go on."""
    if looks_only(request):
        raise HTTPForbidden
    standing = _named(request)
    if standing is None or not standing.works or not has_address(request, standing):
        return ended(request)
    opened = click(request, standing)
    if isinstance(opened, Refused):
        return _landing(request, standing, opened.words)
    if opened is None:
        return ended(request)
    answer = HTTPSeeOther(request.path)
    set_visit_cookie(request, answer, opened.token, max_age=opened.max_age)
    return private(answer)


@view_config(route_name="link_item", request_method="GET", renderer=ITEM, **ANYBODY)
def show_item(request: Request) -> Any:
    standing = _named(request)
    if standing is None or not _is_open(request, standing):
        return ended(request)
    item = request.read(SharedShelf).item(standing, request.matchdict["item"])
    return _nothing(request, standing) if item is None else _item_page(request, standing, item)


@view_config(route_name="link_folder", request_method="GET", renderer=FOLDER, **ANYBODY)
def show_folder(request: Request) -> Any:
    standing = _named(request)
    if standing is None or not _is_open(request, standing):
        return ended(request)
    folder = request.read(SharedShelf).folder(standing, request.matchdict["folder"])
    return _nothing(request, standing) if folder is None else _folder_page(request, standing, folder)


def _named(request: Request) -> Standing | None:
    """The link of the address, whatever has become of it. One to send files by shows nothing, and is none here."""
    standing = request.read(Visits).by_uid(request.matchdict["link"])
    return None if standing is None or standing.is_request else standing


def _is_open(request: Request, standing: Standing) -> bool:
    return not looks_only(request) and request.read(Visits).current(standing, visit_token(request)) is not None


def _landing(request: Request, standing: Standing, problem: Any = None) -> dict[str, Any]:
    request.response.headers["Cache-Control"] = "no-store"
    return {"link": standing.link, "standing": standing, "problem": problem}


def _preview(request: Request, standing: Standing) -> dict[str, Any]:
    """For programs that look at addresses and keep no cookie, where the maker allowed it: title and poster alone."""
    request.override_renderer = PREVIEW
    private(request.response)
    return _landing(request, standing)


def _item_page(request: Request, standing: Standing, item: Item) -> dict[str, Any]:
    request.override_renderer = ITEM
    private(request.response)
    allow_styles(request.response, request.registry["assets"].player_styles)
    may_download = Permission.DOWNLOAD in standing.rights
    inside = standing.item is None
    maker = request.read(SharedShelf).maker(standing.maker)
    details = request.read(Shelves).item(maker, item, may_download=may_download)
    return {
        **_about(standing),
        "item": details,
        **shown_of(request, details),
        "around": Around(),
        "player": visitors_player(
            request, item, playback=request.route_path("link_playback", link=standing.link.uid, item=item.uid)
        ),
        **_timed(request, item),
        "crumbs": _crumbs(request, standing, item.folder, itself=True) if inside else [],
    }


def _timed(request: Request, item: Item) -> dict[str, Any]:
    """Captions and chapters for the player; nothing for what has no time."""
    if item.kind not in HAS_TIME:
        return {"captions": [], "chapters": [], "chapters_url": None}
    service = request.read(Captioning)
    chapters = service.marks(item)
    return {
        "captions": service.tracks(item),
        "chapters": chapters,
        "chapters_url": f"/smedia/{item.uid}/{CHAPTERS}" if chapters else None,
    }


def _folder_page(request: Request, standing: Standing, folder: Folder) -> dict[str, Any]:
    request.override_renderer = FOLDER
    private(request.response)
    shelf = request.read(SharedShelf)
    page = shelf.items(standing, folder, after=request.GET.get("after"))
    return {
        **_about(standing),
        "folder": folder,
        "crumbs": _crumbs(request, standing, folder),
        "folders": shelf.folders(standing, folder),
        "items": page.items,
        "next_page": None if page.next is None else f"{request.path}?after={quote(page.next)}",
    }


def _about(standing: Standing) -> dict[str, Any]:
    return {"link": standing.link, "maker": standing.maker}


def _crumbs(
    request: Request, standing: Standing, folder: Folder, *, itself: bool = False
) -> list[tuple[str, str]]:
    """The way down from the shared folder, which is the first step."""
    uid = standing.link.uid
    steps = request.read(SharedShelf).way_down(standing, folder)
    if itself:
        seen = request.read(SharedShelf).folder(standing, folder.uid)
        steps = [*steps, *([seen] if seen is not None else [])]
    return [(step.name, request.route_path("link_folder", link=uid, folder=step.uid)) for step in steps]


def _nothing(request: Request, standing: Standing) -> dict[str, Any]:
    """The link is open here, and this is not in it."""
    request.override_renderer = NOTHING
    request.response.status_int = 404
    private(request.response)
    return {"link": standing.link}
