"""Who watched, as it is shown: the sums, the curve, and where an administrator wants it so, the names."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select, true, tuple_
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import COLOURS, initials
from privmedia.accounts.models import User
from privmedia.attention.models import Attention, Watching
from privmedia.attention.ranges import TENTHS, step_of
from privmedia.attention.viewing import counts_from, ended_from
from privmedia.db import Numbers, one_of, writing
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.library.models import Item, Version
from privmedia.library.who_sees import WhoSees
from privmedia.settings import Attending

FEWEST = 5
"""Where no names are shown, moments that fewer have seen are not drawn: they would tell who it was."""
PAGE = 50
AT_ONCE = 5000
"""Rows that are deleted in one transaction."""


class Show(StrEnum):
    """Which people the list has."""

    WATCHED = "watched"
    ENDED = "ended"
    NOT_STARTED = "not-started"


@dataclass(frozen=True)
class Step:
    """A part of the curve, in seconds. Both counts are None where too few have seen it."""

    start: float
    end: float
    watchers: int | None
    """How many have seen it, visitors included, each once."""
    viewings: int | None
    """In how many viewings it was seen."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is shown of one version."""

    version: int
    length: float
    """Seconds."""
    since: datetime | None
    people: int = 0
    ended: int = 0
    seen: float = 0
    """Seconds that each of the people has seen, on the average."""
    links: int = 0
    embeds: int = 0
    steps: Sequence[Step] = ()
    hidden: bool = False
    """Whether moments are left out, because few have seen them."""

    @property
    def share(self) -> int:
        """Percent that the people have seen on the average."""
        return min(100, round(100 * self.seen / self.length)) if self.length else 0

    @property
    def drawn(self) -> bool:
        """Whether there is a curve to draw."""
        return any(step.viewings for step in self.steps)


@dataclass(frozen=True)
class Viewer:
    """A person, as those with Manage see them where names are shown; who has not started has no times."""

    user: User
    share: int = 0
    """Percent."""
    ended: bool = False
    times: int = 0
    way: str = ""
    since: datetime | None = None
    last_at: datetime | None = None

    @property
    def initials(self) -> str:
        return initials(self.user.name)

    @property
    def colour(self) -> int:
        return self.user.id % COLOURS


@dataclass(frozen=True)
class Vouched:
    """Somebody without an account, by the name that a site gave them."""

    kind: str
    """`user` or `group`."""
    name: str
    site: str
    share: int
    ended: bool
    times: int
    since: datetime | None
    last_at: datetime


@dataclass(frozen=True)
class Own:
    """What is noted about oneself, of one item."""

    item_id: int
    version: int
    share: int
    ended: bool
    times: int
    way: str
    since: datetime
    last_at: datetime


