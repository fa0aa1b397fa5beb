"""Who has to have two-factor sign-in: the page of its rules."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin_second_factor", "/admin/two-factor")
    config.scan("privmedia.admin.second_factor.views")
