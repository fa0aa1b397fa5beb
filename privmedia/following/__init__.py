"""Following folders: what is new there is told at the bell, and by mail once a day at most."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.following import views
    from privmedia.library.resources import folder_of, root_of

    config.add_route("folder_follow", "/f/{folder}/follow", factory=folder_of)
    config.add_route("notices", "/notices", factory=root_of)
    config.add_route("unfollow", "/unfollow/{token}")
    config.add_request_method(views.is_following, "is_following")
    config.add_request_method(views.followed, "followed", reify=True)
    config.add_request_method(views.notices_form, "notices_form", reify=True)
    config.add_request_method(views.unread_notices, "unread_notices", reify=True)
    config.scan("privmedia.following.views")
