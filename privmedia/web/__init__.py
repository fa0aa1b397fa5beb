"""What all pages share. `web` imports no feature; features add what they know by directives."""
from __future__ import annotations

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    config.include("privmedia.web.request")
    config.include("privmedia.web.transactions")
    config.include("privmedia.web.security")
    config.include("privmedia.web.csrf")
    config.include("privmedia.web.methods")
    config.include("privmedia.web.address")  # names and addresses are checked before anything else
    config.include("privmedia.web.headers")
    config.include("privmedia.web.dialogs")
    config.include("privmedia.web.i18n")
    config.include("privmedia.web.pages")
    config.include("privmedia.web.errors")
