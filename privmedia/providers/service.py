"""Sessions of people whom somebody else vouches for; an OpenID provider may end them."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.elsewhere import TurnedAway
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import SignIn
from privmedia.accounts.sign_ins import SignedIn, SignIns
from privmedia.audit.service import NamedAuthor
from privmedia.installation import Installation
from privmedia.provider_settings import Provider, Source
from privmedia.providers.models import ProviderSession
from privmedia.providers.people import People, Vouched
from privmedia.text import Sentence
from privmedia.text import mark as _

LONGEST_VALUE = 255
MOST_GROUPS = 2000
"""Groups of one person that are looked at; more is no answer of a provider."""

TOO_MANY = _("${provider} did not say which groups you are in, because there are too many. Ask your administrator.")


class Providers:
    """People of identity providers. Every verb writes into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._now = installation.clock()

    def sign_in(
        self,
        source: Source,
        person: Vouched,
        *,
        id_token: str = "",
        sid: str = "",
        address: str = "",
        browser: str = "",
        replaces: str | None = None,
        only: int | None = None,
    ) -> SignedIn:
        """Begin a session of this person, in the groups and rights they have there.

        `only`: the number of who was asked to prove once more who they are. Raises TurnedAway if there is no account
        for them, it is disabled, or it is somebody else.
        """
        people = People(self._session, self._installation)
        known, user = people.arrive(source, person, address=address, only=only)
        sign_ins = SignIns(self._session, self._installation)
        sign_ins.end_token(replaces)
        signed_in = sign_ins.begin(user=user, keep=False, address=address, browser=browser, through=source.text)
        self._session.flush()
        session_id = self._session.scalars(
            select(SignIn.id).where(SignIn.token_hash == token_hash(signed_in.token))
        ).one()
        self._session.add(
            ProviderSession(
                session_id=session_id, issuer=source.issuer, subject=known.subject, sid=sid, id_token=id_token
            )
        )
        return signed_in

    def end(self, provider: Provider, *, subject: str, sid: str) -> int:
        """End the sessions that were begun by signing in there: of one session there, or of a person; how many."""
        theirs = select(ProviderSession.session_id).where(ProviderSession.issuer == provider.issuer)
        if sid:
            theirs = theirs.where(ProviderSession.sid == sid)
        if subject:
            theirs = theirs.where(ProviderSession.subject == subject)
        live = self._session.scalars(
            select(SignIn).where(SignIn.id.in_(theirs), SignIn.expires_at > self._now, SignIn.idle_until > self._now)
        ).all()
        sign_ins = SignIns(self._session, self._installation)
        by = NamedAuthor(provider.text, "")
        for one in live:
            sign_ins.end(uid=one.uid, user_id=one.user_id, by=by)
        return len(live)

    def id_token_of(self, session_uid: str) -> tuple[str, str] | None:
        """Issuer and ID token by which a session was begun; None for one with a password."""
        row = self._session.execute(
            select(ProviderSession.issuer, ProviderSession.id_token)
            .join(SignIn, SignIn.id == ProviderSession.session_id)
            .where(SignIn.uid == session_uid)
        ).one_or_none()
        return None if row is None else (row.issuer, row.id_token)

    def issuer_of(self, session_id: int | None) -> str | None:
        """Where a session was begun; None for one with a password."""
        return self._session.scalar(
            select(ProviderSession.issuer).where(ProviderSession.session_id == session_id)
        )

    def session_uid(self, session_id: int | None) -> str | None:
        """The public id of a session that was begun at a provider; None for others."""
        return self._session.scalar(
            select(SignIn.uid).join(ProviderSession, ProviderSession.session_id == SignIn.id).where(
                SignIn.id == session_id
            )
        )


def vouched(provider: Provider, claims: Mapping[str, Any]) -> Vouched:
    """The person of an ID token. Raises TurnedAway as `group_values`."""
    return Vouched(
        subject=claims["sub"],
        email=_text(claims, "email"),
        name=_text(claims, "name") or _text(claims, "preferred_username"),
        groups=group_values(provider, claims),
        email_verified=claims.get("email_verified") is True,
    )


def session_there(claims: Mapping[str, Any]) -> str:
    """What the provider calls its session; empty if it does not say."""
    sid = claims.get("sid", "")
    return sid if isinstance(sid, str) and len(sid) <= LONGEST_VALUE else ""


def group_values(provider: Provider, claims: Mapping[str, Any]) -> list[str]:
    """What the provider calls the groups somebody is in; none if it does not say.

    Raises TurnedAway where it says that there are too many to tell (Entra ID's `_claim_names`).
    """
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, Mapping) and provider.groups_claim in elsewhere:
        who = _text(claims, "email") or str(claims["sub"])
        raise TurnedAway(Sentence(TOO_MANY, {"provider": provider.text}), "groups overage", who)
    found = claims.get(provider.groups_claim, [])
    found = [found] if isinstance(found, str) else found
    return [value for value in found if isinstance(value, str)][:MOST_GROUPS] if isinstance(found, list) else []


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
