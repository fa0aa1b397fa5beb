"""Players in pages of other sites: where they may appear, who may watch there, and how they come to play."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.embedding import at_places
    from privmedia.embedding.opener import is_of_a_player
    from privmedia.library.resources import item_of

    config.add_route("embed", "/embed/{embed}")
    config.add_route("embed_token", "/embed/{embed}/token")
    config.add_route("embed_renew", "/embed/{embed}/renew")
    config.add_route("embed_signin", "/embed/{embed}/signin")
    # Looking at a player writes nothing, and what is refused there is to be remembered all the same.
    config.outside_transaction_manager("/embed/")
    config.keep_opener(is_of_a_player)
    config.add_route("item_embed", "/m/{item}/embed", factory=item_of)
    config.add_route("item_embed_end", "/m/{item}/embed/{embed}/end", factory=item_of)
    config.add_route("oembed", "/oembed")
    config.add_request_method(at_places.embeds_of, "embeds_of")
    config.add_request_method(at_places.shown_elsewhere, "shown_elsewhere", reify=True)
    for views in ("frame", "token", "window", "settings", "oembed"):
        config.scan(f"privmedia.embedding.{views}_views")
