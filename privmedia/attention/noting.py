"""Noting what is watched: players say so every ten seconds, and all that is said in a moment is written together.

`said` is the one verb, for everybody who plays: people in the library, visitors of share links, players in other pages.
The request costs no statement. What is written of a version is written under a lock of its sums, so that any number of
processes add up to the same.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.accounts.models import User
from privmedia.attention.models import Attention, Watching
from privmedia.attention.ranges import TENTHS, Ranges, kept, read, steps, total, written
from privmedia.attention.viewing import Seen, Sums
from privmedia.batches import LAST_TRY, Batches
from privmedia.db import WITH_BIN, writing
from privmedia.installation import Installation
from privmedia.library.models import Item, Version
from privmedia.settings import Attending

LONGEST_WHO = 48
CHANGING = ("way", "label", "site", "seen", "sitting", "tenths", "times", "last_at", "named_at")
"""What a word of a player changes of what is kept about who says it."""


class Way(StrEnum):
    """Where somebody watches."""

    LIBRARY = "library"
    LINK = "link"
    EMBED = "embed"


class Watcher(NamedTuple):
    """Who watches, and where. Nobody who has no account is known by more than what tells two of them apart."""

    who: str
    way: Way
    user_id: int | None = None
    label: str = ""
    """Whom a site vouches for, and by which name that site is known here; kept only while names are shown."""
    site: str = ""

    @classmethod
    def person(cls, user_id: int, way: Way = Way.LIBRARY) -> Watcher:
        """Somebody with an account, wherever they watch: they count once."""
        return cls(f"user {user_id}", way, user_id)

    @classmethod
    def visitor(cls, visit_id: int) -> Watcher:
        """A browser in which a share link was opened."""
        return cls(f"visit {visit_id}", Way.LINK)

    @classmethod
    def viewer(cls, number: str) -> Watcher:
        """Somebody unnamed in a player on another page. `number` tells them apart, and no more: 40 characters."""
        return cls(f"embed {number}"[:LONGEST_WHO], Way.EMBED)

    @classmethod
    def vouched(cls, number: str, *, label: str, site: str) -> Watcher:
        """The same for whom a site vouches, as `label`. `number` is the same for whoever is to count once."""
        return cls.viewer(number)._replace(label=label, site=site)


class Word(NamedTuple):
    """What one word of a player says."""

    item: str
    version: int
    watcher: Watcher
    ranges: Ranges
    at: datetime


class Noting:
    """Of one process; it is the registry's `attention`. Safe to make before a fork."""

    def __init__(self, installation: Installation) -> None:
        self._clock = installation.clock
        self._off = installation.settings.who_watched == Attending.OFF
        self._batches: Batches[Word] = Batches(
            "words of players", partial(write, installation), missing="what was watched is missing from “who watched”"
        )

    def said(self, *, item: str, version: int, who: Watcher, played: str) -> None:
        """Somebody has played these parts of a version of an item (`0-10.5,30-42`, in seconds).

        `item` is its public id. Whoever calls has decided that they may, and that they are who they are: an
        administrator who looks as somebody else is nobody. Raises Invalid for what are no times; nothing of that word
        counts then.
        """
        ranges = read(played)
        if ranges and not self._off:
            self._batches.put(Word(item, version, who, ranges, self._clock()))

    def settle(self, seconds: float = LAST_TRY) -> bool:
        """Wait until all that was said is written; False if it is not by then."""
        return self._batches.settle(seconds)


class Played(NamedTuple):
    """A version of something that has a length, in tenths of a second."""

    id: int
    length: int


def write(installation: Installation, words: Sequence[Word]) -> None:
    """Write what was said, in one transaction; a handful of statements for each version, however many watch it."""
    with writing(installation.sessions) as session:
        played = _versions(session, {(word.item, word.version) for word in words})
        people = _people(session, words)
        said: defaultdict[Played, list[Word]] = defaultdict(list)
        for word in words:
            version = played.get((word.item, word.version))
            if version is not None and (word.watcher.user_id is None or word.watcher.user_id in people):
                said[version].append(word)
        for version in sorted(said):  # always in the same order: no two processes wait for each other
            _note(session, version, said[version], named=installation.settings.who_watched == Attending.NAMES)


