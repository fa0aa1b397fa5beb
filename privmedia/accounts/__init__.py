"""People, groups, signing in, and the sessions in between."""
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator

VIEWS = (
    "account",
    "confirm",
    "details",
    "invitation",
    "language",
    "passkey",
    "passkey_sign_in",
    "password",
    "preference",
    "reset",
    "second_step",
    "second_factor",
    "session",
    "setup",
    "shortcuts",
    "sign_in",
    "strength",
    "token",
    "two_factor",
)


def includeme(config: Configurator) -> None:
    from privmedia.accounts.bearer import read_bearer_token
    from privmedia.accounts.cookies import read_session_cookie
    from privmedia.accounts.first_start import organisation
    from privmedia.accounts.second_factor_views import factor_days_left
    from privmedia.accounts.sign_in_views import STEPS, add_sign_out_step

    config.add_route("login", "/login")
    config.add_route("second_step", "/login/code")
    config.add_route("login_passkey", "/login/passkey")
    config.add_route("logout", "/logout")
    config.add_route("language", "/language")
    config.add_route("setup", "/setup/{token}")
    config.add_route("setup_strength", "/setup/{token}/strength")
    config.add_route("invite", "/invite/{token}")
    config.add_route("invite_strength", "/invite/{token}/strength")
    config.add_route("reset", "/reset")
    config.add_route("reset_choose", "/reset/{token}")
    config.add_route("reset_strength", "/reset/{token}/strength")
    config.add_route("account", "/account")
    config.add_route("account_email", "/account/email/{token}")
    config.add_route("account_strength", "/account/strength")
    config.add_route("two_factor", "/account/two-factor")
    config.add_route("second_factor", "/account/second-factor")
    config.add_route("passkeys", "/account/passkeys")
    config.add_route("passkey_options", "/account/passkeys/options")
    config.add_route("confirm", "/account/confirm")
    config.add_route("menu", "/menu")
    config.add_route("shortcuts", "/shortcuts")
    config.outside_transaction_manager("/login")
    config.add_credential_reader(read_bearer_token)
    config.add_credential_reader(read_session_cookie)
    config.registry[STEPS] = []
    config.add_directive("add_sign_out_step", add_sign_out_step)
    config.add_request_method(lambda request: organisation(request.db), "organisation", reify=True)
    config.add_request_method(factor_days_left, "factor_days_left", reify=True)
    config.include("privmedia.accounts.confirm_views")
    for views in VIEWS:
        config.scan(f"privmedia.accounts.{views}_views")
