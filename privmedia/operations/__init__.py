"""Running it: processes, front servers, migrations, health, numbers."""
from __future__ import annotations

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.operations.health_views import health
    from privmedia.operations.views import WithMetricsKey
    from privmedia.operations.worker import HANDLERS

    config.registry["job_handlers"] = HANDLERS  # what it means to cancel a job, or to begin it again, is theirs
    config.outside_transaction_manager("/healthz")
    config.add_route("healthz", "/healthz")
    config.add_route_predicate("with_metrics_key", WithMetricsKey)
    config.add_route("metrics", "/metrics", with_metrics_key=True)
    config.add_request_method(health, "health", reify=True)
    config.add_route("admin_health", "/admin/health")
    config.scan("privmedia.operations.views")
    config.scan("privmedia.operations.health_views")
