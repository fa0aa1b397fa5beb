"""Invitations: an account without a password, and a link with which its person chooses one."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from privmedia.accounts.addresses import HAS_ACCOUNT, checked_email
from privmedia.accounts.models import Group, Membership, OneTimeLink, User
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.service import Accounts, administrator, name_of
from privmedia.audit.service import COMMAND_LINE, Audit, Author, NamedAuthor
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.mail.service import Mails
from privmedia.text import Sentence
from privmedia.text import mark as _

TWICE = _("${email} stands here twice.")

INVITE = "invite"
"""The kind of the letter."""


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Whom to invite, and as what."""

    email: str
    name: str = ""
    groups: Sequence[Group] = ()
    guest: bool = False
    admin: bool = False


@dataclass(frozen=True)
class Invitation:
    """An account that waits for its person. `address` is the link, if it has to be handed over by hand: it is shown
    once, and nothing that is kept leads back to it."""

    user: User
    address: str | None


class Invitations:
    """Inviting people, again or no longer, and what they do with it. Every verb writes one line into the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._accounts = Accounts(session, installation)
        self._links = OneTimeLinks(session, installation)
        self._mails = Mails(session, installation)
        self._audit = Audit(session, installation)
        self._by_mail = bool(installation.settings.mail_url)
        self._now = installation.clock()

    def refusals(self, newcomers: Sequence[Newcomer]) -> dict[int, Invalid | Conflict]:
        """Who of these cannot be invited, by their place in the list, and why. Only looks."""
        found: dict[int, Invalid | Conflict] = {}
        addresses: dict[int, str] = {}
        seen: set[str] = set()
        for place, newcomer in enumerate(newcomers):
            try:
                address = checked_email(newcomer.email)
                name_of(newcomer.name, address)
                administrator(newcomer.admin, newcomer.guest)
                if address in seen:
                    raise Conflict(Sentence(TWICE, {"email": address}))
                addresses[place] = address
                seen.add(address)
            except (Invalid, Conflict) as error:
                found[place] = error
        known = self._accounts.known_emails(seen)
        return found | {
            place: Conflict(Sentence(HAS_ACCOUNT, {"email": address}))
            for place, address in addresses.items()
            if address in known
        }

    def invite(self, newcomer: Newcomer, *, by: Author = COMMAND_LINE, send: bool = True) -> Invitation:
        """Make an account without a password, and a link with which its person chooses one, for 7 days.

        The link goes out by mail, or is answered where there is no mail server; with `send` off there is none yet.
        Raises Invalid and Conflict as for any new account.
        """
        return self.invite_all([newcomer], by=by, send=send)[0]

    def invite_all(
        self, newcomers: Sequence[Newcomer], *, by: Author = COMMAND_LINE, send: bool = True
    ) -> Sequence[Invitation]:
        """The same for many at once, in few statements."""
        users = [self._new_user(newcomer) for newcomer in newcomers]
        self._accounts.enter(users)
        for user, newcomer in zip(users, newcomers, strict=True):
            groups = list(dict.fromkeys(newcomer.groups))
            self._session.add_all(Membership(user_id=user.id, group_id=each.id, since=self._now) for each in groups)
            detail = {"admin": user.is_admin, "guest": user.is_guest, "groups": [group.name for group in groups]}
            self._audit.record("user.invite", identity=by, target=user.email, detail=detail)
        self._session.flush()
        addresses: Sequence[str | None] = [None] * len(users)
        if send:
            addresses = self._send(self._links.make_first(Purpose.INVITE, users), users, by)
        return [Invitation(user, address) for user, address in zip(users, addresses, strict=True)]

    def again(self, *, user: User, by: Author = COMMAND_LINE) -> Invitation:
        """A new link, for 7 days from now; the one before is dead. Raises Conflict once nothing is left to accept."""
        if user.password_hash is not None:
            raise Conflict("This person has accepted already. Send a link to set a new password instead.")
        if user.disabled_at is not None:
            raise Conflict("The account is disabled. Enable it first.")
        (address,) = self._send([self._links.make(Purpose.INVITE, user)], [user], by)
        self._audit.record("user.invite-again", identity=by, target=user.email)
        return Invitation(user, address)

    def revoke(self, *, user: User, by: Author = COMMAND_LINE) -> None:
        """The link is dead. The account stays, with its groups and rules, so that inviting again brings all back."""
        ended = self._links.revoke(Purpose.INVITE, user)
        self._audit.record("user.invite-revoke", identity=by, target=user.email, detail={"links": ended})

    def open_of(self, user: User) -> OneTimeLink | None:
        """The link somebody can still accept, if any."""
        return self._links.open_of(Purpose.INVITE, user)

    def find(self, token: str) -> OneTimeLink | None:
        """The invitation of a token, while it can be accepted."""
        link = self._links.find(Purpose.INVITE, token)
        return link if link is not None and link.user is not None and link.user.password_hash is None else None

    def accept(self, *, token: str, name: str, password_hash: str, address: str = "") -> User:
        """Give the invited person a password and use the link up. Raises Invalid; NotFound for a link that is over."""
        link = self.find(token)
        if link is None or link.user is None or not self._links.use(link):
            raise NotFound
        user = link.user
        self._accounts.rename(user, name)
        user.password_hash, user.password_changed_at = password_hash, self._now
        by = NamedAuthor(user.name, user.email, user.id, address, through="an invitation")
        self._audit.record("user.accept", identity=by, target=user.email)
        return user

    def _new_user(self, newcomer: Newcomer) -> User:
        address = checked_email(newcomer.email)
        return User(
            uid=new_uid(),
            email=address,
            name=name_of(newcomer.name, address),
            is_admin=administrator(newcomer.admin, newcomer.guest),
            is_guest=newcomer.guest,
            created_at=self._now,
        )

    def _send(self, links: Sequence[OneTimeLink], users: Sequence[User], by: Author) -> Sequence[str | None]:
        made_by = by.name if by.user_id is not None else ""
        for link in links:
            link.made_by = made_by
        if not self._by_mail:
            return self._links.addresses_of(links)
        self._mails.post_all(
            INVITE,
            [
                (user.email, {"link": link.id, "by": made_by, "name": user.name}, user.language)
                for user, link in zip(users, links, strict=True)
            ],
        )
        return [None] * len(users)
