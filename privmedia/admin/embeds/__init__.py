"""All players in pages of other sites, for administrators."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin_embeds", "/admin/embeds")
    config.add_route("admin_embed_end", "/admin/embeds/{embed}/end")
    config.scan("privmedia.admin.embeds.views")
