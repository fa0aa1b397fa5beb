"""The page of the bin: bring back, delete for good, empty."""
from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.request import Request
from pyramid.view import view_config

from privmedia.access.permissions import Permission
from privmedia.errors import Conflict, Invalid, NotAllowed, NotFound
from privmedia.library.models import Item
from privmedia.library.pointers import Place
from privmedia.library.resources import FolderContext
from privmedia.organising.bin import Bin, Restored
from privmedia.organising.bin_list import PAGE as PAGE_SIZE
from privmedia.organising.bin_list import BinList, Order
from privmedia.organising.chooser import Chooser
from privmedia.organising.going_back import BACK, back_of
from privmedia.organising.move_views import address_of
from privmedia.organising.moving import Moves, lies_in, name_of
from privmedia.organising.resources import DeletionContext
from privmedia.text import Plural, Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import flash, flash_undo
from privmedia.web.rights import Right

MOST_UNDONE = 500
PURGE = "organising/purge.jinja2"
RESTORE = "organising/restore.jinja2"
RESTORED = Plural("${count} item is back.", "${count} items are back.")
GONE = Plural(
    "${count} deleted for good. Its files are being removed.",
    "${count} deleted for good. Their files are being removed.",
)


@view_config(route_name="bin", permission=Right.SIGNED_IN, request_method="GET", renderer="organising/bin.jinja2")
def bin_page(context: FolderContext, request: Request) -> Any:
    mine = request.GET.get("show") == "mine"
    order = Order.LAST if request.GET.get("sort") == Order.LAST else Order.SOONEST
    number = request.GET.get("page", "1")
    page = max(1, int(number)) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    bin_list = request.read(BinList)
    whole = bin_list.whole(context.identity)
    count = whole.mine if mine else whole.entries
    query = {"show": "mine" if mine else "all", "sort": order.value}
    more = None
    if page * PAGE_SIZE < count:
        more = request.route_path("bin", _query=query | {"page": page + 1})
    return {
        "entries": bin_list.entries(context.identity, mine=mine, order=order, page=page),
        "whole": whole,
        "mine": mine,
        "order": order.value,
        "next_page": more,
    }


@view_config(route_name="bin_restore", permission=Right.SIGNED_IN, request_method="GET", renderer=RESTORE)
def ask_where(context: DeletionContext, request: Request) -> Any:
    """Where to bring it back to, if not to where it lay."""
    return restore_page(context, request)


@view_config(
    route_name="bin_restore",
    request_param="to",
    permission=Right.SIGNED_IN,
    request_method="POST",
    renderer=RESTORE,
)
def restore_to(context: DeletionContext, request: Request) -> Any:
    bin_, moves, identity = request.write(Bin), request.write(Moves), context.identity
    deletion = bin_.find(context.deletion.uid, identity)
    place = bin_.place_of(deletion)
    try:
        to = moves.target(request.POST["to"], identity, right_for(place))
        if lies_in(place) != to.id:
            moves.check(place, to, identity)
        restored = bin_.restore(deletion, identity, to=to)
    except (NotAllowed, Conflict, Invalid) as error:
        request.tm.doom()
        return restore_page(context, request, error.sentence)
    say_restored(request, restored)
    return HTTPSeeOther(address_of(request, restored.place))


@view_config(route_name="bin_restore", permission=Right.SIGNED_IN, request_method="POST")
def restore(context: DeletionContext, request: Request) -> Any:
    deletion = request.write(Bin).find(context.deletion.uid, context.identity)
    try:
        restored = request.write(Bin).restore(deletion, context.identity)
    except Conflict:
        return HTTPSeeOther(request.route_path("bin_restore", deletion=context.deletion.uid))
    say_restored(request, restored, undo=True)
    return HTTPSeeOther(request.route_path("bin"))


@view_config(route_name="bin_undo", permission=Right.SIGNED_IN, request_method="POST")
def undo(context: FolderContext, request: Request) -> Any:
    """Bring back what was deleted a moment ago, all of it."""
    bin_, restored, gone = request.write(Bin), [], False
    for uid in request.POST.getall("deletion")[:MOST_UNDONE]:
        try:
            restored.append(bin_.restore(bin_.find(uid, context.identity), context.identity))
        except (NotFound, Conflict):
            gone = True
    if gone:
        flash(request, _("Something is not in the bin any more, or its folder was deleted too."), "warn")
    if not restored:
        return HTTPSeeOther(request.route_path("bin"))
    if len(restored) == 1:
        say_restored(request, restored[0])
        return HTTPSeeOther(back_of(request, address_of(request, restored[0].place)))
    flash(request, Sentence(RESTORED, {"count": len(restored)}))
    return HTTPSeeOther(back_of(request, address_of(request, restored[0].folder)))


@view_config(route_name="bin_purge", permission=Right.SIGNED_IN, request_method="GET", renderer=PURGE)
def ask_to_purge(context: DeletionContext, request: Request) -> Any:
    return {"name": name_of(request.read(Bin).place_of(context.deletion)), "whole": None}


@view_config(route_name="bin_purge", permission=Right.SIGNED_IN, request_method="POST")
def purge(context: DeletionContext, request: Request) -> Any:
    bin_ = request.write(Bin)
    bin_.let_go(bin_.find(context.deletion.uid, context.identity), context.identity)
    flash(request, _("It is deleted for good."))
    return HTTPSeeOther(request.route_path("bin"))


@view_config(route_name="bin_empty", permission=Right.SIGNED_IN, request_method="GET", renderer=PURGE)
def ask_to_empty(context: FolderContext, request: Request) -> Any:
    return {"name": "", "whole": request.read(BinList).whole(context.identity)}


@view_config(route_name="bin_empty", permission=Right.SIGNED_IN, request_method="POST")
def empty(context: FolderContext, request: Request) -> Any:
    count = request.write(Bin).empty(context.identity)
    flash(request, Sentence(GONE, {"count": count}) if count else _("There was nothing to delete."))
    return HTTPSeeOther(request.route_path("bin"))


def restore_page(context: DeletionContext, request: Request, problem: str | Sentence = "") -> dict[str, Any]:
    """The tree to choose from, and how many people will see it in the folder that is chosen."""
    identity = context.identity
    place = request.read(Bin).place_of(context.deletion)
    right, chosen = right_for(place), request.params.get("to", "")
    viewers = None
    if chosen and not problem:
        try:
            viewers = request.read(Moves).viewers(chosen, identity, right)
        except Invalid as error:
            problem = error.sentence
    if problem:
        request.response.status_int = 409 if request.method == "POST" else 200
    typed = request.params.get("q", "")
    return {
        "name": name_of(place),
        "choices": request.read(Chooser).choices(identity, right, typed=typed, chosen=chosen),
        "chosen": "" if viewers is None else chosen,
        "viewers": viewers,
        "problem": problem,
    }


def right_for(place: Place) -> Permission:
    """What is needed where something is put."""
    return Permission.UPLOAD if isinstance(place, Item) else Permission.EDIT


def say_restored(request: Request, restored: Restored, *, undo: bool = False) -> None:
    """Say on the next page that it is back, and what it is called if its name was taken; with a way to `undo` it."""
    name = name_of(restored.place)
    if restored.renamed:
        text = _("It is back as “${name}”: its old name was taken meanwhile.", mapping={"name": name})
    else:
        text = _("“${name}” is back.", mapping={"name": name})
    if undo:
        action, back = f"{address_of(request, restored.place)}/delete", [(BACK, request.route_path("bin"))]
        flash_undo(request, text, action, back, undo=_("Put it back in the bin"))
    else:
        flash(request, text)


