"""People and groups: who there is, who may administer, who belongs to what."""
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from privmedia.accounts.addresses import HAS_ACCOUNT, checked_email, normal_email
from privmedia.accounts.cutting import Cut, cut_off, end_views
from privmedia.accounts.letter_kinds import CHANGED as PASSWORD_CHANGED
from privmedia.accounts.letter_kinds import MOVED
from privmedia.accounts.matching import matching
from privmedia.accounts.models import ApiToken, Group, Membership, User
from privmedia.accounts.numbers import next_number, remember_number
from privmedia.accounts.one_time_links import OneTimeLinks, Purpose
from privmedia.accounts.sign_ins import SignIns
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.mail.service import Mails
from privmedia.text import Sentence, clean_line
from privmedia.text import mark as _

LONGEST_NAME = 120
AT_ONCE = 500
"""Addresses in one statement."""
NOT_FROM_YOURSELF = _("You cannot take the right to administer from yourself.")
LAST_ADMINISTRATOR = _("This is the last administrator. Make somebody else one first.")


class Accounts:
    """The people who sign in. Every verb records who did it (`by`) in the audit log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def user(self, uid: str) -> User:
        """The person of a public id. Raises NotFound."""
        found = self._session.scalar(select(User).where(User.uid == uid)) if is_uid(uid) else None
        if found is None:
            raise NotFound
        return found

    def user_by_email(self, email: str) -> User:
        """The person of an address. Raises NotFound with a sentence that names it."""
        found = self._session.scalar(select(User).where(User.email == normal_email(email)))
        if found is None:
            raise NotFound(f"There is no account {clean_line(email)}.")
        return found

    def user_by_number(self, user_id: int) -> User:
        """The person of a number, as rules have it. Raises NotFound."""
        found = self._session.get(User, user_id)
        if found is None:
            raise NotFound
        return found

    def users(self, *, q: str = "", offset: int = 0, limit: int | None = None) -> Sequence[User]:
        """People by name, with their groups; `q` finds part of a name or address."""
        people = select(User).where(*matching(q)).order_by(func.lower(User.name), User.id)
        return self._session.scalars(people.options(selectinload(User.groups)).offset(offset).limit(limit)).all()

    def count(self, *, q: str = "") -> int:
        return self._session.scalar(select(func.count(User.id)).where(*matching(q))) or 0

    def group_names(self, user_id: int) -> Sequence[str]:
        """The names of the groups somebody is in."""
        mine = select(Group.name).join(Membership, Membership.group_id == Group.id)
        return self._session.scalars(mine.where(Membership.user_id == user_id).order_by(Group.name_key)).all()

    def known_emails(self, emails: Collection[str]) -> set[str]:
        """Those of these addresses, as they are compared, that have an account."""
        found: set[str] = set()
        wanted = sorted(emails)
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            found.update(self._session.scalars(select(User.email).where(User.email.in_(some))))
        return found

    def count_administrators(self) -> int:
        """How many people can administer now."""
        return self._session.scalar(select(func.count(User.id)).where(*_administrators())) or 0

    def add_user(
        self,
        *,
        email: str,
        name: str = "",
        password_hash: str | None = None,
        admin: bool = False,
        guest: bool = False,
        by: Author = COMMAND_LINE,
    ) -> User:
        """A new person. `password_hash` comes from `passwords.new_hash`; without one nobody can sign in as them.

        Raises Invalid for an address or name that cannot be used, Conflict for an address that has an account.
        """
        user = self.make_user(email=email, name=name, password_hash=password_hash, admin=admin, guest=guest)
        self._audit.record("user.add", identity=by, target=user.email, detail={"admin": admin, "guest": guest})
        return user

    def make_user(self, *, email: str, name: str, password_hash: str | None, admin: bool, guest: bool) -> User:
        """The same without a line in the log, for verbs that write one of their own."""
        address = checked_email(email)
        user = User(
            uid=new_uid(),
            email=address,
            name=name_of(name, address),
            password_hash=password_hash,
            is_admin=administrator(admin, guest),
            is_guest=guest,
            created_at=self._now,
        )
        self.enter([user])
        return user

    def enter(self, users: Sequence[User]) -> None:
        """Enter new people, many in as few statements as one. Raises Conflict for an address that has an account."""
        first = next_number(self._session, User)
        for place, user in enumerate(users):
            user.id = None if first is None else first + place  # type: ignore[assignment] # PostgreSQL numbers them
        self._session.add_all(users)
        try:
            self._session.flush()
        except IntegrityError:
            if len(users) == 1:
                raise Conflict(Sentence(HAS_ACCOUNT, {"email": users[0].email})) from None
            raise Conflict("Somebody of them meanwhile has an account.") from None

    def change_user(
        self,
        *,
        user: User,
        name: str,
        admin: bool,
        guest: bool,
        email: str | None = None,
        by: Author = COMMAND_LINE,
    ) -> User:
        """Rename somebody, make them an administrator or a guest, or no longer one, correct their address.

        A new address counts at once: links sent to the old one end, and a letter there says so. Raises Invalid for what
        cannot be used, Conflict for an address that has an account, if nobody could administer afterwards, or if
        somebody takes the right from themselves.
        """
        new_name, address = _name(name), user.email if email is None else checked_email(email)
        if user.is_admin and not administrator(admin, guest):
            self._require_another_administrator(user, by, NOT_FROM_YOURSELF)
        wanted = {"name": new_name, "email": address, "is_admin": admin, "is_guest": guest}
        changes = {
            field: [getattr(user, field), value] for field, value in wanted.items() if getattr(user, field) != value
        }
        user.name, user.is_admin, user.is_guest = new_name, admin, guest
        if "is_admin" in changes:
            end_views(self._session, user)
        if address != user.email:
            self._give_address(user, address)
        self._audit.record("user.change", identity=by, target=user.email, detail=changes)
        return user

    def rename(self, user: User, name: str) -> None:
        """Give somebody the name they want, without a line in the log. Raises Invalid."""
        user.name = _name(name)

    def disable(self, *, user: User, by: Author = COMMAND_LINE, also: Mapping[str, Any] | None = None) -> Cut:
        """Nobody can sign in as this person any more; all that leads in through the account ends at once.

        `also` is what the caller cut in the same transaction, for the log. Raises Conflict for the last administrator
        and for oneself.
        """
        if user.is_admin and user.disabled_at is None:
            self._require_another_administrator(user, by, "")
        if by.user_id == user.id:
            raise Conflict("You cannot disable your own account. Ask another administrator.")
        cut = cut_off(self._session, self._installation, user)
        if user.disabled_at is None:
            user.disabled_at = self._now
        self._audit.record("user.disable", identity=by, target=user.email, detail={**vars(cut), **(also or {})})
        return cut

    def delete(self, *, user: User, by: Author = COMMAND_LINE, also: Mapping[str, Any] | None = None) -> None:
        """The person is gone, with sessions, tokens, links and memberships; the number is never given again.

        Rules that name them and what they added are the caller's business. Raises Conflict for the last administrator
        and for oneself.
        """
        if user.is_admin:
            self._require_another_administrator(user, by, "")
        if by.user_id == user.id:
            raise Conflict("You cannot delete your own account. Ask another administrator.")
        cut = cut_off(self._session, self._installation, user)
        remember_number(self._session, user)
        self._audit.record(
            "user.delete",
            identity=by,
            target=f"{user.name} <{user.email}>",
            detail={"uid": user.uid, **vars(cut), **(also or {})},
        )
        self._session.delete(user)
        self._session.flush()

    def enable(self, *, user: User, by: Author = COMMAND_LINE) -> None:
        """The person can sign in again. What was cut off stays so: sessions, tokens, links."""
        if user.disabled_at is not None:
            # Whoever signed in at the very moment of the disabling has left a session that it did not see.
            cut_off(self._session, self._installation, user)
        user.disabled_at = None
        self._audit.record("user.enable", identity=by, target=user.email)

    def set_password(
        self,
        *,
        user: User,
        password_hash: str,
        keeps_session: int | None = None,
        keeps_tokens: bool = False,
        by: Author = COMMAND_LINE,
    ) -> None:
        """Give somebody a new password (from `passwords.new_hash`).

        All their sessions end, but one if it is named; their API tokens unless they are kept; and the links they were
        sent to a new password or a new address. They are told by a letter.
        """
        had_one = user.password_hash is not None
        user.password_hash = password_hash
        user.password_changed_at = self._now
        SignIns(self._session, self._installation).end_all(user_id=user.id, but=keeps_session)
        links = OneTimeLinks(self._session, self._installation)
        links.revoke(Purpose.RESET, user)
        links.revoke(Purpose.EMAIL, user)
        links.revoke(Purpose.SECOND_STEP, user)
        if not keeps_tokens:
            self._session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
        if had_one:
            mails = Mails(self._session, self._installation)
            mails.post(PASSWORD_CHANGED, user.email, detail={"name": user.name}, language=user.language)
        self._audit.record("user.password", identity=by, target=user.email)

    def _give_address(self, user: User, address: str) -> None:
        mails, links = Mails(self._session, self._installation), OneTimeLinks(self._session, self._installation)
        mails.post(MOVED, user.email, detail={"name": user.name, "email": address}, language=user.language)
        for purpose in (Purpose.EMAIL, Purpose.INVITE, Purpose.RESET):
            links.revoke(purpose, user)
        user.email = address
        try:
            self._session.flush()
        except IntegrityError:
            raise Conflict(Sentence(HAS_ACCOUNT, {"email": address})) from None

    def _require_another_administrator(self, user: User, by: Author, own: str) -> None:
        # Locked, so that two administrators cannot disable each other at the same moment.
        administrators = self._session.scalars(
            select(User.id).where(*_administrators()).order_by(User.id).with_for_update()
        ).all()
        if user.disabled_at is None and set(administrators) <= {user.id}:
            raise Conflict(LAST_ADMINISTRATOR)
        if own and by.user_id == user.id:
            raise Conflict(own)


def _administrators() -> tuple[ColumnElement[bool], ...]:
    return User.is_admin.is_(True), User.disabled_at.is_(None)


def _name(name: str) -> str:
    return required_line(name, field="name", missing=_("A name is needed."), longest=LONGEST_NAME)


def name_of(name: str, address: str) -> str:
    """The name of a new account; without one the address serves. Raises Invalid."""
    return _name(name) if clean_line(name) else address.partition("@")[0]


def administrator(admin: bool, guest: bool) -> bool:
    """Whether somebody is to be an administrator. Raises Invalid for a guest."""
    if admin and guest:
        raise Invalid("An administrator sees everything and cannot be a guest.", "guest")
    return admin
