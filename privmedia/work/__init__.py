"""All work in the background: what there is of it, in words, and how it is steered. It is done in `jobs`."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.library.resources import item_of
    from privmedia.work.requests import background, failed_jobs, steering

    config.add_request_method(background, "background", reify=True)
    config.add_request_method(failed_jobs, "failed_jobs", reify=True)
    config.add_request_method(steering, "steering", reify=True)
    config.add_route("item_again", "/m/{item}/again", factory=item_of)
    config.add_route("item_reprocess", "/m/{item}/reprocess", factory=item_of)
    config.scan("privmedia.work.views")
