"""Search: what somebody may see, found by the words of its names and of all that is said in it."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.search import views

    config.add_route("search", "/search")
    config.add_route("search_suggest", "/search/suggest")
    config.add_request_method(views.begun_in, "search_begun_in", reify=True)
    config.scan("privmedia.search.views")
    config.include("privmedia.search.upkeep")
