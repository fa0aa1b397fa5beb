"""What other pages say of the links to a place, as methods of the request: so they need not know this room."""
from __future__ import annotations

from collections.abc import Iterable, Sequence

from pyramid.request import Request

from privmedia.library.effects import WantedRule
from privmedia.library.pointers import Place
from privmedia.sharing.reaching import Reaching
from privmedia.sharing.standing import Standing
from privmedia.sharing.stopping import Stopping


def links_stopped_by(
    request: Request, place: Place, wanted: Iterable[WantedRule], inherits: bool
) -> Sequence[Standing]:
    """`request.links_stopped_by(…)`: links that would stop, were these the rules of a place."""
    found: Sequence[Standing] = request.read(Stopping).by_rules(place, wanted, inherits, reader=request.identity)
    return found


def shared_outside(request: Request) -> frozenset[str]:
    """`request.shared_outside`: the ids of the items that a link of their own opens and that the caller manages."""
    identity = request.identity
    return frozenset() if identity is None else request.read(Reaching).shared(identity)


def links_at(request: Request, place: Place) -> Sequence[Standing]:
    """`request.links_at(place)`: the links that work and open a place, those to folders above it included."""
    found: Sequence[Standing] = request.read(Reaching).opening(place)
    return found
