"""All players in pages of other sites, for administrators."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin_embeds", "/admin/embeds")
    config.add_route("admin_embed_end", "/admin/embeds/{embed}/end")
    config.add_route("admin_site_keys", "/admin/embeds/keys")
    config.add_route("admin_site_key_remove", "/admin/embeds/keys/{key}/remove")
    config.scan("privmedia.admin.embeds.views")
    config.scan("privmedia.admin.embeds.key_views")
