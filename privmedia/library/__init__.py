"""Folders and items, and the pages that show them."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library import resources, side_bar_views
    from privmedia.library.waiting import WaitingRoom

    config.add_route("library", "/", factory=resources.root_of)
    config.add_route("recent", "/recent", factory=resources.root_of)
    config.add_route("mine", "/mine", factory=resources.root_of)
    config.add_route("shared", "/shared", factory=resources.root_of)
    config.add_route("shared_folders", "/shared/folders", factory=resources.root_of)
    config.add_route("starred", "/starred", factory=resources.root_of)
    config.add_route("folders", "/folders", factory=resources.root_of)
    config.add_route("side_bar", "/side-bar", factory=resources.root_of)
    config.add_route("folder", "/f/{folder}", factory=resources.folder_of)
    config.add_route("folder_folders", "/f/{folder}/folders", factory=resources.folder_of)
    config.add_route("folder_new", "/f/{folder}/new", factory=resources.folder_of)
    config.add_route("folder_edit", "/f/{folder}/edit", factory=resources.folder_of)
    config.add_route("folder_access", "/f/{folder}/access", factory=resources.folder_of)
    config.add_route("folder_access_effect", "/f/{folder}/access/effect", factory=resources.folder_of)
    config.add_route("folder_access_suggest", "/f/{folder}/access/suggest", factory=resources.folder_of)
    config.add_route("folder_who", "/f/{folder}/who", factory=resources.folder_of)
    config.add_route("item", "/m/{item}", factory=resources.item_of)
    config.add_route("item_edit", "/m/{item}/edit", factory=resources.item_of)
    config.add_route("item_draft", "/m/{item}/draft", factory=resources.item_of)
    config.add_route("item_access", "/m/{item}/access", factory=resources.item_of)
    config.add_route("item_access_effect", "/m/{item}/access/effect", factory=resources.item_of)
    config.add_route("item_access_suggest", "/m/{item}/access/suggest", factory=resources.item_of)
    config.add_route("item_who", "/m/{item}/who", factory=resources.item_of)
    config.add_route("account_reach", "/account/reach", factory=resources.root_of)
    config.add_request_method(side_bar_views.side_bar, "sidebar", reify=True)
    config.add_request_method(lambda request, user: request.read(WaitingRoom).of(user), "waiting_for")
    config.scan("privmedia.library.views")
    config.scan("privmedia.library.list_views")
    config.scan("privmedia.library.side_bar_views")
    config.scan("privmedia.library.rules_views")
    config.scan("privmedia.library.why_views")
    config.scan("privmedia.library.reach_views")
