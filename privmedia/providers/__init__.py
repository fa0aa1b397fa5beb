"""Signing in with what the company already has: identity providers by OpenID Connect, and its directory by LDAP."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    from privmedia.providers.account_views import ties
    from privmedia.providers.client import CLIENTS
    from privmedia.providers.cookies import left_provider, own_provider, remember_provider
    from privmedia.providers.directory import require_package
    from privmedia.providers.passwords import passwords_elsewhere
    from privmedia.providers.refusing import way_in

    config.add_route("header_sign_in", "/login/header")
    config.add_route("provider", "/login/oidc/{provider}")
    config.add_route("provider_back", "/login/oidc/{provider}/callback")
    config.add_route("provider_logged_out", "/login/oidc/{provider}/back-channel")
    config.add_route("provider_leave", "/login/oidc/{provider}/leave")
    config.registry[CLIENTS] = {}
    config.add_request_method(own_provider, "own_provider", reify=True)
    config.add_request_method(left_provider, "left_provider", reify=True)
    config.add_request_method(passwords_elsewhere, "passwords_elsewhere", reify=True)
    config.add_request_method(ties, "ties", reify=True)
    config.add_request_method(way_in, "way_in")
    config.add_sign_out_step(remember_provider)
    if config.registry["installation"].settings.directory is not None:
        require_package()
    config.scan("privmedia.providers.views")
    config.scan("privmedia.providers.header_views")
    config.scan("privmedia.providers.account_views")
