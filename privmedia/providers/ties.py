"""By what a person signs in: their accounts elsewhere, each tied to the one here, and how a tie is made and undone."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import SignIn, User
from privmedia.accounts.sign_ins import SignIns
from privmedia.audit.service import Audit, Author
from privmedia.errors import Conflict, NotFound
from privmedia.installation import Installation
from privmedia.provider_settings import Source
from privmedia.providers.models import ProviderAccount, ProviderSession
from privmedia.providers.people import People, Vouched
from privmedia.text import Sentence
from privmedia.text import mark as _

SOMEBODYS = _("That account of ${provider} belongs to somebody else here. Nothing was changed.")
LAST_WAY = _("This is your only way in. Connect another one first.")
GONE = _("a provider that is not in the settings")


@dataclass(frozen=True)
class Tie:
    """One account elsewhere that opens an account here."""

    number: int
    text: str
    """What the provider is called."""
    created_at: datetime
    last_used_at: datetime


class Ties:
    """The ties of accounts here to accounts elsewhere. Every change is written into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)
        self._sources: dict[str, Source] = {one.issuer: one for one in installation.settings.sources}

    def of(self, user_id: int) -> Sequence[Tie]:
        """By what somebody signs in beside a password here, the oldest first."""
        found = self._session.scalars(
            select(ProviderAccount).where(ProviderAccount.user_id == user_id).order_by(ProviderAccount.id)
        )
        return [Tie(one.id, self._text(one), one.created_at, one.last_used_at) for one in found]

    def connect(self, source: Source, person: Vouched, *, user_id: int, by: Author) -> None:
        """From now on somebody signs in to their account by this as well. Raises Conflict if it is another's."""
        known = self._session.scalar(
            select(ProviderAccount).where(
                ProviderAccount.issuer == source.issuer, ProviderAccount.subject == person.subject
            )
        )
        if known is not None and known.user_id != user_id:
            raise Conflict(Sentence(SOMEBODYS, {"provider": source.text}))
        user = self._session.get_one(User, user_id, with_for_update=True)
        people = People(self._session, self._installation)
        if known is None:
            known = people.tie(source, person.subject, user, by)
        people.follow(source, known, user, person.groups, address=by.address)

    def disconnect(self, number: int, *, user: User, by: Author, but: int | None = None) -> str:
        """Somebody signs in by this no more; sessions begun there end, but one; returns what it was called.

        Groups and rights that came from there go. Raises NotFound, and Conflict if one takes the last way in from
        oneself.
        """
        known = self._session.get(ProviderAccount, number)
        if known is None or known.user_id != user.id:
            raise NotFound
        if by.user_id == user.id and user.password_hash is None and self._count(user.id) < 2:
            raise Conflict(LAST_WAY)
        source, text = self._sources.get(known.issuer), self._text(known)
        if source is not None:
            People(self._session, self._installation).follow(source, known, user, (), address=by.address)
        sign_ins = SignIns(self._session, self._installation)
        begun = select(SignIn.uid).join(ProviderSession, ProviderSession.session_id == SignIn.id).where(
            ProviderSession.issuer == known.issuer, ProviderSession.subject == known.subject,
            SignIn.expires_at > SignIn.created_at, *([] if but is None else [SignIn.id != but]),
        )
        for uid in self._session.scalars(begun).all():
            sign_ins.end(uid=uid, user_id=user.id, by=by)
        self._session.delete(known)
        self._audit.record("provider.unlink", identity=by, target=user.email, detail={"provider": text})
        return text

    def _count(self, user_id: int) -> int:
        mine = select(func.count(ProviderAccount.id)).where(ProviderAccount.user_id == user_id)
        return self._session.scalar(mine) or 0

    def _text(self, known: ProviderAccount) -> str:
        source = self._sources.get(known.issuer)
        return source.text if source is not None else known.issuer
