"""The people as administrators look through them: found, counted, sorted, a page at a time, in a few statements."""
from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import SQLColumnExpression, and_, exists, func, not_, select
from sqlalchemy.orm import Session, selectinload

from privmedia.accounts.identity import initials
from privmedia.accounts.matching import matching
from privmedia.accounts.models import Group, Membership, OneTimeLink, Passkey, TwoFactor, User
from privmedia.accounts.one_time_links import Purpose
from privmedia.installation import Installation
from privmedia.providers.models import ProviderAccount
from privmedia.quotas.service import Quotas, Space, sizes_by_person

PAGE = 50
NAMED_GROUPS = 2
"""How many groups a row names before it says how many more there are."""


class Show(StrEnum):
    """Which people: the chips above the list."""

    EVERYONE = "everyone"
    ADMINISTRATORS = "administrators"
    INVITED = "invited"
    NO_TWO_FACTOR = "no-two-factor"
    DISABLED = "disabled"
    GUESTS = "guests"


class Sort(StrEnum):
    NAME = "name"
    UPLOADS = "uploads"
    SEEN = "seen"
    JOINED = "joined"


class State(StrEnum):
    """What a person's account is to administrators."""

    ACTIVE = "active"
    INVITED = "invited"
    INVITATION_ENDED = "invitation-ended"
    DISABLED = "disabled"


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and in which order."""

    q: str = ""
    show: Show = Show.EVERYONE
    group: Group | None = None
    sort: Sort = Sort.NAME


@dataclass(frozen=True)
class Row:
    """One person in the list."""

    user: User
    state: State
    app: datetime | None
    """Since when there is an authenticator app."""
    passkeys: int
    uploads: int
    """Bytes of what they added, as it was sent."""

    @property
    def two_factor(self) -> bool:
        """Whether more than the password is asked for."""
        return self.app is not None or self.passkeys > 0

    @property
    def space(self) -> Space | None:
        """What their own quota gives; None without one."""
        return None if self.user.quota is None else Space("", self.uploads, self.user.quota)

    @property
    def initials(self) -> str:
        return initials(self.user.name)

    @property
    def groups(self) -> Sequence[str]:
        return [group.name for group in self.user.groups]

    @property
    def named_groups(self) -> Sequence[str]:
        return self.groups[:NAMED_GROUPS]

    @property
    def more_groups(self) -> int:
        return max(0, len(self.groups) - NAMED_GROUPS)


_DISABLED = User.disabled_at.is_not(None)
_PASSKEYS = (
    select(func.count(Passkey.id)).where(Passkey.user_id == User.id).correlate(User).scalar_subquery().label("passkeys")
)
_SIGNS_IN_ELSEWHERE = exists().where(ProviderAccount.user_id == User.id)
_INVITED = and_(User.password_hash.is_(None), User.disabled_at.is_(None), not_(_SIGNS_IN_ELSEWHERE))
_SHOWN: dict[Show, SQLColumnExpression[bool] | None] = {
    Show.EVERYONE: None,
    Show.ADMINISTRATORS: and_(User.is_admin, not_(_DISABLED)),
    Show.INVITED: _INVITED,
    Show.NO_TWO_FACTOR: and_(
        TwoFactor.confirmed_at.is_(None),
        User.password_hash.is_not(None),
        not_(_DISABLED),
        ~exists().where(Passkey.user_id == User.id),
    ),
    Show.DISABLED: _DISABLED,
    Show.GUESTS: User.is_guest,
}


class Roster:
    """Lists of people. Only looks."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._quotas = Quotas(session, installation)
        self._now = installation.clock()

    def counts(self, wanted: Wanted) -> dict[Show, int]:
        """How many each chip would show, with the same search and group."""
        counted = [
            func.count() if condition is None else func.count().filter(condition) for condition in _SHOWN.values()
        ]
        row = self._session.execute(self._found(wanted, select(*counted).select_from(User))).one()
        return dict(zip(_SHOWN, row, strict=True))

    def page(self, wanted: Wanted, number: int) -> Sequence[Row]:
        """The people of a page, counted from 1."""
        people = self._people(wanted).offset((number - 1) * PAGE).limit(PAGE)
        rows = self._session.execute(people).all()
        ids = [user.id for user, _confirmed, _passkeys in rows]
        return self._rows(rows, self._quotas.by_person(ids), ids)

    def everyone(self, wanted: Wanted) -> Iterator[Row]:
        """All of them, for a file."""
        rows = self._session.execute(self._people(wanted)).all()
        yield from self._rows(rows, self._quotas.by_person(), None)

    def one(self, user: User) -> Row:
        """One person, as the list would show them."""
        confirmed = self._session.scalar(select(TwoFactor.confirmed_at).where(TwoFactor.user_id == user.id))
        passkeys = self._session.scalar(select(func.count(Passkey.id)).where(Passkey.user_id == user.id)) or 0
        return self._rows([(user, confirmed, passkeys)], self._quotas.by_person([user.id]), [user.id])[0]

    def _people(self, wanted: Wanted) -> Any:
        people = self._found(wanted, select(User, TwoFactor.confirmed_at, _PASSKEYS)).options(selectinload(User.groups))
        condition = _SHOWN[wanted.show]
        if condition is not None:
            people = people.where(condition)
        by_name = (func.lower(User.name), User.id)
        if wanted.sort is Sort.UPLOADS:
            sizes = sizes_by_person().subquery()
            people = people.outerjoin(sizes, sizes.c.user_id == User.id)
            return people.order_by(func.coalesce(sizes.c.size, 0).desc(), *by_name)
        if wanted.sort is Sort.SEEN:
            return people.order_by(User.last_seen_at.is_(None), User.last_seen_at.desc(), *by_name)
        if wanted.sort is Sort.JOINED:
            return people.order_by(User.created_at.desc(), *by_name)
        return people.order_by(*by_name)

    def _found(self, wanted: Wanted, statement: Any) -> Any:
        """The statement over people, with their two-factor, cut down to the search and the group."""
        statement = statement.outerjoin(TwoFactor, TwoFactor.user_id == User.id).where(*matching(wanted.q))
        if wanted.group is not None:
            inside = select(Membership.user_id).where(Membership.group_id == wanted.group.id)
            statement = statement.where(User.id.in_(inside))
        return statement

    def _rows(self, rows: Sequence[Any], sizes: dict[int, int], ids: Collection[int] | None) -> Sequence[Row]:
        links = select(OneTimeLink.user_id).where(
            OneTimeLink.purpose == Purpose.INVITE, OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > self._now
        )
        tied = select(ProviderAccount.user_id)
        if ids is not None:
            links = links.where(OneTimeLink.user_id.in_(ids))
            tied = tied.where(ProviderAccount.user_id.in_(ids))
        invited, elsewhere = set(self._session.scalars(links)), set(self._session.scalars(tied))
        return [
            Row(user, _state(user, invited, elsewhere), confirmed, passkeys, sizes.get(user.id, 0))
            for user, confirmed, passkeys in rows
        ]


def _state(user: User, invited: Collection[int | None], elsewhere: Collection[int]) -> State:
    if user.disabled_at is not None:
        return State.DISABLED
    if user.password_hash is None and user.id not in elsewhere:
        return State.INVITED if user.id in invited else State.INVITATION_ENDED
    return State.ACTIVE
