"""The page about everything one person can reach."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.users.resources import person_of

    config.add_route("admin_user_access", "/admin/users/{user}/access", factory=person_of)
    config.add_route("admin_user_access_csv", "/admin/users/{user}/access.csv", factory=person_of)
    config.scan("privmedia.admin.reach.views")
