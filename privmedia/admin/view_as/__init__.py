"""Seeing the library as somebody else."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.users.resources import person_of

    config.add_route("view_as_stop", "/view-as/stop")  # before the other, of whose shape it is as well
    config.add_route("view_as", "/view-as/{user}", factory=person_of)
    config.scan("privmedia.admin.view_as.views")
