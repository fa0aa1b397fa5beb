"""Who can see a folder or an item, one by one and why; and the card that answers for one person."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyramid.interfaces import IRoutesMapper
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.accounts.models import User
from privmedia.library.cards import Uploader
from privmedia.library.models import ROOT_ID, Item
from privmedia.library.reach_views import page_number
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.views import crumbs
from privmedia.library.who_sees import WhoSees
from privmedia.library.why import ON_A_PAGE, Checked, Which, Why
from privmedia.web.rights import Right

TEMPLATE = "access/who.jinja2"
LONGEST = 254


@dataclass(frozen=True)
class Check:
    """The box "Can someone see this?": what it was asked and answers, and what its reader may do next."""

    asked: Checked | None
    may_view_as: bool

    @property
    def choices(self) -> list[tuple[User, Uploader]]:
        """Several whom the typed name may mean, with their faces."""
        return [] if self.asked is None else [(person, Uploader.of(person)) for person in self.asked.people]

    @property
    def person(self) -> User | None:
        return None if self.asked is None or self.asked.explanation is None else self.asked.explanation.user


def checked(request: Request, context: FolderContext | ItemContext) -> Check:
    """What the box answers to `?person=`, for the card in `access/check.jinja2`."""
    asked = request.read(Why).check(request.GET.get("person", "")[:LONGEST], context.place, context.identity)
    person = None if asked is None or asked.explanation is None else asked.explanation.user
    return Check(asked, person is not None and may_view_as(request, person))


def may_view_as(request: Request, person: User) -> bool:
    """Whether the caller may see the library as this person."""
    routes = request.registry.queryUtility(IRoutesMapper)
    caller = request.identity
    return (
        routes.get_route("view_as") is not None
        and caller.is_admin
        and caller.scopes is None
        and not caller.looks_only
        and not person.is_admin
        and person.disabled_at is None
    )


@view_config(route_name="folder_who", permission=Right.MANAGE, request_method="GET", renderer=TEMPLATE)
@view_config(route_name="item_who", permission=Right.MANAGE, request_method="GET", renderer=TEMPLATE)
def who(context: FolderContext | ItemContext, request: Request) -> Any:
    which, q, through, page = _asked(request)
    place = context.place
    found = request.read(Why).who(place, context.identity, which=which, q=q, through=through, page=page)
    sees = request.read(WhoSees)
    if isinstance(place, Item):
        kind, summary = "item", sees.of_item(place, context.identity)
    else:
        kind, summary = "library" if place.id == ROOT_ID else "folder", sees.of_folder(place, context.identity)
    kept = {name: value for name, value in (("q", q), ("through", through)) if value}
    return {
        "kind": kind,
        "place": place,
        "crumbs": _way(context, request),
        "who": found,
        "summary": summary,
        "q": q,
        "through": through,
        "parts": [(part, {"which": part.value, **kept}) for part in Which],
        "next_page": _page(request, which, kept, page + 1) if page * ON_A_PAGE < found.found else None,
        "check": checked(request, context),
        "links": request.links_at(place),
    }


def _asked(request: Request) -> tuple[Which, str, str, int]:
    asked = request.GET
    which = asked.get("which", "")
    return (
        Which(which) if which in list(Which) else Which.SEE,
        asked.get("q", "").strip()[:LONGEST],
        asked.get("through", "")[:40],
        page_number(request),
    )


def _page(request: Request, which: Which, kept: dict[str, str], page: int) -> str:
    query = {"which": which.value, **kept, "page": page}
    return str(request.current_route_path(_query=query))


def _way(context: FolderContext | ItemContext, request: Request) -> list[tuple[str, str]]:
    """The steps down to the place and itself."""
    way = crumbs(request, context.identity, context.folder)
    if isinstance(context, ItemContext):
        return [*way, (context.item.title, request.route_path("item", item=context.item.uid))]
    if context.is_root:
        return way
    return [*way, (context.folder.name, request.route_path("folder", folder=context.folder.uid))]
