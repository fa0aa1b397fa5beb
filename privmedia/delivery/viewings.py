"""Viewings: the hundreds of requests of a player are one line of the audit log.

A request only leaves a word in this process's memory. It is written in batches, so that no file waits for it and a
database that cannot write keeps nobody from watching. Which process serves a player's next request is chance:
the table `viewings` tells them what is written already.
"""
from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from privmedia.audit.models import Viewing
from privmedia.audit.service import Audit, Author, NamedAuthor
from privmedia.batches import LAST_TRY, Batches
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.library.models import PAGE, PLAY, STREAMS_FOLDER

VIEW, DOWNLOAD = "item.view", "item.download"
PLAYED = (PLAY, PAGE, STREAMS_FOLDER)
"""How the names of files begin that are watched, heard, read or looked at. Posters and storyboards are no viewing."""
SITTING = timedelta(minutes=30)
"""After this long without a request, the next one begins a new viewing."""
NOTED_AGAIN = timedelta(minutes=5)
"""How often the table learns that a viewing goes on."""
MOST_REMEMBERED = 20_000


Known: TypeAlias = tuple[tuple[object, ...], str, int, str]
"""Who views what, as it is told apart in memory: the caller, item, version, kind."""


class Viewer(Protocol):
    """Somebody who gets files: a signed-in person, a token's, or a visitor by a link."""

    @property
    def known_as(self) -> tuple[object, ...]:
        """By which this process tells viewers apart; made for every file, so nothing that takes long."""

    @property
    def viewing_name(self) -> str:
        """The same as all processes know it: 48 characters at most."""

    @property
    def author(self) -> NamedAuthor: ...


class Key(NamedTuple):
    """The same as a row of `viewings`."""

    caller: str
    item: str
    version: int
    kind: str


class Word(NamedTuple):
    """What a request left: who watches what, since when."""

    known: Known
    key: Key
    author: Author
    at: datetime
    file: str


class Viewings:
    """Of one process. Safe to make before a fork; `said` is called by many threads."""

    def __init__(self, installation: Installation) -> None:
        self._clock = installation.clock
        self._known: dict[Known, datetime] = {}
        self._changing = threading.Lock()
        self._batches: Batches[Word] = Batches(
            "viewings", partial(write, installation), missing="these viewings are missing from the audit log"
        )

    def said(self, caller: Viewer, *, item: str, version: int, file: str, kind: str) -> None:
        """Somebody gets a file, or a part of it. Costs next to nothing for all but the first request in a while."""
        now = self._clock()
        known = (caller.known_as, item, version, kind)
        noted = self._known.get(known)
        if noted is None or now - noted >= NOTED_AGAIN:
            key = Key(caller.viewing_name, item, version, kind)
            self._hand_over(Word(known, key, caller.author, now, file))

    def settle(self, seconds: float = LAST_TRY) -> bool:
        """Wait until all that was said is written; False if it is not by then."""
        return self._batches.settle(seconds)

    def _hand_over(self, word: Word) -> None:
        with self._changing:
            if len(self._known) >= MOST_REMEMBERED:
                self._known = {known: at for known, at in self._known.items() if word.at - at < NOTED_AGAIN}
            noted = self._known.get(word.known)
            if noted is not None and word.at - noted < NOTED_AGAIN:
                return
            self._known[word.known] = word.at
        self._batches.put(word)


def write(installation: Installation, words: Sequence[Word]) -> None:
    """Write what was said: one event for each new viewing, and for each that goes on that it does."""
    with writing(installation.sessions) as session:
        audit = Audit(session, installation)
        for word in words:
            if _is_new(session, word):
                target, detail = f"item:{word.key.item}", {"version": word.key.version, "file": word.file}
                audit.record(word.key.kind, identity=word.author, target=target, detail=detail).at = word.at


def forget_viewings(installation: Installation) -> None:
    """Chore: what nobody watches any more is no longer kept for comparing."""
    with writing(installation.sessions) as session:
        session.execute(delete(Viewing).where(Viewing.last_at < installation.clock() - 2 * SITTING))


def _is_new(session: Session, word: Word) -> bool:
    """Whether this begins a viewing. Of several processes that ask at once one is told so."""
    # The same word in both databases, and in neither of SQLAlchemy's own.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {**word.key._asdict(), "since": word.at, "last_at": word.at}
    begun: Any = insert(Viewing).values(values)
    if session.execute(begun.on_conflict_do_nothing().returning(Viewing.kind)).first() is not None:
        return True
    mine = [getattr(Viewing, name) == value for name, value in word.key._asdict().items()]
    again = update(Viewing).where(*mine, Viewing.last_at < word.at - SITTING).returning(Viewing.kind)
    if session.execute(again.values(since=word.at, last_at=word.at)).first() is not None:
        return True
    session.execute(update(Viewing).where(*mine, Viewing.last_at < word.at).values(last_at=word.at))
    return False
