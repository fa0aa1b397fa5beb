"""Reading the audit log: filtered, newest first, page by page, as fast with a million lines as with ten."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.accounts.models import Group, User
from privmedia.admin.log.kinds import Topic, kinds_of
from privmedia.audit.models import Event, Seal, Stretch
from privmedia.audit.service import COMMAND_LINE, DENIED, DONE, FAILED, THE_PROGRAM
from privmedia.db import WITH_BIN, reading
from privmedia.errors import NotFound
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item
from privmedia.text import clean_line, name_key

MOST_COUNTED = 1000
MOST_BRANCHES = 40
"""Values of a filter for which each has its own walk down the index; with more, the log is walked and compared."""
EXPORTED_AT_ONCE = 500
LAST_LETTER = "\uffff"
NO_ACTOR = ("nobody", "unknown")

Place: TypeAlias = tuple[datetime, int]
"""Where in the log a page begins: the moment and the number of the line before."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter. Moments are the first and the one after the last."""

    who: str = ""
    what: Topic | None = None
    to: str = ""
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_anything(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True)
class Thing:
    """What a line speaks of, as it is called now, or as it was called then if it is gone."""

    name: str
    kind: str = ""
    """item, folder, user or group; empty for what has no page."""
    uid: str = ""


@dataclass(frozen=True)
class SealedBy:
    number: int
    hash: str


