"""privmedia: a private media library for teams. The application decides, the front server streams.

`main` is the composition root. Nothing is imported at module level: every `import privmedia.x` runs this file.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyramid.router import Router


def main(global_config: dict[str, str], **ini: str) -> Router:
    """The WSGI application of the `[app:main]` section. Raises SettingsError with every problem at once."""
    from pyramid.config import Configurator

    from privmedia.installation import Installation
    from privmedia.memory import collect_seldom
    from privmedia.settings import Settings

    installation = Installation.open(Settings.read(ini))
    router = compose(Configurator(settings=dict(ini)), installation)
    collect_seldom()
    return router


def compose(config: Any, installation: Any) -> Router:
    """All features of one installation, in the order of the floors."""
    from privmedia.web.request import fix_request_class

    config.registry["installation"] = installation
    config.include("privmedia.web")  # first: transactions, security policy and error pages hold for all that follows
    config.include("privmedia.delivery")  # its routes are tried first: players ask far more often
    config.include("privmedia.mail")
    config.include("privmedia.audit")
    config.include("privmedia.accounts")
    config.include("privmedia.providers")
    config.include("privmedia.library")
    config.include("privmedia.quotas")
    config.include("privmedia.search")
    config.include("privmedia.asking")
    config.include("privmedia.following")
    config.include("privmedia.uploads")
    config.include("privmedia.captions")
    config.include("privmedia.attention")
    config.include("privmedia.posters")
    config.include("privmedia.versions")
    config.include("privmedia.watching")
    config.include("privmedia.organising")
    config.include("privmedia.zips")
    config.include("privmedia.sharing")
    config.include("privmedia.giving")
    config.include("privmedia.embedding")
    config.include("privmedia.public")
    config.include("privmedia.work")
    config.include("privmedia.admin")
    config.include("privmedia.operations")
    return fix_request_class(config.make_wsgi_app())
