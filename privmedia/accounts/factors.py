"""What of a person has to be shown besides the password: an authenticator app, passkeys, or nothing."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.models import Passkey, TwoFactor


@dataclass(frozen=True)
class Factors:
    """Those of one person. Nothing of it: the password alone lets in."""

    app: TwoFactor | None
    passkeys: Sequence[Passkey]

    def __bool__(self) -> bool:
        return self.app is not None or bool(self.passkeys)

    @property
    def mark(self) -> tuple[str, ...]:
        """What changes when one of them does."""
        return (self.app.secret if self.app else "", *sorted(each.uid for each in self.passkeys))


def factors_of(session: Session, user_id: int) -> Factors:
    """Somebody's, the passkeys in the order they were made."""
    app = select(TwoFactor).where(TwoFactor.user_id == user_id, TwoFactor.confirmed_at.is_not(None))
    passkeys = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)
    return Factors(session.scalar(app), session.scalars(passkeys).all())
