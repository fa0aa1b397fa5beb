"""Running it: processes, front servers, migrations, health."""
from __future__ import annotations

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.operations.worker import HANDLERS

    config.registry["job_handlers"] = HANDLERS  # what it means to cancel a job, or to begin it again, is theirs
    config.outside_transaction_manager("/healthz")
    config.add_route("healthz", "/healthz")
    config.scan("privmedia.operations.views")
