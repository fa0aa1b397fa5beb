"""File requests: links by which people without an account send files, and see nothing but what they sent."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.giving import at_items, resources
    from privmedia.library.resources import folder_of

    config.add_route("give", "/give/{token}")
    config.add_route("send", "/send/{link}")
    config.add_route("send_look", "/send/{link}/look")
    config.add_route("sent_file", "/send/{link}/files/{item}")
    # Passwords are hashed there, and looking at a page writes nothing.
    config.outside_transaction_manager("/send/")
    config.add_route("send_plain", "/upload/send/{link}", factory=resources.form_of)
    config.add_route("send_tus", "/uploads/send/{link}/", factory=resources.tus_by_link)
    config.add_route("send_tus_upload", "/uploads/send/{link}/{upload}", factory=resources.upload_by_link)
    config.outside_transaction_manager("/upload/send/")
    config.add_route("folder_request", "/f/{folder}/request", factory=folder_of)
    config.add_request_method(at_items.sent_by_link, "sent_by_link")
    config.scan("privmedia.giving.page_views")
    config.scan("privmedia.giving.plain_views")
    config.scan("privmedia.giving.request_views")
    config.include("privmedia.giving.tus_views")
