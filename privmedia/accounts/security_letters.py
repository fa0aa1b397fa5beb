"""Letters that tell somebody of what happened to the ways into their account. No link in them: nobody shall get used to
following one."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.accounts.first_start import organisation
from privmedia.accounts.letter_kinds import (
    APP_REMOVED,
    CODES_WRONG,
    PASSKEY_COPIED,
    PASSKEY_NEW,
    PASSKEY_REMOVED,
    RECOVERY_NEW,
    RECOVERY_USED,
    TWO_FACTOR_OFF,
    TWO_FACTOR_ON,
)
from privmedia.installation import Installation
from privmedia.mail.letters import Letter, Writer, letter
from privmedia.mail.models import Mail
from privmedia.text import Plural, Sentence, Words
from privmedia.text import mark as _

NOT_YOU = Sentence(_("It was not you? Change your password now, and ask an administrator of the library."))


def two_factor_on(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that codes of an app are asked for, or those of another one."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("Two-factor sign-in for ${library}"), names),
        Sentence(_("since ${when} ${library} asks for codes of the authenticator app that you set up then."), names),
    )


def two_factor_off(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that the password alone lets in."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("Two-factor sign-in for ${library} is off"), names),
        Sentence(_("since ${when} your password alone lets you in to ${library}, without a code."), names),
    )


def app_removed(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that the app counts no more, and passkeys still do."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("Authenticator app for ${library} removed"), names),
        Sentence(
            _("since ${when} ${library} takes no codes of your authenticator app. Your passkeys still count."), names
        ),
    )


def passkey_new(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that there is one more key to the account."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("A new passkey for ${library}"), names),
        Sentence(_("on ${when} the passkey “${passkey}” was added to your account at ${library}."), names),
    )


def passkey_removed(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that one of the keys is gone."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("A passkey for ${library} was removed"), names),
        Sentence(_("on ${when} the passkey “${passkey}” was removed from your account at ${library}."), names),
    )


def passkey_copied(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that somebody may have a copy of a key."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("A passkey for ${library} was refused"), names),
        Sentence(
            _(
                "on ${when} the passkey “${passkey}” for ${library} was refused, because it looked like a copy: it "
                "says that it was used less often than it was. Remove it in your account, and make a new one."
            ),
            names,
        ),
    )


def recovery_new(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that the recovery codes are others now."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("New recovery codes for ${library}"), names),
        Sentence(_("on ${when} new recovery codes for ${library} were made. The old ones no longer work."), names),
    )


def recovery_used(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that somebody came in by a recovery code."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("A recovery code for ${library} was used"), names),
        Sentence(
            Plural(
                "on ${when} one of your recovery codes for ${library} was used. ${count} is left.",
                "on ${when} one of your recovery codes for ${library} was used. ${count} are left.",
            ),
            names,
        ),
    )


def codes_wrong(session: Session, installation: Installation, mail: Mail) -> Letter:
    """Word that somebody has the password, and no right code."""
    names = _names(session, installation, mail)
    return _told(
        mail,
        Sentence(_("Wrong codes at ${library}"), names),
        Sentence(
            _("on ${when} somebody gave your right password for ${library}, and then several codes that were wrong."),
            names,
        ),
    )


WRITERS: dict[str, Writer] = {
    TWO_FACTOR_ON: two_factor_on,
    TWO_FACTOR_OFF: two_factor_off,
    APP_REMOVED: app_removed,
    PASSKEY_NEW: passkey_new,
    PASSKEY_REMOVED: passkey_removed,
    PASSKEY_COPIED: passkey_copied,
    RECOVERY_NEW: recovery_new,
    RECOVERY_USED: recovery_used,
    CODES_WRONG: codes_wrong,
}


def _told(mail: Mail, subject: Sentence, what: Sentence) -> Letter:
    hello = Sentence(_("Hello ${name},"), {"name": str(mail.detail["name"])})
    return letter(mail.language, subject, hello, what, NOT_YOU)


def _names(session: Session, installation: Installation, mail: Mail) -> dict[str, Words]:
    return {
        "library": organisation(session) or installation.settings.host,
        "when": mail.created_at,
        "count": int(mail.detail.get("left", 0)),
        "passkey": str(mail.detail.get("passkey", "")),
    }