class AuditLog:
    """The lines of the log, for administrators."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation

    def event(self, number: int) -> Event:
        """One line. Raises NotFound."""
        found = self._session.get(Event, number)
        if found is None:
            raise NotFound
        return found

    def events(self, wanted: Wanted, *, before: Place | None = None, limit: int) -> Sequence[Event]:
        """The newest lines that fit, older than `before`."""
        chosen = self._chosen(wanted, before, limit).subquery()
        query = select(Event).join(chosen, chosen.c.id == Event.id).order_by(Event.at.desc(), Event.id.desc())
        return self._session.scalars(query).all()

    def count(self, wanted: Wanted) -> int:
        """How many fit; `MOST_COUNTED` + 1 for more than that."""
        chosen = self._chosen(wanted, None, MOST_COUNTED + 1).subquery()
        return self._session.scalar(select(func.count()).select_from(chosen)) or 0

    def newest(self, wanted: Wanted) -> datetime | None:
        """When the last line that fits was written."""
        found = self.events(wanted, limit=1)
        return found[0].at if found else None

    def seal_of(self, event: Event) -> SealedBy | None:
        """The seal that covers a line, if one does already."""
        row = self._session.execute(
            select(Seal.number, Seal.hash)
            .join(Stretch)
            .where(Stretch.first_id <= event.id, Stretch.last_id >= event.id)
            .limit(1)
        ).first()
        return None if row is None else SealedBy(row.number, row.hash)

    def things(self, events: Iterable[Event]) -> dict[str, Thing]:
        """What the targets and principals of lines are called now. Missing: what is gone or never was."""
        events = list(events)
        targets = {event.target for event in events} | {
            str(event.detail["principal"]) for event in events if "principal" in event.detail
        }
        people = {email for event in events for email in _listed(event.detail.get("people"))} | {
            str(event.detail["person"]) for event in events if "person" in event.detail
        }
        found: dict[str, Thing] = {principals.EVERYONE: Thing(principals.EVERYONE)}
        found |= self._named("item", Item, Item.title, targets)
        found |= self._named("folder", Folder, Folder.name, targets)
        for user in self._session.scalars(
            select(User).where(or_(User.email.in_(targets | people), User.id.in_(_numbers("user", targets))))
        ):
            found[user.email] = found[principals.user(user.id)] = Thing(user.name, "user", user.uid)
        for group in self._session.scalars(
            select(Group).where(or_(Group.name.in_(targets), Group.id.in_(_numbers("group", targets))))
        ):
            found[group.name] = found[principals.group(group.id)] = Thing(group.name, "group", group.uid)
        return found

    def uids_of(self, events: Iterable[Event]) -> dict[int, str]:
        """Public ids of the people who did something, where they still have an account."""
        numbers = {event.actor_id for event in events if event.actor_id is not None}
        rows = self._session.execute(select(User.id, User.uid).where(User.id.in_(numbers)))
        return {row.id: row.uid for row in rows}

    def _named(self, kind: str, table: type[Item] | type[Folder], name: Any, targets: set[str]) -> dict[str, Thing]:
        """Names of places. What lies in the bin has a name, and no page to lead to."""
        uids = [target.partition(":")[2] for target in targets if target.startswith(f"{kind}:")]
        query = select(table.uid, name, table.deletion_id).where(table.uid.in_(uids))
        rows = self._session.execute(query, execution_options=WITH_BIN)
        return {
            f"{kind}:{uid}": Thing(called, kind, uid) if deletion_id is None else Thing(called)
            for uid, called, deletion_id in rows
        }

    def _chosen(self, wanted: Wanted, before: Place | None, limit: int) -> Select[*tuple[Any, ...]]:
        """Id and moment of the newest lines that fit.

        The narrowest filter leads: for each of its values the index is walked from the newest line on and left after
        `limit` lines; all else is compared on the way. One IN over all values would sort all that they have.
        """
        leads = [
            (Event.target, self._targets(wanted.to)),
            (Event.actor_id, self._actors(wanted.who)),
            (Event.outcome, {None: None, True: [DENIED, FAILED], False: None}[wanted.refused]),
            (Event.kind, kinds_of(wanted.what) if wanted.what else None),
        ]
        rest = [*self._compared(wanted, leads), *_between(wanted, before)]
        lead = next(((column, values) for column, values in leads if values and len(values) <= MOST_BRANCHES), None)
        if lead is None:
            return _newest([], rest, limit)
        column, values = lead
        branches = [_newest([column == value], rest, limit).subquery() for value in values]
        every = union_all(*[select(branch.c.id, branch.c.at) for branch in branches]).subquery()
        merged: Select[*tuple[Any, ...]] = select(every.c.id, every.c.at)
        return merged.order_by(every.c.at.desc(), every.c.id.desc()).limit(limit)

    def _compared(self, wanted: Wanted, leads: Sequence[tuple[Any, list[Any] | None]]) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        for column, values in leads:
            if values and len(values) <= MOST_BRANCHES:
                conditions.append(column.in_(values))
        targets, actors = leads[0][1], leads[1][1]
        if wanted.to and not (targets and len(targets) <= MOST_BRANCHES):
            conditions.append(self._target_like(wanted.to, known=bool(targets)))
        if wanted.who and not (actors and len(actors) <= MOST_BRANCHES):
            conditions.append(_actor_like(wanted.who))
        if wanted.refused is False:
            conditions.append(Event.outcome == DONE)
        return conditions

    def _actors(self, who: str) -> list[int] | None:
        """Ids of the people a text may mean, if it means people who have an account."""
        if not who:
            return None
        people = select(User.id).where(*_each_word(who, User.name, User.email)).limit(MOST_BRANCHES + 1)
        return list(self._session.scalars(people))

    def _targets(self, to: str) -> list[str] | None:
        """Targets a text may mean: by name, address or public id."""
        if not to:
            return None
        exact = {f"item:{to}", f"folder:{to}"} if is_uid(to) else set()
        queries = [
            select(literal("item:") + Item.uid).where(*_each_word(to, Item.title)),
            select(literal("folder:") + Folder.uid).where(*_each_word(to, Folder.name)),
            select(User.email).where(*_each_word(to, User.name, User.email)),
            select(Group.name).where(*_each_word(to, Group.name)),
        ]
        for query in queries:
            exact |= set(self._session.scalars(query.limit(MOST_BRANCHES + 1)))
        return sorted(exact)

    @staticmethod
    def _target_like(to: str, known: bool) -> ColumnElement[bool]:
        """For a text that means too many things that have a name now, or none: then what lines begin with."""
        if not known:
            spellings = sorted({to, to.lower()})
            return or_(
                *(
                    and_(Event.target >= each, Event.target < each + LAST_LETTER, Event.target.startswith(each))
                    for each in spellings
                )
            )
        items = select(literal("item:") + Item.uid).where(*_each_word(to, Item.title))
        folders = select(literal("folder:") + Folder.uid).where(*_each_word(to, Folder.name))
        users = select(User.email).where(*_each_word(to, User.name, User.email))
        return or_(Event.target.in_(items), Event.target.in_(folders), Event.target.in_(users))


def exported(installation: Installation, wanted: Wanted) -> Iterator[tuple[Sequence[Event], dict[str, Thing]]]:
    """All lines that fit, newest first, some at a time, each in a transaction of its own."""
    before: Place | None = None
    while True:
        with reading(installation.sessions) as session:
            log = AuditLog(session, installation)
            events = log.events(wanted, before=before, limit=EXPORTED_AT_ONCE)
            things = log.things(events)
        if not events:
            return
        yield events, things
        before = (events[-1].at, events[-1].id)


def anytime(wanted: Wanted) -> Wanted:
    return replace(wanted, since=None, until=None)


def _newest(first: list[ColumnElement[bool]], rest: list[ColumnElement[bool]], limit: int) -> Select[*tuple[Any, ...]]:
    query: Select[*tuple[Any, ...]] = select(Event.id, Event.at).where(*first, *rest)
    return query.order_by(Event.at.desc(), Event.id.desc()).limit(limit)


def _between(wanted: Wanted, before: Place | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        conditions.append(Event.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Event.at < wanted.until)
    if before is not None:
        at, number = before
        # The first half is what an index can begin at; SQLite does not see it in the comparison of pairs.
        conditions += [Event.at <= at, tuple_(Event.at, Event.id) < tuple_(literal(at, Event.at.type), literal(number))]
    return conditions


def _actor_like(who: str) -> ColumnElement[bool]:
    """Whoever has no account: who had one, the program itself, nobody."""
    if who.lower() in NO_ACTOR:
        return Event.actor == ""
    special = [author.name for author in (COMMAND_LINE, THE_PROGRAM) if author.name == who.lower()]
    if special:
        return and_(Event.actor_id.is_(None), Event.actor == special[0])
    return func.lower(Event.actor).contains(who.lower(), autoescape=True)


def _each_word(text: str, *columns: Any) -> list[ColumnElement[bool]]:
    """Every word in one of the columns, without regard to case; SQLite knows that of ASCII alone."""
    return [
        or_(
            *(func.lower(column).contains(name_key(word), autoescape=True) for column in columns),
            *(column.contains(word, autoescape=True) for column in columns),
        )
        for word in clean_line(text).split()
    ]


def _numbers(kind: str, targets: set[str]) -> list[int]:
    digits = [target.partition(":")[2] for target in targets if target.startswith(f"{kind}:")]
    return [int(number) for number in digits if number.isascii() and number.isdigit() and len(number) < 10]


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
