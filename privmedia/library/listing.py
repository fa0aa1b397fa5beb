"""One list on a page: its items as a grid or as rows, and all that stands above them."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyramid.request import Request

from privmedia.accounts.identity import Identity
from privmedia.library.cards import Count, ItemCard, Totals
from privmedia.library.counting import Counting
from privmedia.library.filters import STATES, Filters
from privmedia.library.lists import Length, Order, Place
from privmedia.library.models import Kind, State
from privmedia.library.shelves import Shelves
from privmedia.library.tags import Tags
from privmedia.library.who_sees import WhoSees
from privmedia.web.i18n import _

VIEWS = ("grid", "list")
VIEW_KEPT = 365 * 86_400
"""Seconds that a browser keeps how somebody wants to see lists."""
KINDS = {
    Kind.VIDEO: _("Video"),
    Kind.AUDIO: _("Audio"),
    Kind.IMAGE: _("Images"),
    Kind.DOCUMENT: _("Documents"),
}
STATE_WORDS = {
    "preparing": _("Being prepared"),
    "failed": _("Could not be prepared"),
    "unplayable": _("Cannot be played here"),
}
ORDERS = {
    Order.NEWEST: _("Newest first"),
    Order.OLDEST: _("Oldest first"),
    Order.TITLE: _("Title A to Z"),
    Order.TITLE_DOWN: _("Title Z to A"),
    Order.LONGEST: _("Longest first"),
    Order.SHORTEST: _("Shortest first"),
    Order.LARGEST: _("Largest first"),
    Order.SMALLEST: _("Smallest first"),
}
LENGTHS = {
    Length.SHORT: _("Under 5 minutes"),
    Length.MEDIUM: _("5 to 30 minutes"),
    Length.LONG: _("30 minutes and longer"),
}
# What a click on a column's head asks for: at first, and when the list is in that order already.
COLUMNS = {
    "title": (Order.TITLE, Order.TITLE_DOWN),
    "length": (Order.LONGEST, Order.SHORTEST),
    "size": (Order.LARGEST, Order.SMALLEST),
    "added": (Order.NEWEST, Order.OLDEST),
}


@dataclass(frozen=True)
class Chip:
    """One part of a list, as a link above it."""

    key: str
    text: str
    url: str
    current: bool
    count: Count | None = None


@dataclass(frozen=True)
class Column:
    """The head of a column by which the list can be put in order."""

    url: str
    direction: str | None
    """`ascending` or `descending` if it is in that order."""


@dataclass(frozen=True)
class Listing:
    """What `library/items.jinja2` shows."""

    items: list[ItemCard]
    filters: Filters
    view: str
    next_page: str | None
    following: int
    kinds: list[Chip]
    states: list[Chip]
    uploaders: list[tuple[str, str]]
    """Who may be chosen in the panel; looked for only when it is open."""
    tags: list[str]
    """Offered there in the same way."""
    panel: bool
    with_folders: bool
    counted: Mapping[Kind, Count] | None
    """How many of each kind the whole list has; None if they were not counted."""

    @property
    def count(self) -> Count | None:
        """How many the whole list has, if that was counted and is any."""
        if not self.counted:
            return None
        return Totals(dict(self.counted), folders=0).items

    @property
    def orders(self) -> dict[Order, str]:
        return ORDERS

    @property
    def lengths(self) -> dict[Length, str]:
        return LENGTHS

    @property
    def columns(self) -> dict[str, Column]:
        now = self.filters.wanted.order
        found = {}
        for name, (first, second) in COLUMNS.items():
            url = self.filters.url(sort=second if now is first else first)
            direction = ("descending" if now.down else "ascending") if now in (first, second) else None
            found[name] = Column(url, direction)
        return found

    @property
    def chosen_uploader(self) -> str:
        """The name of whose items are shown; "" for somebody who added nothing that exists for the caller."""
        return dict(self.uploaders).get(self.filters.wanted.by, "")


def listing_of(
    request: Request, identity: Identity, *, place: Place = Place.EVERYTHING, folder_id: int | None = None
) -> Listing:
    """The list that the address asks for, as far as it exists for the caller."""
    filters = Filters.of(request, place=place, folder_id=folder_id)
    counting = request.read(Counting)
    view = view_of(request)
    in_rows = view == "list"
    page = request.read(Shelves).items(identity, filters.wanted, with_folders=in_rows and folder_id is None)
    items = request.read(WhoSees).on_cards(page.items) if in_rows else page.items
    panel = "filter" in request.GET or filters.are_narrow
    whole = not (filters.are_narrow or "state" in filters.fields)
    counts = counting.kinds(identity, filters.unfiltered) if whole else None
    return Listing(
        items=items,
        filters=filters,
        view=view,
        next_page=filters.next(page.next) if page.next else None,
        following=page.following,
        kinds=_kinds(filters, counts),
        states=_states(filters, counting.states(identity, filters.unfiltered)) if place is Place.MINE else [],
        uploaders=counting.uploaders(identity, filters.unfiltered) if panel else [],
        tags=request.read(Tags).offered(identity) if panel else [],
        panel=panel,
        with_folders=folder_id is None,
        counted=counts,
    )


def view_of(request: Request) -> str:
    """Grid or list: what the address says, which is remembered in the browser, else what is remembered."""
    asked = request.GET.get("view", "")
    if asked in VIEWS:
        request.response.set_cookie(
            "view",
            asked,
            max_age=VIEW_KEPT,
            path="/",
            secure=request.installation.settings.secure,
            httponly=True,
            samesite="Lax",
        )
        return str(asked)
    kept = request.cookies.get("view", "")
    return str(kept) if kept in VIEWS else VIEWS[0]


def _kinds(filters: Filters, counts: Mapping[Kind, Count] | None) -> list[Chip]:
    """A chip for each kind there is, or for each if it is not known; none where there is nothing to choose from."""
    chosen, known = filters.wanted.kind, counts or {}
    kinds = [kind for kind in Kind if counts is None or kind in known or kind is chosen]
    if len(kinds) < 2 and not filters.are_set:
        return []
    chips = [Chip(kind, KINDS[kind], filters.url(kind=kind), kind is chosen, known.get(kind)) for kind in kinds]
    return [Chip("all", _("All"), filters.without("kind"), chosen is None), *chips]


def _states(filters: Filters, counts: Mapping[State, int]) -> list[Chip]:
    """A chip for each way in which something is not ready, if anything is."""
    chosen = filters.fields.get("state", "")
    numbers = {name: sum(counts.get(state, 0) for state in states) for name, states in STATES.items()}
    chips = [
        Chip(name, STATE_WORDS[name], filters.url(state=name), name == chosen, Count(number))
        for name, number in numbers.items()
        if number or name == chosen
    ]
    return [Chip("any", _("In any state"), filters.without("state"), not chosen), *chips] if chips else []
