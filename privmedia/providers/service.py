"""Signing in whom an identity provider vouches for: whose account it is, which groups they join and leave."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.accounts.addresses import normal_email
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import token_hash
from privmedia.accounts.models import Group, Membership, SignIn, User
from privmedia.accounts.service import Accounts
from privmedia.accounts.sign_ins import SignedIn, SignIns
from privmedia.audit.service import Audit, Author, NamedAuthor
from privmedia.errors import Conflict, Invalid, NotAllowed, NotFound
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.provider_settings import Provider
from privmedia.providers.models import ProviderAccount, ProviderGroup, ProviderSession
from privmedia.text import Sentence, clean_line
from privmedia.text import mark as _

LONGEST_VALUE = 255
MOST_GROUPS = 2000
"""Groups of one person that are looked at; more is no answer of a provider."""

NO_ACCOUNT = _("There is no account for you here yet. Ask an administrator of this library to invite you.")
DISABLED = _("Your account here is disabled. Ask an administrator of this library.")
NO_EMAIL = _("${provider} did not tell your email address, which an account here needs. Ask your administrator.")
ANOTHER = _(
    "There is an account with your email address already, and it does not belong to this sign-in. Sign in with your "
    "password, or ask an administrator."
)
SOMEBODY_ELSE = _("You signed in there as somebody else. Nothing was changed here.")
TOO_MANY = _("${provider} did not say which groups you are in, because there are too many. Ask your administrator.")


class TurnedAway(NotAllowed):
    """The provider knows the person, and this library does not let them in. `why` is for the audit log."""

    def __init__(self, sentence: str | Sentence, why: str, who: str) -> None:
        super().__init__(sentence)
        self.why = why
        self.who = who


class Providers:
    """People of identity providers. Every verb writes into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._accounts = Accounts(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def sign_in(
        self,
        provider: Provider,
        claims: Mapping[str, Any],
        *,
        id_token: str,
        address: str = "",
        browser: str = "",
        replaces: str | None = None,
        only: int | None = None,
    ) -> SignedIn:
        """Begin a session of the person the claims are about, in the groups and rights the provider gives them.

        `only`: the number of who was asked to prove once more who they are. Raises TurnedAway if there is no account
        for them, it is disabled, or it is somebody else.
        """
        known, user = self._person(provider, claims, address)
        if only is not None and user.id != only:
            raise TurnedAway(SOMEBODY_ELSE, "somebody else signed in", user.email)
        if user.disabled_at is not None:
            raise TurnedAway(DISABLED, "disabled account", user.email)
        known.last_used_at = self._now
        by = NamedAuthor(user.name, user.email, user.id, address, provider.text)
        values = group_values(provider, claims)
        self._follow(provider, user, values, by)
        self._give_administration(provider, known, user, values, by)
        sign_ins = SignIns(self._session, self._installation)
        sign_ins.end_token(replaces)
        signed_in = sign_ins.begin(user=user, keep=False, address=address, browser=browser, through=provider.text)
        self._session.flush()
        session_id = self._session.scalars(
            select(SignIn.id).where(SignIn.token_hash == token_hash(signed_in.token))
        ).one()
        sid = claims.get("sid", "")
        self._session.add(
            ProviderSession(
                session_id=session_id, issuer=provider.issuer, subject=known.subject,
                sid=sid if isinstance(sid, str) and len(sid) <= LONGEST_VALUE else "", id_token=id_token,
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

    def _person(
        self, provider: Provider, claims: Mapping[str, Any], address: str
    ) -> tuple[ProviderAccount, User]:
        known = self._session.scalar(
            select(ProviderAccount).where(
                ProviderAccount.issuer == provider.issuer, ProviderAccount.subject == claims["sub"]
            )
        )
        if known is not None:
            return known, self._session.get_one(User, known.user_id, with_for_update=True)
        user = self._same_address(provider, claims) or self._new_person(provider, claims, address)
        known = ProviderAccount(
            issuer=provider.issuer, subject=claims["sub"], user_id=user.id, created_at=self._now,
            last_used_at=self._now,
        )
        self._session.add(known)
        by = NamedAuthor(user.name, user.email, user.id, address, provider.text)
        self._audit.record("provider.link", identity=by, target=user.email, detail={"provider": provider.issuer})
        return known, user

    def _same_address(self, provider: Provider, claims: Mapping[str, Any]) -> User | None:
        """The account of the same address. Raises TurnedAway unless the provider answers for the address, and may."""
        email = normal_email(_text(claims, "email"))
        user = self._session.scalar(select(User).where(User.email == email).with_for_update()) if email else None
        if user is None:
            return None
        if not provider.link_by_email:
            raise TurnedAway(ANOTHER, "an account of that address exists, and linking by address is off", email)
        if claims.get("email_verified") is not True:
            raise TurnedAway(ANOTHER, "the provider has not verified the address", email)
        return user

    def _new_person(self, provider: Provider, claims: Mapping[str, Any], address: str) -> User:
        email = _text(claims, "email")
        who = email or str(claims["sub"])
        if not provider.make_accounts:
            raise TurnedAway(NO_ACCOUNT, "no account, and none is made", who)
        name = _text(claims, "name") or _text(claims, "preferred_username")
        by = NamedAuthor(clean_line(name) or who, email, address=address, through=provider.text)
        try:
            return self._accounts.add_user(email=email, name=name, by=by)
        except Invalid:
            raise TurnedAway(
                Sentence(NO_EMAIL, {"provider": provider.text}), "no address that can be used", who
            ) from None

    def _follow(self, provider: Provider, user: User, values: Sequence[str], by: Author) -> None:
        """Let somebody join and leave groups as the table says. What somebody put them into by hand stays."""
        wanted = set(
            self._session.scalars(
                select(ProviderGroup.group_id).where(
                    ProviderGroup.provider == provider.name, ProviderGroup.value.in_(values)
                )
            )
        )
        inside = {
            row.group_id: row.provider
            for row in self._session.scalars(select(Membership).where(Membership.user_id == user.id))
        }
        joined = wanted - inside.keys()
        left = {group for group, through in inside.items() if through == provider.name} - wanted
        if not joined and not left:
            return
        self._session.add_all(
            Membership(user_id=user.id, group_id=group, since=self._now, provider=provider.name) for group in joined
        )
        self._session.execute(
            delete(Membership).where(Membership.user_id == user.id, Membership.group_id.in_(left))
        )
        self._session.flush()
        self._audit.record(
            "user.groups", identity=by, target=user.email,
            detail={"joined": self._names(joined), "left": self._names(left), "through": provider.text},
        )

    def _give_administration(
        self, provider: Provider, known: ProviderAccount, user: User, values: Sequence[str], by: Author
    ) -> None:
        """Make an administrator of who is in the group of the settings, and of no one else any more who was by it."""
        if not provider.admin_group:
            return
        wanted = provider.admin_group in values and not user.is_guest
        if wanted == user.is_admin or (user.is_admin and not known.administers):
            return
        try:
            self._accounts.change_user(
                user=user, name=user.name, admin=wanted, guest=user.is_guest,
                by=NamedAuthor(provider.text, "", address=by.address),
            )
            known.administers = wanted
        except Conflict:
            return  # the last administrator stays one

    def _names(self, groups: set[int]) -> list[str]:
        named = select(Group.name).where(Group.id.in_(groups)).order_by(Group.name_key)
        return list(self._session.scalars(named))


class ProviderGroups:
    """The table of which groups of providers are which of ours."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)

    def rows(self) -> Sequence[tuple[ProviderGroup, Group]]:
        """By provider and value, each with the group of ours."""
        rows = self._session.execute(
            select(ProviderGroup, Group)
            .join(Group, Group.id == ProviderGroup.group_id)
            .order_by(ProviderGroup.provider, ProviderGroup.value, Group.name_key)
        )
        return [(row[0], row[1]) for row in rows]

    def add(self, *, provider: str, value: str, group: str, by: Author) -> None:
        """From the next sign-in on, who is in `value` there is in our group. Raises Invalid and Conflict."""
        if provider not in {one.name for one in self._installation.settings.providers}:
            raise Invalid(_("Choose a provider."), "provider")
        value = required_line(
            value, field="value", missing=_("What is the group called there?"), longest=LONGEST_VALUE
        )
        try:
            ours = Groups(self._session, self._installation).group(group)
        except NotFound:
            raise Invalid(_("Choose a group."), "group") from None
        there = select(ProviderGroup.id).where(
            ProviderGroup.provider == provider, ProviderGroup.value == value, ProviderGroup.group_id == ours.id
        )
        if self._session.scalar(there) is not None:
            raise Conflict(_("That line is in the table already."))
        self._session.add(ProviderGroup(provider=provider, value=value, group_id=ours.id))
        detail = {"provider": provider, "value": value}
        self._audit.record("provider-group.add", identity=by, target=ours.name, detail=detail)

    def remove(self, number: int, by: Author) -> None:
        """Take a line out. Whoever is in the group by it leaves at their next sign-in. Raises NotFound."""
        row = self._session.get(ProviderGroup, number)
        if row is None:
            raise NotFound
        ours = self._session.get_one(Group, row.group_id)
        self._session.delete(row)
        detail = {"provider": row.provider, "value": row.value}
        self._audit.record("provider-group.remove", identity=by, target=ours.name, detail=detail)


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