def _versions(session: Session, asked: Collection[tuple[str, int]]) -> dict[tuple[str, int], Played]:
    """Those that exist, also in the bin, and have a length."""
    found = select(Item.uid, Version.number, Version.id, Version.duration).join(Version, Version.item_id == Item.id)
    uids = {uid for uid, _number in asked}
    rows = session.execute(
        found.where(Item.uid.in_(uids), Version.duration > 0), execution_options=WITH_BIN
    )
    return {
        (uid, number): Played(id_, max(1, round((seconds or 0) * TENTHS)))
        for uid, number, id_, seconds in rows
        if (uid, number) in asked
    }


def _people(session: Session, words: Iterable[Word]) -> set[int]:
    """Those that still have an account."""
    asked = {word.watcher.user_id for word in words} - {None}
    return set(session.scalars(select(User.id).where(User.id.in_(asked)))) if asked else set()


def _note(session: Session, version: Played, words: Sequence[Word], *, named: bool) -> None:
    """What was said of one version; `named`: while names are shown."""
    row = _sums(session, version, words[0].at)
    sums = Sums(
        row.length, row.people, row.ended, row.tenths, row.links, row.embeds, [*row.watchers], [*row.viewings]
    )
    by_watcher: dict[str, list[Word]] = {}
    for word in words:
        by_watcher.setdefault(word.watcher.who, []).append(word)
    mine = select(Watching).where(Watching.version_id == version.id, Watching.who.in_(by_watcher))
    known = {each.who: each for each in session.scalars(mine)}
    found = [_of_watcher(version, sums, said, known.get(who), named=named) for who, said in by_watcher.items()]
    rows = [each for each in found if each is not None]
    if rows:
        begun: Any = _insert(session)(Watching)
        changed = {name: begun.excluded[name] for name in CHANGING}
        session.execute(begun.on_conflict_do_update(index_elements=["version_id", "who"], set_=changed), rows)
        changes = {name: value for name, value in vars(sums).items() if value != getattr(row, name)}
        if changes:
            session.execute(update(Attention).where(Attention.version_id == version.id).values(changes))


def _of_watcher(
    version: Played, sums: Sums, words: Sequence[Word], known: Watching | None, *, named: bool
) -> dict[str, Any] | None:
    """The row of one watcher as it is now; None for who has played nothing of it."""
    before = Seen()
    if known is not None:
        before = Seen(kept(known.seen), kept(known.sitting), known.times, known.last_at)
    watcher = words[-1].watcher
    named_at = None if known is None else known.named_at
    if named and named_at is None and (watcher.user_id is not None or watcher.label):
        named_at = words[0].at
    label, site = (watcher.label, watcher.site) if named_at is not None else ("", "")
    way = None if watcher.user_id is not None else watcher.way
    for word in words:
        after = before.after(word.ranges, word.at, sums.length)
        if after.sitting:
            sums.change(before, after, way)
            before = after
    if before.last_at is None:
        return None
    return {
        "version_id": version.id,
        "who": watcher.who,
        "user_id": watcher.user_id,
        "way": watcher.way.value,
        "label": label,
        "site": site,
        "seen": written(before.seen),
        "sitting": written(before.sitting),
        "tenths": total(before.seen),
        "times": before.times,
        "since": words[0].at,
        "last_at": before.last_at,
        "named_at": named_at,
    }


def _sums(session: Session, version: Played, at: datetime) -> Attention:
    """The sums of a version, locked until the end of the transaction. They keep the length they began with."""
    none = [0] * steps(version.length)
    values = {"version_id": version.id, "length": version.length, "since": at, "watchers": none, "viewings": none}
    numbers = dict.fromkeys(("people", "ended", "tenths", "links", "embeds"), 0)
    session.execute(_insert(session)(Attention).values(**values, **numbers).on_conflict_do_nothing())
    return session.scalars(select(Attention).where(Attention.version_id == version.id).with_for_update()).one()


def _insert(session: Session) -> Any:
    # The same word in both databases, and in neither of SQLAlchemy's own.
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
