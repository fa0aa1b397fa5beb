"""Who watched: what people and visitors have seen of each version, added up, and what of it is shown to whom."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.attention.noting import Noting
    from privmedia.library.resources import item_of

    config.registry["attention"] = Noting(config.registry["installation"])
    config.add_route("item_watched", "/m/{item}/watched", factory=item_of)
    config.add_route("item_watched_csv", "/m/{item}/watched.csv", factory=item_of)
    config.add_route("item_watched_people_csv", "/m/{item}/watched-people.csv", factory=item_of)
    config.scan("privmedia.attention.views")
