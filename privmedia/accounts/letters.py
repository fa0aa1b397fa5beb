"""The letters of the accounts: a link to a new password or a new address, and word of what was changed."""
from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.addresses import normal_email
from privmedia.accounts.first_start import organisation
from privmedia.accounts.letter_kinds import CHANGED, EMAIL, MOVED, RESET
from privmedia.accounts.models import User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.installation import Installation
from privmedia.mail.letters import Letter, Writer, letter
from privmedia.mail.models import Mail
from privmedia.text import Sentence
from privmedia.text import mark as _


def reset(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """A link to a new password, if the address typed is that of somebody who may sign in; else nothing is sent.

    Who was only invited has no password to forget: otherwise an invitation that was taken back would not be.
    """
    user = session.scalar(select(User).where(User.email == normal_email(mail.recipient), User.disabled_at.is_(None)))
    if user is None or user.password_hash is None:
        return None
    links = OneTimeLinks(session, installation)
    if "link" not in mail.detail:
        mail.recipient, mail.language = user.email, user.language or mail.language
        mail.detail = {**mail.detail, "link": links.make(Purpose.RESET, user).id}
    address = links.address_in_letter(
        Purpose.RESET, mail.detail["link"], recipient=mail.recipient, letter=mail.id
    )
    if address is None:
        return None
    library = _library(session, installation)
    return letter(
        mail.language,
        Sentence(_("Choose a new password for ${library}"), library),
        Sentence(_("Hello ${name},"), {"name": user.name}),
        Sentence(_("somebody, most likely you, asked for a new password for ${library}. Choose it here:"), library),
        address,
        Sentence(_("The link works for 1 hour, once. You are signed out everywhere when the new password is saved.")),
        Sentence(_("It was not you? Do nothing: your password is as it was.")),
    )


def password_changed(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """Word that a password was changed. No link in it: nobody shall get used to following one."""
    library = _library(session, installation)
    return letter(
        mail.language,
        Sentence(_("Your password for ${library} was changed"), library),
        Sentence(_("Hello ${name},"), {"name": mail.detail["name"]}),
        Sentence(
            _("your password for ${library} was changed on ${when}."), {**library, "when": mail.created_at}
        ),
        Sentence(_("It was not you? Ask an administrator of the library at once.")),
    )


def new_email(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """A link that proves that a new address is its reader's; nothing once it was asked for anew."""
    address = OneTimeLinks(session, installation).address_in_letter(
        Purpose.EMAIL, mail.detail["link"], recipient=mail.recipient, letter=mail.id
    )
    if address is None:
        return None
    library = _library(session, installation)
    return letter(
        mail.language,
        Sentence(_("Confirm your new address for ${library}"), library),
        Sentence(_("Hello ${name},"), {"name": mail.detail["name"]}),
        Sentence(
            _("this is to be your address for ${library}. Confirm it in a browser in which you are signed in:"), library
        ),
        address,
        Sentence(_("The link works for 24 hours, once. It was not you? Do nothing.")),
    )


def email_changed(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """Word to the old address that the account has another one now."""
    library = _library(session, installation)
    return letter(
        mail.language,
        Sentence(_("Your address for ${library} was changed"), library),
        Sentence(_("Hello ${name},"), {"name": mail.detail["name"]}),
        Sentence(
            _("since ${when} your account at ${library} has the address ${email}, and no longer this one."),
            {**library, "when": mail.created_at, "email": mail.detail["email"]},
        ),
        Sentence(_("It was not you? Ask an administrator of the library at once.")),
    )


WRITERS: dict[str, Writer] = {
    RESET: reset,
    CHANGED: password_changed,
    EMAIL: new_email,
    MOVED: email_changed,
}


def _library(session: Session, installation: Installation) -> dict[str, str]:
    """What the letter calls the library: its owner's name, or its host."""
    return {"library": organisation(session) or installation.settings.host}
