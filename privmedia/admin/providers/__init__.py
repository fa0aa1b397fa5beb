"""The company's own sign-in, for administrators: what providers have to be told, and whose groups are which."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin_providers", "/admin/sign-in")
    config.scan("privmedia.admin.providers.views")
