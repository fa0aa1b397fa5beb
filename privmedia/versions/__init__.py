"""The versions of an item: replacing its file, going back to an older one, and what is kept of them."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import item_of
    from privmedia.versions.resources import replacement_sent, version_of

    config.add_route("item_replace", "/m/{item}/replace", factory=item_of)
    config.add_route("version_show", "/m/{item}/versions/{version}/show", factory=version_of)
    config.add_route("version_delete", "/m/{item}/versions/{version}/delete", factory=version_of)
    config.outside_transaction_manager("/upload/replace/")  # no transaction may be open while a body arrives
    config.add_route("replace_upload", "/upload/replace/{item}", factory=replacement_sent)
    config.scan("privmedia.versions.views")
    config.scan("privmedia.versions.upload_views")
