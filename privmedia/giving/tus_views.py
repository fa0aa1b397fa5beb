"""Uploads that can be resumed, by a link: the verbs of `privmedia.uploads`, for whoever has one open."""
from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

from privmedia.uploads import tus_views

VERBS: tuple[tuple[Any, str, dict[str, str]], ...] = (
    (tus_views.options, "OPTIONS", {}),
    (tus_views.look, "HEAD", {}),
    (tus_views.add, "PATCH", {}),
    (tus_views.add, "POST", {"header": f"{tus_views.INSTEAD}:^PATCH$"}),
    (tus_views.drop, "DELETE", {}),
    (tus_views.drop, "POST", {"header": f"{tus_views.INSTEAD}:^DELETE$"}),
)


def includeme(config: Configurator) -> None:
    # Whoever has the link open: its context says who that is, and each verb asks the link.
    anybody = {"permission": NO_PERMISSION_REQUIRED, "require_csrf": False}
    config.add_view(tus_views.options, route_name="send_tus", request_method="OPTIONS", **anybody)
    config.add_view(tus_views.announce, route_name="send_tus", request_method="POST", **anybody)
    for view, method, like in VERBS:
        config.add_view(view, route_name="send_tus_upload", request_method=method, **like, **anybody)
