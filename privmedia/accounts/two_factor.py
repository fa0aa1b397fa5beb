"""Two-factor sign-in: codes of an authenticator app (TOTP, RFC 6238), which count once one of them was typed here."""
from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from privmedia.accounts.factor_rules import FactorRules
from privmedia.accounts.factors import Factors, factors_of
from privmedia.accounts.letter_kinds import APP_REMOVED, TWO_FACTOR_OFF, TWO_FACTOR_ON
from privmedia.accounts.models import Passkey, RecoveryCode, TwoFactor, User
from privmedia.accounts.recovery import RecoveryCodes
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid
from privmedia.installation import Installation
from privmedia.mail.service import Mails
from privmedia.text import mark as _

STEP = 30  # seconds that a code is shown
DRIFT = 1  # steps that a phone's clock may be off
SECRET = re.compile(r"[A-Z2-7]{32}", re.ASCII)  # 160 bits, as RFC 4226 advises
OFF_ALREADY = _("Two-factor is off already.")
WRONG_CODE = _("That code is not right. Type the one your app shows now.")


def new_secret() -> str:
    """A fresh secret for an authenticator app, in base 32."""
    return pyotp.random_base32()


def app_address(secret: str, *, email: str, issuer: str) -> str:
    """The `otpauth:` address that a QR code holds."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=issuer)


def signed_secret(installation: Installation, *, user_id: int, secret: str) -> str:
    """A secret as a form carries it until the first code is typed: nothing is kept before, and none other is taken."""
    return f"{secret}.{_signature(installation, user_id, secret)}"


def secret_of(installation: Installation, *, user_id: int, signed: str) -> str:
    """The secret of `signed_secret`. Raises Invalid for one that was not made here, for this person."""
    secret, _dot, signature = signed.partition(".")
    expected = _signature(installation, user_id, secret)
    if SECRET.fullmatch(secret) is None or not hmac.compare_digest(signature.encode(), expected.encode()):
        raise Invalid(_("This page was open too long. Scan the new code."))
    return secret


def _signature(installation: Installation, user_id: int, secret: str) -> str:
    text = f"two-factor\0{user_id}\0{secret}".encode()
    return hmac.new(installation.settings.secret.encode(), text, hashlib.sha256).hexdigest()


def is_code(text: str) -> bool:
    """Whether this looks like the code of an app; people type it in two groups of three."""
    return re.fullmatch(r"[0-9]{6}", _digits(text)) is not None


def step_of(secret: str, code: str, *, now: datetime, after: int) -> int | None:
    """The time step whose code this is, if it is near now and later than `after`."""
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    found = None
    for step in range(current - DRIFT, current + DRIFT + 1):
        # All are looked at, so that the time does not tell which one it was.
        matches = hmac.compare_digest(totp.generate_otp(step).encode(), _digits(code).encode())
        if matches and step > after:
            found = step
    return found


def _digits(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


class TwoFactors:
    """The authenticator apps of people: at most one each."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)
        self._mails = Mails(session, installation)
        self._now = installation.clock()

    def of(self, user_id: int) -> TwoFactor | None:
        """Somebody's app, if two-factor is on."""
        return self._session.scalar(
            select(TwoFactor).where(TwoFactor.user_id == user_id, TwoFactor.confirmed_at.is_not(None))
        )

    def turn_on(self, *, user_id: int, secret: str, code: str, recovery: list[str], by: Author) -> None:
        """Ask for codes of this app from now on, once `code` proves that it is set up. The person is told by a letter.

        `recovery` are hashes of `recovery.hashed`. Raises Invalid for a wrong code, Conflict if there is an app.
        """
        user = self._locked(user_id)
        if self.of(user_id) is not None:
            raise Conflict(_("Two-factor is on already. Replace the app instead."))
        self._keep(user, secret, code)
        RecoveryCodes(self._session, self._installation).keep(user_id=user_id, hashes=recovery)
        self._tell(TWO_FACTOR_ON, user)
        self._audit.record("two-factor.on", identity=by, target=user.email)

    def replace(self, *, user_id: int, secret: str, code: str, by: Author) -> None:
        """The codes of this app count in place of the one before. Recovery codes stay. Raises as `turn_on`."""
        user = self._locked(user_id)
        if self.of(user_id) is None:
            raise Conflict(_("Two-factor is off. Add an app first."))
        self._keep(user, secret, code)
        self._tell(TWO_FACTOR_ON, user)
        self._audit.record("two-factor.replace", identity=by, target=user.email)

    def remove(self, user: User, by: Author) -> Factors:
        """The app counts no more; answers what is left. With the last of the factors go the recovery codes.

        Raises Conflict if there is no app, and for the last factor of who has to have one.
        """
        self._locked(user.id)
        kept = self._session.get(TwoFactor, user.id)
        if kept is None:
            raise Conflict(OFF_ALREADY)
        if not factors_of(self._session, user.id).passkeys:
            FactorRules(self._session, self._installation).require_dispensable(user.id)
        self._session.delete(kept)
        self._session.flush()
        left = factors_of(self._session, user.id)
        if not left:
            RecoveryCodes(self._session, self._installation).keep(user_id=user.id, hashes=[])
        self._tell(APP_REMOVED if left else TWO_FACTOR_OFF, user)
        self._audit.record("two-factor.off", identity=by, target=user.email)
        return left

    def reset(self, user: User, by: Author = COMMAND_LINE) -> None:
        """Take app, passkeys and recovery codes away from who lost them: from now on the password alone lets in.

        Raises Conflict if it does already.
        """
        self._locked(user.id)
        if not factors_of(self._session, user.id):
            raise Conflict(OFF_ALREADY)
        for table in (TwoFactor, Passkey, RecoveryCode):
            self._session.execute(delete(table).where(table.user_id == user.id))
        self._tell(TWO_FACTOR_OFF, user)
        self._audit.record("two-factor.reset", identity=by, target=user.email)

    def take(self, *, user_id: int, code: str) -> bool:
        """Whether this is a code of the person's app that was not taken before; from now on it is."""
        kept = self.of(user_id)
        if kept is None:
            return False
        step = step_of(kept.secret, code, now=self._now, after=kept.last_step)
        if step is None:
            return False
        # Of two that come with one code at the same moment, the database lets one have it.
        taken = self._session.scalars(
            update(TwoFactor)
            .where(TwoFactor.user_id == user_id, TwoFactor.secret == kept.secret, TwoFactor.last_step < step)
            .values(last_step=step, last_used_at=self._now)
            .returning(TwoFactor.user_id)
            .execution_options(synchronize_session=False)
        )
        return taken.one_or_none() is not None

    def _keep(self, user: User, secret: str, code: str) -> None:
        step = step_of(secret, code, now=self._now, after=0)
        if step is None:
            raise Invalid(WRONG_CODE, "code")
        kept = self._session.get(TwoFactor, user.id)
        if kept is None:
            kept = TwoFactor(user_id=user.id)
            self._session.add(kept)
        elif kept.secret == secret:
            raise Conflict(_("This app is set up already."))
        kept.secret, kept.last_step = secret, step
        kept.created_at = kept.confirmed_at = self._now
        kept.last_used_at = None
        self._session.flush()

    def _locked(self, user_id: int) -> User:
        return self._session.get_one(User, user_id, with_for_update=True)

    def _tell(self, kind: str, user: User) -> None:
        self._mails.post(kind, user.email, detail={"name": user.name}, language=user.language)
