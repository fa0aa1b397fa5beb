"""Pages for administrators, over the services of the features: a room for each kind of thing administered."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_route("admin", "/admin")
    config.include("privmedia.admin.people_import")  # before the people, whose addresses would take its own
    config.include("privmedia.admin.users")
    config.include("privmedia.admin.groups")
    config.include("privmedia.admin.providers")
    config.include("privmedia.admin.second_factor")
    config.include("privmedia.admin.work")
    config.include("privmedia.admin.links")
    config.include("privmedia.admin.embeds")
    config.include("privmedia.admin.log")
    config.include("privmedia.admin.public")
    config.include("privmedia.admin.reach")
    config.include("privmedia.admin.view_as")
