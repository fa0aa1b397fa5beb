"""The second proof, after the password: a code of the authenticator app, or a recovery code in its place.

The passkeys that do as well are in `passkey_proof`; tries with them count together with these.
"""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from privmedia.accounts.letter_kinds import CODES_WRONG
from privmedia.accounts.models import User
from privmedia.accounts.recovery import RecoveryCodes
from privmedia.accounts.throttle import Throttling
from privmedia.accounts.two_factor import TwoFactors, is_code
from privmedia.db import reading, writing
from privmedia.errors import NotAllowed
from privmedia.installation import Installation
from privmedia.mail.service import Mails
from privmedia.text import mark as _

LONGEST = 100  # characters
BY_APP, BY_RECOVERY_CODE, BY_PASSKEY = "authenticator app", "recovery code", "passkey"


class WrongCode(NotAllowed):
    """The code is not one that works now. `tries_left` before a wait."""

    sentence = _("That code is not right, or was used already.")

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__()


@dataclass(frozen=True)
class Proof:
    """What somebody typed, counted as a try, and ready to be taken in a write transaction."""

    user_id: int
    tries_left: int
    code: str
    recovery_hash: str | None


def prepare(installation: Installation, *, user_id: int, typed: str) -> Proof:
    """Count a try, and do the slow part of looking at it. Raises Throttled before anything is looked at."""
    tries_left = admit(installation, user_id=user_id)
    typed = typed[:LONGEST]
    if is_code(typed):
        return Proof(user_id, tries_left, typed, None)
    with reading(installation.sessions) as session:
        code_hash = RecoveryCodes(session, installation).hash_of(user_id=user_id, code=typed)
    return Proof(user_id, tries_left, typed, code_hash)


def admit(installation: Installation, *, user_id: int) -> int:
    """Count a try with a second factor, in transactions of its own; returns how many are left. Raises Throttled.

    A person's tries are counted wherever they come from: who gets here has the password, so nobody can lock somebody
    else out. Whoever has used up the tries is told by a letter.
    """
    key = _key(user_id)
    with reading(installation.sessions) as session:
        Throttling(session, installation).require_open(account=key, address="", known_here=True)
    with writing(installation.sessions) as session:
        return Throttling(session, installation).admit(account=key, address="", known_here=True)


def succeeded(session: Session, installation: Installation, *, user_id: int) -> None:
    """Take back a try that was right."""
    Throttling(session, installation).succeeded(account=_key(user_id), address="")


def take(session: Session, installation: Installation, proof: Proof) -> str:
    """Use the code up; answers what it was. Raises WrongCode for one that does not work, or not any more."""
    if proof.recovery_hash is None:
        right = TwoFactors(session, installation).take(user_id=proof.user_id, code=proof.code)
    else:
        right = RecoveryCodes(session, installation).take(user_id=proof.user_id, code_hash=proof.recovery_hash)
    if not right:
        raise WrongCode(proof.tries_left)
    succeeded(session, installation, user_id=proof.user_id)
    return BY_APP if proof.recovery_hash is None else BY_RECOVERY_CODE


def warn(installation: Installation, tries_left: int, *, user_id: int) -> None:
    """Once all tries are used up: a letter that says that somebody has the password. In a transaction of its own."""
    if tries_left > 0:
        return
    with writing(installation.sessions) as session:
        user = session.get(User, user_id)
        if user is not None:
            mails = Mails(session, installation)
            mails.post(CODES_WRONG, user.email, detail={"name": user.name}, language=user.language)


def _key(user_id: int) -> str:
    return f"second factor of {user_id}"
