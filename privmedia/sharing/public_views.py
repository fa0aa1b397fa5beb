"""What people without an account meet: the address they were sent, the page on which they open it, what it leads to.

Nothing here counts or writes before somebody presses the button, so that programs which look at addresses are nobody.
"""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pyramid.httpexceptions import HTTPForbidden, HTTPSeeOther
from pyramid.request import Request
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.accounts.sign_ins import WrongPassword
from privmedia.accounts.tries import tries_left_in_words, wait_in_words
from privmedia.captions.service import Captioning
from privmedia.captions.transcript import HAS_TIME
from privmedia.errors import Throttled
from privmedia.library.cards import Around
from privmedia.library.models import CHAPTERS, Folder, Item
from privmedia.library.shelves import Shelves
from privmedia.sharing.cookies import came_by_it, set_came_by_it, set_visit_cookie, visit_token
from privmedia.sharing.opening import open_link
from privmedia.sharing.shelf import SharedShelf
from privmedia.sharing.standing import Standing
from privmedia.sharing.visits import Visits, target_of
from privmedia.watching.pages import shown_of
from privmedia.watching.player import visitors_player
from privmedia.web.headers import allow_styles
from privmedia.web.i18n import _

ENDED = "sharing/ended.jinja2"
LANDING = "sharing/landing.jinja2"
PREVIEW = "sharing/preview.jinja2"
ITEM = "sharing/item.jinja2"
FOLDER = "sharing/folder.jinja2"
NOTHING = "sharing/nothing.jinja2"
ANYBODY = {"permission": NO_PERMISSION_REQUIRED}
LONGEST_PASSWORD = 1000


@view_config(route_name="share_link", request_method="GET", renderer=ENDED, **ANYBODY)
def arrive(request: Request) -> Any:
    """To an address without the key, at once."""
    visits = request.read(Visits)
    standing = visits.by_address(request.matchdict["token"])
    if standing is None or not (standing.works or visits.current(standing, visit_token(request))):
        return _ended(request)
    answer = HTTPSeeOther(request.route_path("link", link=standing.link.uid))
    set_came_by_it(request, answer, standing.link.uid, standing.link.token_hash)
    return _private(answer)


@view_config(route_name="link", request_method="GET", renderer=LANDING, **ANYBODY)
def show(request: Request) -> Any:
    """What the link leads to, once it was opened here; before that, the page with the button."""
    standing = request.read(Visits).by_uid(request.matchdict["link"])
    if standing is not None and _is_open(request, standing):
        if standing.item is not None:
            return _item_page(request, standing, standing.item)
        return _folder_page(request, standing, standing.folder)
    if standing is None or not standing.works:
        return _ended(request)
    if not _has_address(request, standing):
        return _preview(request, standing) if standing.link.preview else _ended(request)
    return _landing(request, standing)


@view_config(route_name="link", request_method="POST", renderer=LANDING, **ANYBODY)
def open_it(request: Request) -> Any:
    """The click: where it has one the password is looked at, the viewing is counted, and the browser may go on."""
    if _looks_only(request):
        raise HTTPForbidden
    standing = request.read(Visits).by_uid(request.matchdict["link"])
    if standing is None or not standing.works or not _has_address(request, standing):
        return _ended(request)
    typed = request.POST.get("password", "")[:LONGEST_PASSWORD]
    try:
        opened = open_link(
            request.installation,
            standing,
            browser=visit_token(request),
            typed=typed,
            address=request.remote_addr or "",
            request_id=request.request_id,
        )
    except WrongPassword as wrong:
        _note_refusal(request, standing, "wrong password")
        request.response.status_int = 401
        return _landing(request, standing, (_("That is not the password."), tries_left_in_words(wrong.tries_left)))
    except Throttled as slowed:
        _note_refusal(request, standing, "too many tries")
        request.response.status_int = 429
        request.response.headers["Retry-After"] = str(slowed.retry_after)
        return _landing(request, standing, (_("Too many tries."), wait_in_words(slowed.retry_after)))
    if opened is None:
        return _ended(request)
    answer = HTTPSeeOther(request.path)
    set_visit_cookie(request, answer, opened.token, max_age=opened.max_age)
    return _private(answer)


@view_config(route_name="link_item", request_method="GET", renderer=ITEM, **ANYBODY)
def show_item(request: Request) -> Any:
    standing = request.read(Visits).by_uid(request.matchdict["link"])
    if standing is None or not _is_open(request, standing):
        return _ended(request)
    item = request.read(SharedShelf).item(standing, request.matchdict["item"])
    return _nothing(request, standing) if item is None else _item_page(request, standing, item)


@view_config(route_name="link_folder", request_method="GET", renderer=FOLDER, **ANYBODY)
def show_folder(request: Request) -> Any:
    standing = request.read(Visits).by_uid(request.matchdict["link"])
    if standing is None or not _is_open(request, standing):
        return _ended(request)
    folder = request.read(SharedShelf).folder(standing, request.matchdict["folder"])
    return _nothing(request, standing) if folder is None else _folder_page(request, standing, folder)


def _is_open(request: Request, standing: Standing) -> bool:
    return not _looks_only(request) and request.read(Visits).current(standing, visit_token(request)) is not None


def _looks_only(request: Request) -> bool:
    """Whether this is an administrator who sees the library as somebody else: links do not count meanwhile."""
    return request.identity is not None and request.identity.looks_only


def _has_address(request: Request, standing: Standing) -> bool:
    return came_by_it(request, standing.link.uid, standing.link.token_hash)


def _note_refusal(request: Request, standing: Standing, why: str) -> None:
    request.note("link.open", target=target_of(standing), detail={"name": standing.link.name, "why": why})


def _landing(request: Request, standing: Standing, problem: Any = None) -> dict[str, Any]:
    request.response.headers["Cache-Control"] = "no-store"
    return {"link": standing.link, "standing": standing, "problem": problem}


def _preview(request: Request, standing: Standing) -> dict[str, Any]:
    """For programs that look at addresses and keep no cookie, where the maker allowed it: title and poster alone."""
    request.override_renderer = PREVIEW
    _private(request.response)
    return _landing(request, standing)


def _item_page(request: Request, standing: Standing, item: Item) -> dict[str, Any]:
    request.override_renderer = ITEM
    _private(request.response)
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
        "player": visitors_player(request, item),
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
    _private(request.response)
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


def _ended(request: Request) -> dict[str, Any]:
    """The one page of links that were revoked, have expired, lost what they hung on, or never were one."""
    request.override_renderer = ENDED
    request.response.status_int = 410
    _private(request.response)
    return {}


def _nothing(request: Request, standing: Standing) -> dict[str, Any]:
    """The link is open here, and this is not in it."""
    request.override_renderer = NOTHING
    request.response.status_int = 404
    _private(request.response)
    return {"link": standing.link}


def _private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
