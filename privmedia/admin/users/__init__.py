"""The pages about people."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.users.resources import person_of

    config.add_route("admin_users", "/admin/users")
    config.add_route("admin_users_csv", "/admin/users.csv")
    config.add_route("admin_users_invite", "/admin/users/invite")
    config.add_route("admin_user", "/admin/users/{user}", factory=person_of)
    config.add_route("admin_user_disable", "/admin/users/{user}/disable", factory=person_of)
    config.add_route("admin_user_delete", "/admin/users/{user}/delete", factory=person_of)
    for views in ("invite_views", "keys_views", "leaving_views", "person_views", "views"):
        config.scan(f"privmedia.admin.users.{views}")
