"""Asking for access: people ask for an address they were given, managers of what lies there answer."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.asking import resources, views

    config.add_route("asked", "/ask/{question}", factory=resources.own)
    config.add_route("requests", "/requests")
    config.add_route("request", "/requests/{question}", factory=resources.answerable)
    config.add_request_method(views.ask_for, "ask_for", reify=True)
    config.add_request_method(views.ask, "ask_for_access")
    config.add_request_method(views.open_questions, "open_questions", reify=True)
    config.add_request_method(views.questions_at, "questions_at")
    config.scan("privmedia.asking.views")
