"""People and groups: who there is, who may administer, who belongs to what."""
from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from privmedia.accounts.addresses import checked_email, normal_email
from privmedia.accounts.models import Group, Membership, User
from privmedia.accounts.sign_ins import SignIns
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.text import clean_line, required_line

LONGEST_NAME = 120
LAST_ADMINISTRATOR = "This is the last administrator. Make somebody else one first."


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

    def users(self, *, q: str = "", offset: int = 0, limit: int | None = None) -> Sequence[User]:
        """People by name, with their groups; `q` finds part of a name or address."""
        people = select(User).where(*_matching(q)).order_by(func.lower(User.name), User.id)
        return self._session.scalars(people.options(selectinload(User.groups)).offset(offset).limit(limit)).all()

    def count(self, *, q: str = "") -> int:
        return self._session.scalar(select(func.count(User.id)).where(*_matching(q))) or 0

    def group_names(self, user_id: int) -> Sequence[str]:
        """The names of the groups somebody is in."""
        mine = select(Group.name).join(Membership, Membership.group_id == Group.id)
        return self._session.scalars(mine.where(Membership.user_id == user_id).order_by(Group.name_key)).all()

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
        address = checked_email(email)
        user = User(
            uid=new_uid(),
            email=address,
            name=_name(name) if clean_line(name) else address.partition("@")[0],
            password_hash=password_hash,
            is_admin=_flag(admin, guest),
            is_guest=guest,
            created_at=self._now,
        )
        self._session.add(user)
        try:
            self._session.flush()
        except IntegrityError:
            raise Conflict(f"{address} already has an account.") from None
        self._audit.record("user.add", identity=by, target=address, detail={"admin": admin, "guest": guest})
        return user

    def change_user(self, *, user: User, name: str, admin: bool, guest: bool, by: Author = COMMAND_LINE) -> User:
        """Rename somebody, make them an administrator or a guest, or no longer one.

        Raises Conflict if nobody could administer afterwards, or if somebody takes the right from themselves.
        """
        new_name = _name(name)
        if user.is_admin and not _flag(admin, guest):
            self._require_another_administrator(user, by, "You cannot take the right to administer from yourself.")
        changes = {
            field: [getattr(user, field), value]
            for field, value in (("name", new_name), ("is_admin", admin), ("is_guest", guest))
            if getattr(user, field) != value
        }
        user.name, user.is_admin, user.is_guest = new_name, admin, guest
        self._audit.record("user.change", identity=by, target=user.email, detail=changes)
        return user

    def disable(self, *, user: User, by: Author = COMMAND_LINE) -> None:
        """Nobody can sign in as this person any more, and all their sessions end at once.

        Raises Conflict for the last administrator and for oneself.
        """
        if user.is_admin and user.disabled_at is None:
            self._require_another_administrator(user, by, "")
        if by.user_id == user.id:
            raise Conflict("You cannot disable your own account. Ask another administrator.")
        if user.disabled_at is None:
            user.disabled_at = self._now
        SignIns(self._session, self._installation).end_all(user_id=user.id)
        self._audit.record("user.disable", identity=by, target=user.email)

    def enable(self, *, user: User, by: Author = COMMAND_LINE) -> None:
        """The person can sign in again. Sessions that ended stay ended."""
        user.disabled_at = None
        self._audit.record("user.enable", identity=by, target=user.email)

    def set_password(
        self, *, user: User, password_hash: str, keeps_session: int | None = None, by: Author = COMMAND_LINE
    ) -> None:
        """Give somebody a new password (from `passwords.new_hash`). All their sessions end, but one if it is named."""
        user.password_hash = password_hash
        user.password_changed_at = self._now
        SignIns(self._session, self._installation).end_all(user_id=user.id, but=keeps_session)
        self._audit.record("user.password", identity=by, target=user.email)

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


def _matching(q: str) -> list[ColumnElement[bool]]:
    """Every word of `q` in the name or the address."""
    return [
        or_(func.lower(User.name).contains(word, autoescape=True), User.email.contains(word, autoescape=True))
        for word in clean_line(q).lower().split()
    ]


def _name(name: str) -> str:
    return required_line(name, field="name", missing="A name is needed.", longest=LONGEST_NAME)


def _flag(admin: bool, guest: bool) -> bool:
    if admin and guest:
        raise Invalid("An administrator sees everything and cannot be a guest.", "guest")
    return admin
