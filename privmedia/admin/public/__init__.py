"""All that is public, for administrators."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin_public", "/admin/public")
    config.scan("privmedia.admin.public.views")
