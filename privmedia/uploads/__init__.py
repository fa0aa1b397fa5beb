"""Receiving files."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.uploads import resources, tus_resources

    config.add_route("upload", "/upload")
    config.add_route("upload_look", "/upload/look")
    config.add_route("upload_known", "/upload/known")
    config.add_route("upload_folders", "/upload/folders")
    config.add_route("upload_state", "/upload/state")
    # Outside: no transaction may be open while a body arrives, and no body is read twice.
    config.outside_transaction_manager("/upload/plain")
    config.add_route("upload_plain", "/upload/plain", factory=resources.upload_of)
    config.outside_transaction_manager("/uploads/")
    config.add_route("tus", "/uploads/", factory=tus_resources.tus_of)
    config.add_route("tus_upload", "/uploads/{upload}", factory=tus_resources.upload_of)
    config.scan("privmedia.uploads.page_views")
    config.scan("privmedia.uploads.views")
    config.scan("privmedia.uploads.tus_views")
