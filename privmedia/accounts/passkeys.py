"""The passkeys of people: made, named, used and removed. Whoever has one is asked for more than the password."""
from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.accounts.ceremonies import Made, Signed
from privmedia.accounts.factor_rules import FactorRules
from privmedia.accounts.factors import Factors, factors_of
from privmedia.accounts.letter_kinds import PASSKEY_NEW, PASSKEY_REMOVED, TWO_FACTOR_OFF
from privmedia.accounts.models import Passkey, User
from privmedia.accounts.passkey_makers import maker
from privmedia.accounts.recovery import RecoveryCodes
from privmedia.audit.service import Audit, Author
from privmedia.errors import Conflict, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.mail.service import Mails
from privmedia.text import Sentence
from privmedia.text import mark as _

LONGEST_NAME = 120
MOST = 20
KNOWN = _("This passkey is registered already.")
TOO_MANY = _("${count} passkeys are the most. Remove one that you do not use any more.")
NO_PASSWORD = _("Passkeys are for accounts with a password of this library. You sign in elsewhere.")


class Passkeys:
    """Passkeys. Every verb that changes one tells the person by a letter, and the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._rules = FactorRules(session, installation)
        self._recovery = RecoveryCodes(session, installation)
        self._audit = Audit(session, installation)
        self._mails = Mails(session, installation)
        self._now = installation.clock()

    def factors(self, user_id: int) -> Factors:
        """All that somebody has besides the password."""
        return factors_of(self._session, user_id)

    def of(self, user_id: int) -> Sequence[Passkey]:
        """Somebody's, in the order they were made."""
        return self.factors(user_id).passkeys

    def by_credential(self, credential_id: str) -> Passkey | None:
        """The one an authenticator calls so."""
        return self._session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))

    def require_room(self, user_id: int) -> None:
        """Raise Conflict if somebody cannot have one more."""
        if self._session.get_one(User, user_id).password_hash is None:
            raise Conflict(NO_PASSWORD)
        if len(self.of(user_id)) >= MOST:
            raise Conflict(Sentence(TOO_MANY, {"count": MOST}))

    def add(
        self, *, user_id: int, made: Made, handle: str, name: str, recovery: Sequence[str], by: Author
    ) -> Passkey:
        """Let this passkey count from now on.

        `recovery`: hashes of new recovery codes, for whoever has none yet. Raises Invalid for the name, and Conflict
        for one that is registered already, by whomever, and if there are too many.
        """
        user = self._session.get_one(User, user_id, with_for_update=True)
        self.require_room(user_id)
        called = required_line(
            name or maker(made.aaguid), field="name", missing=_("A name is needed, to know it by."),
            longest=LONGEST_NAME,
        )
        insert = sqlite.insert if self._session.get_bind().dialect.name == "sqlite" else postgresql.insert
        row = {
            "uid": new_uid(), "user_id": user_id, "credential_id": made.credential_id, "public_key": made.public_key,
            "handle": handle, "name": called, "aaguid": made.aaguid, "transports": made.transports,
            "counter": made.counter, "verifies": made.verified, "backed_up": made.backed_up, "created_at": self._now,
        }
        # Not looked up before: of two that bring the same at one moment, the database lets one have it.
        added = insert(Passkey).values(row).on_conflict_do_nothing(index_elements=["credential_id"])
        number = self._session.scalars(added.returning(Passkey.id)).one_or_none()
        if number is None:
            raise Conflict(KNOWN)
        if recovery:
            self._recovery.keep(user_id=user_id, hashes=list(recovery))
        self._tell(PASSKEY_NEW, user, called)
        detail = {"name": called, "kind": maker(made.aaguid)}
        self._audit.record("passkey.add", identity=by, target=user.email, detail=detail)
        return self._session.get_one(Passkey, number)

    def rename(self, *, uid: str, user_id: int, name: str, by: Author) -> None:
        """Call it something else. Raises NotFound for one that is not theirs, and Invalid."""
        passkey = self._one(uid, user_id)
        called = required_line(
            name, field="name", missing=_("A name is needed, to know it by."), longest=LONGEST_NAME
        )
        before, passkey.name = passkey.name, called
        if before != called:
            detail = {"before": before, "name": called}
            self._audit.record("passkey.rename", identity=by, target=passkey.user.email, detail=detail)

    def remove(self, *, uid: str, user_id: int, by: Author) -> Factors:
        """It counts no more; answers what is left. With the last of the factors go the recovery codes.

        Raises NotFound for one that is not theirs, and Conflict for the last factor of who has to have one.
        """
        passkey = self._one(uid, user_id)
        user, called = passkey.user, passkey.name
        factors = self.factors(user_id)
        if factors.app is None and len(factors.passkeys) == 1:
            self._rules.require_dispensable(user_id)
        self._session.delete(passkey)
        self._session.flush()
        left = self.factors(user_id)
        self._tell(PASSKEY_REMOVED, user, called)
        if not left:
            self._recovery.keep(user_id=user_id, hashes=[])
            self._mails.post(TWO_FACTOR_OFF, user.email, detail={"name": user.name}, language=user.language)
        self._audit.record("passkey.remove", identity=by, target=user.email, detail={"name": called})
        return left

    def take(self, passkey_id: int, signed: Signed) -> Passkey | None:
        """Note that it was used. None if it is gone, or if its counter went back: then there may be a copy of it."""
        # A counter that never moves is none (WebAuthn, 6.1.1).
        went_on = Passkey.counter < signed.counter if signed.counter else Passkey.counter == 0
        values = {"counter": signed.counter, "backed_up": signed.backed_up, "last_used_at": self._now}
        if signed.verified:
            values["verifies"] = True
        used = (
            update(Passkey)
            .where(Passkey.id == passkey_id, went_on)
            .values(values)
            .returning(Passkey.id)
            .execution_options(synchronize_session=False)
        )
        if self._session.scalars(used).one_or_none() is None:
            return None
        return self._session.get_one(Passkey, passkey_id, populate_existing=True)

    def _one(self, uid: str, user_id: int) -> Passkey:
        found = None
        if is_uid(uid):
            found = self._session.scalar(select(Passkey).where(Passkey.uid == uid, Passkey.user_id == user_id))
        if found is None:
            raise NotFound
        return found

    def _tell(self, kind: str, user: User, called: str) -> None:
        self._mails.post(kind, user.email, detail={"name": user.name, "passkey": called}, language=user.language)
