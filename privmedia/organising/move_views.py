"""Moving: choose a folder, see what it does to people, confirm. One thing, or several that were selected."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pyramid.httpexceptions import HTTPNotFound, HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.directory import Directory
from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.embedding.pages import Pages, Seen
from privmedia.errors import Conflict, DomainError, NotFound
from privmedia.library.effect import Effect
from privmedia.library.effect_words import rows as effect_rows
from privmedia.library.models import Folder, Item
from privmedia.library.pointers import Place
from privmedia.library.resources import FolderContext, ItemContext
from privmedia.library.service import Library
from privmedia.library.views import crumbs, itself
from privmedia.organising.chooser import Chooser
from privmedia.organising.going_back import back_of, carried
from privmedia.organising.move_words import afterwards, button
from privmedia.organising.moving import CHOOSE, Moved, Moves, lies_in, name_of
from privmedia.organising.selection import MOST, NONE_MOVES, SOME_MOVE, Selection
from privmedia.public.service import PublicCopies
from privmedia.sharing.standing import Standing
from privmedia.sharing.stopping import Stopping
from privmedia.text import Plural, Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import flash, flash_problems, flash_undo, say_in
from privmedia.web.rights import Right

PAGE = "organising/move.jinja2"
MOVED = Plural("${count} item moved to ${folder}.", "${count} items moved to ${folder}.")
CHANGED = _("Who sees it there changed while this page was open. Nothing is moved yet; look again.")
MOVED_MEANWHILE = _("“${name}” was moved meanwhile. Nothing was moved now; look where it lies.")


@dataclass
class Moving:
    """One page of it: what is to be moved, for whom, and where the page leads back to."""

    request: Request
    identity: Identity
    places: Sequence[Place]
    back: str
    way: list[tuple[str, str]]
    shortfall: list[Sentence] = field(default_factory=list)
    selected: bool = False
    """Its address names no place; the forms carry what was selected along."""

    @property
    def right(self) -> Permission:
        """What is needed where it goes."""
        return Permission.EDIT if isinstance(self.places[0], Folder) else Permission.UPLOAD

    def page(self, problem: str | Sentence = "", status: int = 200) -> dict[str, Any]:
        """The page, with the effect of the folder that is chosen, if one is."""
        request = self.request
        request.response.status_int = status
        chosen = request.params.get("to", "")
        read = request.read
        folders = [place for place in self.places if isinstance(place, Folder)]
        # A folder and those in it are no places for it to go.
        without = {number for folder in folders for number in read(Chooser).ids_below(folder)}
        choices = read(Chooser).choices(
            self.identity,
            self.right,
            here={lies_in(place) for place in self.places},
            without=without,
            typed=request.params.get("q", ""),
            chosen=chosen,
        )
        effect, problem = self.effect(chosen, problem)
        shifts = (*effect.here, *effect.inside) if effect else ()
        named = read(Directory).named({name for shift in shifts for name in (shift.cause, shift.via) if name})
        return {
            "carried": self.carried,
            "names": [name_of(place) for place in self.places],
            "kind": self.kind,
            "choices": choices,
            "chosen": chosen if effect else "",
            "effect": effect,
            "effect_rows": effect_rows(effect, named, self.identity.user_id) if effect else [],
            "button": button(effect, len(self.places)) if effect else None,
            "links_that_stop": self.links_that_stop(chosen) if effect else [],
            "public_count": read(PublicCopies).among(self.places),
            "shown_elsewhere": self.shown_elsewhere if effect else [],
            "problem": problem,
            "shortfall": self.shortfall,
            "from_there": [(place.uid, read(Library).uid_of(lies_in(place))) for place in self.places],
            "back": self.back,
            "crumbs": self.way,
        }

    @property
    def carried(self) -> list[tuple[str, str]]:
        """The fields by which forms name what was selected, and where."""
        return [*carried(self.request), *(("item", place.uid) for place in self.places)] if self.selected else []

    @property
    def kind(self) -> str:
        first = self.places[0]
        if isinstance(first, Folder):
            return "folder"
        return first.kind.value if len(self.places) == 1 else "many"

    def effect(self, chosen: str, problem: str | Sentence) -> tuple[Effect | None, str | Sentence]:
        """What moving there would do; None, with the reason, if it cannot be."""
        if not chosen:
            return None, problem
        moves = self.request.read(Moves)
        try:
            to = moves.target(chosen, self.identity, self.right)
            for place in self.places:
                if lies_in(place) != to.id:
                    moves.check(place, to, self.identity)
        except DomainError as error:
            return None, problem or error.sentence
        return moves.effect(self.places, to, self.identity), problem

    def links_that_stop(self, chosen: str) -> Sequence[Standing]:
        """The share links whose makers could not view there what they lead to."""
        to = self.request.read(Moves).target(chosen, self.identity, self.right)
        found: Sequence[Standing] = self.request.read(Stopping).by_move(self.places, to, reader=self.identity)
        return found

    @property
    def shown_elsewhere(self) -> Sequence[Seen]:
        """The pages of other sites that show any of it now, as far as is known."""
        pages = self.request.read(Pages)
        found = [*pages.showing([place.id for place in self.places if isinstance(place, Item)])]
        for place in self.places:
            if isinstance(place, Folder):
                found += pages.showing_below(place, self.identity)
        return found

    def confirm(self) -> Any:
        """Move what the form names. Nothing is moved if anything is not as it was shown."""
        request = self.request
        shown = dict(pair.split(":", 1) for pair in request.POST.getall("from") if ":" in pair)
        for place in self.places:
            if shown.get(place.uid) != request.read(Library).uid_of(lies_in(place)):
                return self.page(Sentence(MOVED_MEANWHILE, {"name": name_of(place)}), 409)
        chosen = request.POST.get("to", "")
        effect, problem = self.effect(chosen, "")
        if effect is None:
            return self.page(problem or CHOOSE, 422)
        if request.POST.get("effect") != effect.digest:
            return self.page(CHANGED, 409)
        moves, library = request.write(Moves), request.write(Library)
        try:
            to = moves.target(chosen, self.identity, self.right)
            again = [self.again(library, place, shown) for place in self.places]
            moved = [moves.move(place, to, self.identity) for place in again if lies_in(place) != to.id]
        except (DomainError, NotFound) as error:
            request.tm.doom()
            return self.page(error.sentence, 409)
        say_moved(request, moved, to, effect)
        return HTTPSeeOther(self.destination(to))

    def again(self, library: Library, place: Place, shown: dict[str, str]) -> Place:
        """The place on the session that writes. Raises Conflict if it lies elsewhere than the form says."""
        found: Place = library.item(place.uid) if isinstance(place, Item) else library.folder(place.uid)
        if library.uid_of(lies_in(found)) != shown.get(place.uid):
            raise Conflict(Sentence(MOVED_MEANWHILE, {"name": name_of(place)}))
        return found

    def destination(self, to: Folder) -> str:
        """Where one is afterwards: at the list it was selected in, at what was moved, or at the folder of several."""
        if carried(self.request):
            return self.back
        if len(self.places) > 1:
            return address_of(self.request, to)
        return address_of(self.request, self.places[0])


def address_of(request: Request, place: Place) -> str:
    """The address of the page of a folder or an item."""
    if isinstance(place, Item):
        return str(request.route_path("item", item=place.uid))
    top = place.parent_id is None
    return str(request.route_path("library") if top else request.route_path("folder", folder=place.uid))


def of_item(context: ItemContext, request: Request) -> Moving:
    back = request.route_path("item", item=context.item.uid)
    way = [*crumbs(request, context.identity, context.folder), *itself(request, context.identity, context.folder)]
    return Moving(request, context.identity, [context.item], back, [*way, (context.item.title, back)])


def of_folder(context: FolderContext, request: Request) -> Moving:
    if context.is_root:
        raise Conflict("The library itself cannot be moved.")
    back = request.route_path("folder", folder=context.folder.uid)
    way = [*crumbs(request, context.identity, context.folder), (context.folder.name, back)]
    return Moving(request, context.identity, [context.folder], back, way)


def of_selection(context: FolderContext, request: Request) -> Moving:
    """Raises HTTPNotFound if nothing of what was selected exists for the caller."""
    selected = request.read(Selection).of(request.params.getall("item"), context.identity)
    if not selected.items and not selected.others:
        raise HTTPNotFound
    way = [(request.localizer.translate(_("Library")), request.route_path("library"))]
    shortfall = selected.shortfall(NONE_MOVES, SOME_MOVE)
    return Moving(request, context.identity, selected.items, back_of(request), way, shortfall, True)


@view_config(route_name="item_move", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def ask_item(context: ItemContext, request: Request) -> Any:
    return of_item(context, request).page()


@view_config(route_name="item_move", permission=Right.EDIT, request_method="POST", renderer=PAGE)
def move_item(context: ItemContext, request: Request) -> Any:
    return of_item(context, request).confirm()


@view_config(route_name="folder_move", permission=Right.EDIT, request_method="GET", renderer=PAGE)
def ask_folder(context: FolderContext, request: Request) -> Any:
    return of_folder(context, request).page()


@view_config(route_name="folder_move", permission=Right.EDIT, request_method="POST", renderer=PAGE)
def move_folder(context: FolderContext, request: Request) -> Any:
    return of_folder(context, request).confirm()


@view_config(route_name="move", permission=Right.SIGNED_IN, request_method="GET", renderer=PAGE)
def ask_selection(context: FolderContext, request: Request) -> Any:
    moving = of_selection(context, request)
    return moving.page() if moving.places else nothing_to_do(request, moving.shortfall, _("Move"))


@view_config(route_name="move", permission=Right.SIGNED_IN, request_method="POST", renderer=PAGE)
def move_selection(context: FolderContext, request: Request) -> Any:
    moving = of_selection(context, request)
    return moving.confirm() if moving.places else nothing_to_do(request, moving.shortfall, _("Move"))


@view_config(route_name="move_back", permission=Right.SIGNED_IN, request_method="POST")
def move_back(context: FolderContext, request: Request) -> Any:
    """Undo: each thing that was moved goes back to where it was, if it may."""
    moves, library, identity = request.write(Moves), request.write(Library), context.identity
    back: list[Moved] = []
    problems: list[DomainError] = []
    for pair in request.POST.getall("was")[:MOST]:
        kind, uid, folder = (*pair.split(":"), "", "")[:3]
        try:
            place = moves.find(kind, uid, identity)
            right = Permission.EDIT if kind == "folder" else Permission.UPLOAD
            back.append(moves.move(place, moves.target(folder, identity, right), identity))
        except DomainError as error:
            problems.append(error)
    flash_problems(request, problems)
    if not back:
        return HTTPSeeOther(request.route_path("library"))
    flash(request, _("It is back where it was.") if len(back) == 1 else _("They are back where they were."))
    place = back[0].place
    if len(back) > 1:
        place = library.folder_by_id(lies_in(place))
    return HTTPSeeOther(back_of(request, address_of(request, place)))


def say_moved(request: Request, moved: Sequence[Moved], to: Folder, effect: Effect) -> None:
    """Say on the next page what was moved and who lost sight of it, with the way back."""
    folder = request.localizer.translate(_("the library")) if to.parent_id is None else to.name
    if len(moved) == 1:
        text = Sentence(_("“${name}” moved to ${folder}."), {"name": name_of(moved[0].place), "folder": folder})
    else:
        text = Sentence(MOVED, {"count": len(moved), "folder": folder})
    more = " ".join(say_in(request, sentence) for sentence in afterwards(effect))
    if not all(one.can_go_back for one in moved):
        flash(request, f"{request.localizer.translate(text)} {more}")
        return
    were = [("was", f"{_kind(one.place)}:{one.place.uid}:{_uid_or_top(one.was_in)}") for one in moved]
    fields = [*were, *carried(request)]
    flash_undo(request, text, request.route_path("move_back"), fields, more=more, undo=_("Move back"))


def nothing_to_do(request: Request, shortfall: list[Sentence], title: str) -> Any:
    """The page for a selection of which nothing can be changed."""
    request.override_renderer = "organising/nothing.jinja2"
    return {"shortfall": shortfall, "title": title, "back": back_of(request)}


def _kind(place: Place) -> str:
    return "item" if isinstance(place, Item) else "folder"


def _uid_or_top(folder: Folder) -> str:
    return "top" if folder.parent_id is None else folder.uid
