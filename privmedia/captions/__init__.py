"""Captions, chapters and the transcript: what goes with the time of a video or a recording."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.captions.resources import captions_sent
    from privmedia.library.resources import item_of

    config.add_route("item_captions", "/m/{item}/captions", factory=item_of)
    config.add_route("item_captions_language", "/m/{item}/captions/{language}", factory=item_of)
    config.add_route("item_chapters", "/m/{item}/chapters", factory=item_of)
    config.add_route("item_transcript", "/m/{item}/transcript", factory=item_of)
    config.outside_transaction_manager("/upload/captions/")  # no transaction may be open while a body arrives
    config.add_route("captions_upload", "/upload/captions/{item}", factory=captions_sent)
    config.add_request_method("privmedia.captions.pages.parts_of", "parts_of_item")
    config.scan("privmedia.captions.views")
    config.scan("privmedia.captions.upload_views")
    config.scan("privmedia.captions.chapters_views")
