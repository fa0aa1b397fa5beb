"""Public copies: an item's rendition that everybody on the internet may fetch, until who manages it takes it back."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import item_of
    from privmedia.public.views import public_copy

    config.add_route("item_public", "/m/{item}/public", factory=item_of)
    config.add_request_method(public_copy, "public_copy")
    config.scan("privmedia.public.views")
