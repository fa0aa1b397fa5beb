"""The audit log, for reading."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.log.resources import event_of

    config.add_route("admin_audit", "/admin/audit")
    config.add_route("admin_audit_csv", "/admin/audit.csv")
    config.add_route("admin_audit_event", "/admin/audit/{event}", factory=event_of)
    config.scan("privmedia.admin.log.views")
