"""The letter that invites somebody."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.accounts.first_start import organisation
from privmedia.accounts.invitations import INVITE
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.installation import Installation
from privmedia.mail.letters import Letter, Writer, letter
from privmedia.mail.models import Mail
from privmedia.text import Sentence
from privmedia.text import mark as _


def invitation(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """Who invites, where to, and the link; nothing once it was taken back, sent anew or used."""
    address = OneTimeLinks(session, installation).address_in_letter(
        Purpose.INVITE, mail.detail["link"], recipient=mail.recipient, letter=mail.id
    )
    if address is None:
        return None
    names = {"library": organisation(session) or installation.settings.host, "by": mail.detail["by"]}
    if names["by"]:
        subject = _("${by} invites you to the media library of ${library}")
        invites = _("${by} invites you to the media library of ${library}. Choose a password and you are in:")
    else:
        subject = _("You are invited to the media library of ${library}")
        invites = _("you are invited to the media library of ${library}. Choose a password and you are in:")
    return letter(
        mail.language,
        Sentence(subject, names),
        Sentence(_("Hello ${name},"), {"name": mail.detail["name"]}),
        Sentence(invites, names),
        address,
        Sentence(_("The link works for 7 days, once. Not you? Do nothing.")),
    )


WRITERS: dict[str, Writer] = {INVITE: invitation}
