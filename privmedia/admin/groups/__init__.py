"""The pages about groups."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.groups.resources import group_of

    config.add_route("admin_groups", "/admin/groups")
    config.add_route("admin_group", "/admin/groups/{group}", factory=group_of)
    config.add_route("admin_group_delete", "/admin/groups/{group}/delete", factory=group_of)
    config.scan("privmedia.admin.groups.deleting_views")
    config.scan("privmedia.admin.groups.views")
