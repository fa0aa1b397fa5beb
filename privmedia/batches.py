"""Writing together what many requests leave: a thread of the process writes it in batches, and nobody waits for it.

A database that cannot write keeps no request from its answer; what waits is tried again, and what a process cannot
write before its end is in its log.
"""
from __future__ import annotations

import atexit
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

Word = TypeVar("Word")

TOGETHER = 0.2
"""Seconds the thread waits for more before it writes."""
DATABASE_DOWN = 5.0
"""Seconds until it tries again when the database could not write."""
LAST_TRY = 5.0
"""Seconds the end of the process may wait for what is not written yet."""
MOST_WAITING = 10_000


class Batches(Generic[Word]):
    """Of one process. Safe to make before a fork; `put` is called by many threads.

    `write` writes some of them in a transaction of its own; `missing` says of what, in the log, for what is lost.
    """

    def __init__(self, name: str, write: Callable[[Sequence[Word]], None], *, missing: str) -> None:
        self._name = name
        self._write_together = write
        self._missing = missing
        self._waiting: deque[Word] = deque()
        self._changed = threading.Condition()
        self._process = 0
        self._writes = False
        self._ends = False

    def put(self, word: Word) -> None:
        """Have it written soon."""
        with self._changed:
            if self._process != os.getpid():
                self._begin()
            if len(self._waiting) >= MOST_WAITING:
                log.error("%s, because too many wait: %r", self._missing, word)
                return
            self._waiting.append(word)
            if not self._writes:
                self._writes = True
                threading.Thread(target=self._write_all, name=self._name, daemon=True).start()

    def settle(self, seconds: float = LAST_TRY) -> bool:
        """Wait until all that was put is written; False if it is not by then."""
        with self._changed:
            return self._changed.wait_for(lambda: self._process != os.getpid() or not self._writes, seconds)

    def _begin(self) -> None:
        """In a new process. What its parent had waiting is the parent's to write."""
        self._process = os.getpid()
        self._waiting.clear()
        self._writes = False
        atexit.register(self._end, self._process)

    def _end(self, process: int) -> None:
        if process == os.getpid():
            self._ends = True
            self.settle()
            if self._waiting:
                log.error("%s: %r", self._missing, list(self._waiting))

    def _write_all(self) -> None:
        """The thread: it ends when nothing waits any more, and the next word begins another."""
        pause = TOGETHER
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ends, pause)
                words = list(self._waiting)
                if not words:
                    self._writes = False
                    self._changed.notify_all()
                    return
            pause = self._write(words)
            with self._changed:
                if pause == TOGETHER:
                    for _ in words:
                        self._waiting.popleft()
                elif self._ends:
                    self._writes = False
                    self._changed.notify_all()
                    return

    def _write(self, words: Sequence[Word]) -> float:
        """Write them, and say how long to wait for the next: longer if the database could not."""
        try:
            self._write_together(words)
        except OperationalError:
            log.warning("%s %s could not be written now", len(words), self._name, exc_info=True)
            return DATABASE_DOWN
        except Exception:
            log.exception("%s: %r", self._missing, words)
        return TOGETHER
