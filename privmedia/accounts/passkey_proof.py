"""Proving with a passkey who one is: the answer of a browser counted as a try, looked at, and taken.

Signing in, the second step and confirming share it. What is slow and what fails is done outside write transactions.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from privmedia.accounts.ceremonies import Answer, Signed, WrongAnswer, check_signed, read_answer
from privmedia.accounts.challenges import For, challenge_of, use
from privmedia.accounts.letter_kinds import PASSKEY_COPIED
from privmedia.accounts.models import Passkey, User
from privmedia.accounts.passkeys import Passkeys
from privmedia.accounts.relying_party import relying_party
from privmedia.db import reading, writing
from privmedia.errors import NotAllowed
from privmedia.installation import Installation
from privmedia.mail.service import Mails
from privmedia.text import mark as _

COPIED = "its counter went back: there may be a copy of it"
TOO_LATE = _("That took too long. Try again.")
NOT_VERIFIED = _("This passkey did not make sure that it is you. Use it after your password.")


class PasskeyRefused(NotAllowed):
    """A passkey does not let in. `why` and `who` are for the audit log alone; `tries_left` before a wait."""

    sentence = _("That passkey does not let you in.")

    def __init__(self, why: str, *, who: str = "", tries_left: int = 0, sentence: str | None = None) -> None:
        super().__init__(sentence)
        self.why = why
        self.who = who
        self.tries_left = tries_left


@dataclass(frozen=True)
class Brought:
    """What came with the form: the browser's answer, and the ticket of the challenge that it is to."""

    answer: str
    ticket: str
    purpose: For
    place: str


@dataclass(frozen=True)
class Seen:
    """An answer that is right, not yet taken. `user` as of the moment it was looked at."""

    passkey: Passkey
    user: User
    signed: Signed
    tries_left: int


def look_at(
    installation: Installation, brought: Brought, *, count: Callable[[str], int], only: int | None = None
) -> Seen:
    """Look at what a browser brought, in transactions of its own. `only`: whose passkey it has to be.

    `count` counts a try for the address of an account, empty for none, answers how many are left, and raises Throttled;
    it is called before anything is looked at. Raises PasskeyRefused, and NoPasskeys where there cannot be any.
    """
    party = relying_party(installation.settings)
    answer, problem = _read(brought.answer)
    passkey, user = _whose(installation, answer)
    tries_left = count(user.email if user is not None else "")
    challenge = challenge_of(installation, brought.purpose, brought.place, brought.ticket)
    who = user.email if user is not None else ""

    def refused(why: str, sentence: str | None = None) -> PasskeyRefused:
        return PasskeyRefused(why, who=who, tries_left=tries_left, sentence=sentence)

    if challenge is None:
        raise refused("the challenge is too old", TOO_LATE)
    with writing(installation.sessions) as session:
        if not use(session, challenge, installation.clock()):
            raise refused("the challenge was answered before")
    if answer is None:
        raise refused(problem)
    if passkey is None or user is None:
        raise refused("no such passkey")
    try:
        signed = check_signed(party, challenge, answer, passkey)
    except WrongAnswer as wrong:
        raise refused(str(wrong)) from wrong
    if only is not None and user.id != only:
        raise refused("the passkey of somebody else")
    if user.disabled_at is not None:
        raise refused("disabled account")
    return Seen(passkey, user, signed, tries_left)


def take(session: Session, installation: Installation, seen: Seen) -> Passkey:
    """Note the use, in a write transaction. Raises PasskeyRefused for a counter that went back."""
    taken = Passkeys(session, installation).take(seen.passkey.id, seen.signed)
    if taken is None:
        raise PasskeyRefused(COPIED, who=seen.user.email, tries_left=seen.tries_left)
    return taken


def warn_of_copy(installation: Installation, refused: PasskeyRefused, seen: Seen) -> None:
    """A letter to whose passkey it is, if its counter went back. In a transaction of its own."""
    if refused.why != COPIED:
        return
    with writing(installation.sessions) as session:
        user = session.get_one(User, seen.user.id)
        detail = {"name": user.name, "passkey": seen.passkey.name}
        Mails(session, installation).post(PASSKEY_COPIED, user.email, detail=detail, language=user.language)


def _read(text: str) -> tuple[Answer | None, str]:
    try:
        return read_answer(text), ""
    except WrongAnswer as wrong:
        return None, str(wrong)


def _whose(installation: Installation, answer: Answer | None) -> tuple[Passkey | None, User | None]:
    if answer is None:
        return None, None
    with reading(installation.sessions) as session:
        passkey = Passkeys(session, installation).by_credential(answer.credential_id)
        return (None, None) if passkey is None else (passkey, passkey.user)
