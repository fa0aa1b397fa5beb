"""Running it: processes, front servers, migrations, health."""
from __future__ import annotations

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.outside_transaction_manager("/healthz")
    config.add_route("healthz", "/healthz")
    config.scan("privmedia.operations.views")
