"""People whom somebody else vouches for: whose account it is, which groups they join and leave, who administers.

The same for all ways of signing in: an OpenID provider, the directory, a proxy that signs people in.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.accounts.addresses import normal_email
from privmedia.accounts.elsewhere import TurnedAway
from privmedia.accounts.models import Group, Membership, User
from privmedia.accounts.service import Accounts
from privmedia.audit.service import Audit, Author, NamedAuthor
from privmedia.errors import Conflict, Invalid
from privmedia.installation import Installation
from privmedia.provider_settings import Source
from privmedia.providers.models import ProviderAccount, ProviderGroup
from privmedia.text import Sentence, clean_line
from privmedia.text import mark as _

NO_ACCOUNT = _("There is no account for you here yet. Ask an administrator of this library to invite you.")
DISABLED = _("Your account here is disabled. Ask an administrator of this library.")
NO_EMAIL = _("${provider} did not tell your email address, which an account here needs. Ask your administrator.")
ANOTHER = _(
    "There is an account with your email address already, and it does not belong to this sign-in. Sign in with your "
    "password, or ask an administrator."
)
SOMEBODY_ELSE = _("You signed in there as somebody else. Nothing was changed here.")


@dataclass(frozen=True)
class Vouched:
    """Somebody, as they are known elsewhere."""

    subject: str
    """What is never given to anybody else there."""
    email: str = ""
    name: str = ""
    groups: Sequence[str] = ()
    email_verified: bool = False
    """Whether they answer for the address being this person's."""

    @property
    def who(self) -> str:
        """For the log."""
        return self.email or self.subject


@dataclass(frozen=True)
class Moves:
    """Groups of ours that somebody joins and leaves."""

    joined: frozenset[int]
    left: frozenset[int]


class People:
    """Their accounts here. Every verb writes into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._accounts = Accounts(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def arrive(
        self, source: Source, person: Vouched, *, address: str = "", only: int | None = None
    ) -> tuple[ProviderAccount, User]:
        """The account of who signs in, made if need be, in the groups and rights they have there now.

        `only`: the number of who was asked to prove once more who they are. Raises TurnedAway if there is no account
        for them, it is disabled, or it is somebody else.
        """
        known, user = self._account(source, person, address)
        if only is not None and user.id != only:
            raise TurnedAway(SOMEBODY_ELSE, "somebody else signed in", user.email)
        if user.disabled_at is not None:
            raise TurnedAway(DISABLED, "disabled account", user.email)
        known.last_used_at = self._now
        self.follow(source, known, user, person.groups, address=address)
        return known, user

    def follow(
        self, source: Source, known: ProviderAccount, user: User, groups: Sequence[str], *, address: str = ""
    ) -> Moves:
        """Let somebody join and leave groups, and administer or not, as they do there."""
        by = NamedAuthor(user.name, user.email, user.id, address, source.text)
        moves = self.moves(source, user, groups)
        self._move(source, user, moves, by)
        self._give_administration(source, known, user, groups, by)
        return moves

    def moves(self, source: Source, user: User, groups: Sequence[str]) -> Moves:
        """What the table makes of these groups. What somebody put them into by hand stays. Only looks."""
        wanted = set(
            self._session.scalars(
                select(ProviderGroup.group_id).where(
                    ProviderGroup.provider == source.name, ProviderGroup.value.in_(groups)
                )
            )
        )
        inside = {
            row.group_id: row.provider
            for row in self._session.scalars(select(Membership).where(Membership.user_id == user.id))
        }
        ours = {group for group, through in inside.items() if through == source.name}
        return Moves(frozenset(wanted - inside.keys()), frozenset(ours - wanted))

    def changes_administration(
        self, source: Source, known: ProviderAccount, user: User, groups: Sequence[str]
    ) -> bool:
        """Whether somebody is to administer who does not yet, or not any more who does because of them. Only looks."""
        if not source.admin_group:
            return False
        wanted = source.admin_group in groups and not user.is_guest
        return wanted != user.is_admin and (wanted or known.administers)

    def names(self, groups: Sequence[int] | frozenset[int]) -> list[str]:
        """What some of our groups are called."""
        named = select(Group.name).where(Group.id.in_(groups)).order_by(Group.name_key)
        return list(self._session.scalars(named))

    def _account(self, source: Source, person: Vouched, address: str) -> tuple[ProviderAccount, User]:
        known = self._session.scalar(
            select(ProviderAccount).where(
                ProviderAccount.issuer == source.issuer, ProviderAccount.subject == person.subject
            )
        )
        if known is not None:
            return known, self._session.get_one(User, known.user_id, with_for_update=True)
        user = self._same_address(source, person) or self._new_person(source, person, address)
        by = NamedAuthor(user.name, user.email, user.id, address, source.text)
        return self.tie(source, person.subject, user, by), user

    def tie(self, source: Source, subject: str, user: User, by: Author) -> ProviderAccount:
        """From now on, who is this there is this account here."""
        known = ProviderAccount(
            issuer=source.issuer, subject=subject, user_id=user.id, created_at=self._now, last_used_at=self._now,
        )
        self._session.add(known)
        self._session.flush()
        self._audit.record("provider.link", identity=by, target=user.email, detail={"provider": source.issuer})
        return known

    def _same_address(self, source: Source, person: Vouched) -> User | None:
        """The account of the same address. Raises TurnedAway unless they answer for the address, and may."""
        email = normal_email(person.email)
        user = self._session.scalar(select(User).where(User.email == email).with_for_update()) if email else None
        if user is None:
            return None
        if not source.link_by_email:
            raise TurnedAway(ANOTHER, "an account of that address exists, and linking by address is off", email)
        if not person.email_verified:
            raise TurnedAway(ANOTHER, "the provider has not verified the address", email)
        return user

    def _new_person(self, source: Source, person: Vouched, address: str) -> User:
        if not source.make_accounts:
            raise TurnedAway(NO_ACCOUNT, "no account, and none is made", person.who)
        by = NamedAuthor(clean_line(person.name) or person.who, person.email, address=address, through=source.text)
        try:
            return self._accounts.add_user(email=person.email, name=person.name, by=by)
        except Invalid:
            raise TurnedAway(
                Sentence(NO_EMAIL, {"provider": source.text}), "no address that can be used", person.who
            ) from None

    def _move(self, source: Source, user: User, moves: Moves, by: Author) -> None:
        if not moves.joined and not moves.left:
            return
        self._session.add_all(
            Membership(user_id=user.id, group_id=group, since=self._now, provider=source.name)
            for group in moves.joined
        )
        self._session.execute(
            delete(Membership).where(Membership.user_id == user.id, Membership.group_id.in_(moves.left))
        )
        self._session.flush()
        self._audit.record(
            "user.groups", identity=by, target=user.email,
            detail={
                "joined": self.names(moves.joined), "left": self.names(moves.left), "through": source.text,
            },
        )

    def _give_administration(
        self, source: Source, known: ProviderAccount, user: User, groups: Sequence[str], by: Author
    ) -> None:
        """Make an administrator of who is in the group of the settings, and of no one else any more who was by it."""
        if not self.changes_administration(source, known, user, groups):
            return
        wanted = not user.is_admin
        try:
            self._accounts.change_user(
                user=user, name=user.name, admin=wanted, guest=user.is_guest,
                by=NamedAuthor(source.text, "", address=by.address),
            )
            known.administers = wanted
        except Conflict:
            return  # the last administrator stays one
