"""Quotas: how many bytes somebody, or all people of a group together, may add."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.quotas import views

    config.add_request_method(views.added, "added", reify=True)
    config.add_request_method(views.spaces, "spaces", reify=True)
    config.add_request_method(views.narrowest_space, "narrowest_space", reify=True)
