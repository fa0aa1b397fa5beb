"""Mail: letters to people, kept as rows and sent by a job. It knows nothing of what they are about."""
from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyramid.config import Configurator

    from privmedia.settings import Settings

log = logging.getLogger(__name__)


def includeme(config: Configurator) -> None:
    warn_if_off(config.registry["installation"].settings)


def warn_if_off(settings: Settings) -> None:
    """Say at the start what will not work."""
    if not settings.mail_works:
        log.warning(
            "mail is off: privmedia.mail_url names no server. No letter is sent, nobody can reset a password by "
            "themselves, and invitations have to be handed over by hand."
        )
