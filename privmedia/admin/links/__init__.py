"""All share links of the library, for administrators."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin_links", "/admin/links")
    config.scan("privmedia.admin.links.views")
