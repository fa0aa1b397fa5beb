"""Share links: for people without an account, limited to one item or folder, never more than their maker may do."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import folder_of, item_of
    from privmedia.sharing import at_places
    from privmedia.sharing.resources import link_of

    config.add_route("share_link", "/s/{token}")
    config.add_route("link", "/link/{link}")
    config.add_route("link_item", "/link/{link}/m/{item}")
    config.add_route("link_playback", "/link/{link}/m/{item}/playback")
    config.add_route("link_folder", "/link/{link}/f/{folder}")
    # Passwords are hashed there, and looking at a page writes nothing.
    config.outside_transaction_manager("/link/")
    config.add_route("item_share", "/m/{item}/share", factory=item_of)
    config.add_route("folder_share", "/f/{folder}/share", factory=folder_of)
    config.add_route("links", "/links")
    config.add_route("link_manage", "/links/{link}", factory=link_of)
    config.add_route("link_revoke", "/links/{link}/revoke", factory=link_of)
    config.add_request_method(at_places.links_stopped_by, "links_stopped_by")
    config.add_request_method(at_places.links_at, "links_at")
    config.add_request_method(at_places.shared_outside, "shared_outside", reify=True)
    for views in ("public", "share", "link", "playing"):
        config.scan(f"privmedia.sharing.{views}_views")
