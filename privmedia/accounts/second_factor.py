"""The second proof, after the password: a code of the authenticator app, or a recovery code in its place."""
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
BY_APP, BY_RECOVERY_CODE = "authenticator app", "recovery code"


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
    """Count a try, in transactions of its own, and do the slow part of looking at it.

    A person's tries are counted wherever they come from: who gets here has the password, so nobody can lock somebody
    else out. Raises Throttled before anything is looked at. Whoever has used up the tries is told by a letter.
    """
    key = _key(user_id)
    with reading(installation.sessions) as session:
        Throttling(session, installation).require_open(account=key, address="", known_here=True)
    with writing(installation.sessions) as session:
        tries_left = Throttling(session, installation).admit(account=key, address="", known_here=True)
    typed = typed[:LONGEST]
    if is_code(typed):
        return Proof(user_id, tries_left, typed, None)
    with reading(installation.sessions) as session:
        code_hash = RecoveryCodes(session, installation).hash_of(user_id=user_id, code=typed)
    return Proof(user_id, tries_left, typed, code_hash)


def take(session: Session, installation: Installation, proof: Proof) -> str:
    """Use the code up; answers what it was. Raises WrongCode for one that does not work, or not any more."""
    if proof.recovery_hash is None:
        right = TwoFactors(session, installation).take(user_id=proof.user_id, code=proof.code)
    else:
        right = RecoveryCodes(session, installation).take(user_id=proof.user_id, code_hash=proof.recovery_hash)
    if not right:
        raise WrongCode(proof.tries_left)
    Throttling(session, installation).succeeded(account=_key(proof.user_id), address="")
    return BY_APP if proof.recovery_hash is None else BY_RECOVERY_CODE


def warn(installation: Installation, wrong: WrongCode, *, user_id: int) -> None:
    """Once all tries are used up: a letter that says that somebody has the password. In a transaction of its own."""
    if wrong.tries_left > 0:
        return
    with writing(installation.sessions) as session:
        user = session.get(User, user_id)
        if user is not None:
            mails = Mails(session, installation)
            mails.post(CODES_WRONG, user.email, detail={"name": user.name}, language=user.language)


def _key(user_id: int) -> str:
    return f"second factor of {user_id}"
