"""People from a file: read, shown what would happen, and only then done."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.admin.people_import.resources import import_of

    config.add_route("admin_users_import", "/admin/users/import")
    config.add_route("admin_users_import_preview", "/admin/users/import/preview", factory=import_of)
    config.outside_transaction_manager("/admin/users/import/preview")  # its body is a file, and nothing is written
    config.scan("privmedia.admin.people_import.views")