class WhoWatched:
    """Reads. Rights are the caller's business: the sums are for who may edit the item, names for who manages it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._mode = installation.settings.who_watched

    @property
    def names(self) -> bool:
        """Whether names are shown."""
        return self._mode == Attending.NAMES

    @property
    def off(self) -> bool:
        return self._mode == Attending.OFF

    def version(self, item: Item, number: int | None = None) -> Version:
        """A version that has a length; the shown one for None. Raises NotFound, always where all is switched off."""
        wanted = item.current if number is None else number
        found = self._session.scalar(select(Version).where(Version.item_id == item.id, Version.number == wanted))
        if self.off or found is None or not found.duration:
            raise NotFound
        return found

    def numbers(self, item: Item) -> list[int]:
        """The versions that somebody watched, and the shown one; the newest first."""
        watched = select(Version.number).join(Attention, Attention.version_id == Version.id)
        found = set(self._session.scalars(watched.where(Version.item_id == item.id)))
        return sorted(found | {item.current}, reverse=True)

    def of(self, version: Version) -> Watched:
        """The sums and the curve of a version: one row, however many watched."""
        row = self._session.get(Attention, version.id)
        if row is None:
            return Watched(version=version.number, length=version.duration or 0, since=None)
        few = 0 if self.names else FEWEST
        step, length = step_of(row.length), row.length
        steps = [
            Step(
                number * step / TENTHS,
                min(length, (number + 1) * step) / TENTHS,
                *((watchers, viewings) if watchers >= few else (None, None)),
            )
            for number, (watchers, viewings) in enumerate(zip(row.watchers, row.viewings, strict=True))
        ]
        return Watched(
            version=version.number,
            length=length / TENTHS,
            since=row.since,
            people=row.people,
            ended=row.ended,
            seen=row.tenths / TENTHS / row.people if row.people else 0,
            links=row.links,
            embeds=row.embeds,
            steps=steps,
            hidden=any(watchers < few for watchers in row.watchers),
        )

    def people(self, version: Version, show: Show, page: int, *, size: int = PAGE) -> tuple[list[Viewer], bool]:
        """One page of those who watched a version, the last one first; and whether there are more."""
        length = self._length(version)
        some = self._viewers(version, show).offset((page - 1) * size).limit(size + 1)
        rows = self._session.execute(some).all()
        return [_viewer(row, user, length) for row, user in rows[:size]], len(rows) > size

    def everybody(self, version: Version) -> list[Viewer]:
        """All of them, for a file."""
        length = self._length(version)
        rows = self._session.execute(self._viewers(version, Show.WATCHED))
        return [_viewer(row, user, length) for row, user in rows]

    def vouched(self, version: Version, most: int | None = None) -> list[Vouched]:
        """Those without an account whom a site named, the last one first."""
        length = self._length(version)
        named = (
            select(Watching)
            .where(
                Watching.version_id == version.id,
                Watching.label != "",
                Watching.named_at.is_not(None),
                Watching.tenths >= counts_from(length),
            )
            .order_by(Watching.last_at.desc(), Watching.who)
            .limit(most)
        )
        found = []
        for row in self._session.scalars(named):
            share, ended = _share(row.tenths, length), row.tenths >= ended_from(length)
            kind, _space, name = row.label.partition(" ")
            found.append(Vouched(kind, name, row.site, share, ended, row.times, row.named_at, row.last_at))
        return found

    def count(self, version: Version, show: Show) -> int:
        """How many people are noted to have watched it, or to the end."""
        return self._session.scalar(select(func.count()).where(*_counted(version, self._length(version), show))) or 0

    def not_started(self, version: Version, item: Item) -> tuple[int, list[int]]:
        """How many people see the item now, administrators not counted; and the numbers of those who have not begun."""
        audience = WhoSees(self._session, self._installation).audience(item)
        viewers = [user_id for user_id, rights in audience.rights.items() if Permission.VIEW in rights]
        began = select(Watching.user_id).where(*_counted(version, self._length(version), Show.WATCHED))
        watched = set(self._session.scalars(began))
        return len(viewers), [user_id for user_id in viewers if user_id not in watched]

    def named(self, user_ids: Collection[int], page: int, *, size: int = PAGE) -> tuple[list[Viewer], bool]:
        """One page of some people, by name."""
        some = select(User).where(one_of(User.id, Numbers(user_ids))).order_by(func.lower(User.name), User.id)
        rows = self._session.scalars(some.offset((page - 1) * size).limit(size + 1)).all()
        return [Viewer(user) for user in rows[:size]], len(rows) > size

    def own(self, user_id: int, most: int = 200) -> list[Own]:
        """What is noted about somebody, the last first; of what lies in the bin as well."""
        mine = (
            select(Watching, Version.item_id, Version.number, Attention.length)
            .join(Version, Version.id == Watching.version_id)
            .join(Attention, Attention.version_id == Watching.version_id)
            .where(Watching.user_id == user_id)
            .order_by(Watching.last_at.desc(), Watching.version_id)
            .limit(most)
        )
        return [
            Own(
                item_id,
                number,
                _share(row.tenths, length),
                row.tenths >= ended_from(length),
                row.times,
                row.way,
                row.since,
                row.last_at,
            )
            for row, item_id, number, length in self._session.execute(mine)
        ]

    def forget(self, user_id: int) -> int:
        """Delete what is noted about somebody; how much it was. The sums name nobody and stay."""
        gone = self._session.execute(
            delete(Watching).where(Watching.user_id == user_id).returning(Watching.version_id)
        ).all()
        return len(gone)

    def _length(self, version: Version) -> int:
        row = self._session.get(Attention, version.id)
        return row.length if row is not None else max(1, round((version.duration or 0) * TENTHS))

    def _viewers(self, version: Version, show: Show) -> Select[*tuple[Any, ...]]:
        people = select(Watching, User).join(User, User.id == Watching.user_id)
        counted = people.where(*_counted(version, self._length(version), show))
        return counted.order_by(Watching.last_at.desc(), Watching.who)


def _counted(version: Version, length: int, show: Show) -> tuple[ColumnElement[bool], ...]:
    """The people who have watched a version, or to the end; of them those who had been told that names are noted."""
    enough = ended_from(length) if show is Show.ENDED else counts_from(length)
    named = (Watching.user_id.is_not(None), Watching.named_at.is_not(None))
    return Watching.version_id == version.id, *named, Watching.tenths >= enough


def forget_watched(installation: Installation) -> None:
    """Chore: what was watched longer ago than is kept goes, and its sums stay; where it is off, all of it goes."""
    settings = installation.settings
    old: ColumnElement[bool]
    if settings.who_watched == Attending.OFF:
        old = true()
        with writing(installation.sessions) as session:
            session.execute(delete(Attention))
    else:
        old = Watching.last_at < installation.clock() - timedelta(days=settings.who_watched_days)
    some = select(Watching.version_id, Watching.who).where(old).order_by(Watching.last_at).limit(AT_ONCE)
    going = delete(Watching).where(tuple_(Watching.version_id, Watching.who).in_(some)).returning(Watching.version_id)
    gone = AT_ONCE
    while gone == AT_ONCE:
        with writing(installation.sessions) as session:
            gone = len(session.execute(going).all())


def _viewer(row: Watching, user: User, length: int) -> Viewer:
    share, ended = _share(row.tenths, length), row.tenths >= ended_from(length)
    return Viewer(user, share, ended, row.times, row.way, row.named_at, row.last_at)


def _share(tenths: int, length: int) -> int:
    return min(100, round(100 * tenths / length))
