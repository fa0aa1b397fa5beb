"""Signing in with what the company already has: identity providers, by OpenID Connect."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.accounts.sign_in_views import SignedOut
    from privmedia.providers.client import CLIENTS
    from privmedia.providers.cookies import left_provider, own_provider, remember_provider

    config.add_route("provider", "/login/oidc/{provider}")
    config.add_route("provider_back", "/login/oidc/{provider}/callback")
    config.add_route("provider_logged_out", "/login/oidc/{provider}/back-channel")
    config.add_route("provider_leave", "/login/oidc/{provider}/leave")
    config.registry[CLIENTS] = {}
    config.add_request_method(own_provider, "own_provider", reify=True)
    config.add_request_method(left_provider, "left_provider", reify=True)
    config.add_subscriber(remember_provider, SignedOut)
    config.scan("privmedia.providers.views")
