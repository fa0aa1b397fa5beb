"""The poster of an item as somebody chooses it: a moment of the film, one of its stills, or a picture that is sent."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import item_of
    from privmedia.posters.resources import picture_sent

    # Outside: no transaction may be open while a picture arrives, or while one is drawn.
    config.outside_transaction_manager("/upload/poster/")
    config.add_route("item_poster", "/m/{item}/poster", factory=item_of)
    config.add_route("poster_upload", "/upload/poster/{item}", factory=picture_sent)
    config.scan("privmedia.posters.views")
    config.scan("privmedia.posters.upload_views")
