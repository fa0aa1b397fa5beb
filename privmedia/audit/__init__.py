"""The audit log: who did what to what, from where, and how it ended."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.add_request_method("privmedia.audit.notes.note", "note")
    config.add_request_method("privmedia.audit.notes.only_asks", "only_asks")
    config.add_request_method(lambda request: [], "audit_notes", reify=True)
    config.add_tween("privmedia.audit.notes.written_notes_factory", over="pyramid_tm.tm_tween_factory")
