"""Recovery codes: ten that each work once, in place of the authenticator app or a passkey.

A code has 50 random bits, so what is kept of it is slow to guess (scrypt). The codes of one person share a salt, so one
hash answers for all of them.
"""
from __future__ import annotations

import hashlib
import re
import secrets

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from privmedia.accounts.letter_kinds import RECOVERY_NEW, RECOVERY_USED
from privmedia.accounts.models import RecoveryCode, User
from privmedia.audit.service import Audit, Author
from privmedia.ids import ALPHABET
from privmedia.installation import Installation
from privmedia.mail.service import Mails

COUNT = 10
LENGTH = 10
WORK = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and about 40 ms
# What is misread for each other is one in this alphabet.
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})


def new_codes() -> list[str]:
    """Ten fresh codes as they are shown: two groups of five."""
    return [f"{code[:5]}-{code[5:]}" for code in (_random() for _ in range(COUNT))]


def hashed(codes: list[str]) -> list[str]:
    """What is kept of a person's codes. Takes about half a second: call it while nothing is written."""
    salt = secrets.token_hex(8)
    return [_hash(code, salt) for code in codes]


def _random() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _hash(code: str, salt: str) -> str:
    plain = re.sub(r"[\s-]", "", code.lower()).translate(_MISREAD)
    digest = hashlib.scrypt(plain.encode("utf-8", "surrogatepass"), salt=salt.encode(), dklen=23, **WORK)
    return f"{salt}${digest.hex()}"


class RecoveryCodes:
    """The recovery codes of people."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)
        self._mails = Mails(session, installation)
        self._now = installation.clock()

    def left(self, user_id: int) -> int:
        """How many of somebody's codes still work."""
        unused = select(func.count(RecoveryCode.id)).where(
            RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
        )
        return self._session.scalar(unused) or 0

    def keep(self, *, user_id: int, hashes: list[str]) -> None:
        """These codes work from now on, and none of those before."""
        self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        self._session.add_all(RecoveryCode(user_id=user_id, code_hash=each) for each in hashes)
        self._session.flush()

    def renew(self, *, user_id: int, hashes: list[str], by: Author) -> None:
        """New codes in place of those somebody had, who is told by a letter."""
        user = self._session.get_one(User, user_id, with_for_update=True)
        self.keep(user_id=user_id, hashes=hashes)
        self._tell(RECOVERY_NEW, user, {})
        self._audit.record("recovery-codes.new", identity=by, target=user.email)

    def hash_of(self, *, user_id: int, code: str) -> str:
        """What would be kept of a typed code, if it were one of this person's. Takes its time."""
        kept = self._session.scalar(select(RecoveryCode.code_hash).where(RecoveryCode.user_id == user_id).limit(1))
        return _hash(code, kept.partition("$")[0] if kept else "nobody's")

    def take(self, *, user_id: int, code_hash: str) -> bool:
        """Whether this is an unused code of this person's; from now on it is used, and the person told by a letter."""
        used = self._session.scalars(
            update(RecoveryCode)
            .where(
                RecoveryCode.user_id == user_id,
                RecoveryCode.code_hash == code_hash,
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=self._now)
            .returning(RecoveryCode.id)
        )
        if used.one_or_none() is None:
            return False
        self._tell(RECOVERY_USED, self._session.get_one(User, user_id), {"left": self.left(user_id)})
        return True

    def _tell(self, kind: str, user: User, more: dict[str, int]) -> None:
        self._mails.post(kind, user.email, detail={"name": user.name, **more}, language=user.language)
