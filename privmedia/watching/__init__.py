"""The page of an item, and where its viewers stop: what is played, read, looked at."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library import resources

    config.add_route("item_playback", "/m/{item}/playback", factory=resources.item_of)
    config.add_route("account_watched", "/account/watched", factory=resources.root_of)
    config.scan("privmedia.watching.views")
    config.scan("privmedia.watching.playback_views")
