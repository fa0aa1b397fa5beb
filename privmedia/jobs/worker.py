"""The worker: claims jobs one after the other, keeps their leases alive, and ends cleanly.

It has three kinds of lanes, so that a film that is converted for two hours holds up no poster, and one that is had in
several sizes no other's conversion: a quick one, and of either long kind one for each that may run at once. How many
these are in the whole installation is held where they are claimed.

It knows nothing of what the work is: the composition hands it the handlers by kind, and the chores that are due
now and then. One process or ten: the lease and its token keep them apart.
"""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.jobs.presence import own_name, present
from privmedia.jobs.service import LEASE, Claim, Jobs, LeaseLost
from privmedia.text import mark as _

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
RENEW_SECONDS = LEASE.total_seconds() / 4
LOOK_SECONDS = 2.0
"""How soon a worker hears that a job was cancelled."""
REPORT_SECONDS = 1.0
CHORES_SECONDS = 3600.0
DATABASE_DOWN_SECONDS = 5.0
MAX_ATTEMPTS = 5
UNEXPECTED = _("Something went wrong on the server; its log says what.")
DIED = _("The server tried it several times, and each time the work was cut off. Its log may say why.")


class Stopping(Exception):
    """The worker was told to stop; the job is given back."""


class GivingWay(Stopping):
    """Something more urgent waits; the job is given back and goes on after it."""


class Hopeless(DomainError):
    """Raised by a handler: no further try would end otherwise."""


class Pace(Enum):
    """How long a kind of work takes, and whether somebody waits. Each has lanes of its own."""

    QUICK = "quick"
    LONG = "long"
    """It keeps processors busy for minutes or hours: few run at once."""
    SPARE = "spare"
    """As long, but nobody waits: beside what is long it takes the processor time that is left."""


@dataclass(frozen=True)
class Handler:
    """What is done for one kind of job.

    `run` may be called again for the same target, after any part of it was done. What it raises is tried again
    later, and in the end `gave_up` is called in the transaction that ends the job.
    """

    run: Callable[[Task], None]
    gave_up: Callable[[Session, int, str], None]
    attempts: int = MAX_ATTEMPTS
    """How often it is tried; the pauses grow from half a minute to an hour."""
    again: Callable[[Session, int], None] = lambda _session, _target_id: None
    """Called in the transaction that queues a job anew which had failed or was cancelled."""
    paused: bool = True
    """Pausing the queue holds it up."""
    pace: Pace = Pace.QUICK
    ended: Callable[[Session, Installation, int], None] = lambda _session, _installation, _target_id: None
    """Called in the transaction that ends the job, whether it was done or given up, with its target."""


class Task:
    """One claimed job, for its handler. As a context it keeps the lease alive in a thread of its own."""

    def __init__(
        self, installation: Installation, claim: Claim, stop: threading.Event, beside: Collection[str] = ()
    ) -> None:
        """`beside`: the kinds of work that wait while this is done."""
        self.installation = installation
        self._beside = beside
        self.target_id = claim.target_id
        self._claim = claim
        self._stop = stop
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._reported = 0.0
        self.failure: str | None = None
        """Why nothing came of it, if that is known: see `fail`."""
        self._keeper = threading.Thread(target=self._keep, name=f"lease of job {claim.job_id}", daemon=True)

    def check(self) -> None:
        """Call it every second or so. Raises Stopping or LeaseLost; let both through."""
        if self._lost.is_set():
            raise LeaseLost
        if self._stop.is_set():
            raise Stopping

    def give_way(self) -> None:
        """Call it between parts of long work that are not done twice. Raises GivingWay, and as `check`."""
        self.check()
        with reading(self.installation.sessions) as session:
            if not Jobs(session, self.installation).is_urgent(self._claim, self._beside):
                raise GivingWay

    def report(self, share: float | None) -> None:
        """Say how far it is, 0 to 1. Written once a second at most. Raises as `check`."""
        self.check()
        now = time.monotonic()
        if now - self._reported < REPORT_SECONDS:
            return
        self._reported = now
        try:
            with writing(self.installation.sessions) as session:
                Jobs(session, self.installation).report(self._claim, share)
        except SQLAlchemyError:
            log.warning("could not note the progress of job %s", self._claim.job_id, exc_info=True)

    def fail(self, sentence: str) -> None:
        """Say that nothing came of it and never will. What that means is written by the handler itself."""
        self.failure = sentence

    def keep_log(self, text: str) -> None:
        """Keep the last 16 KiB of what a program said, for administrators. Raises LeaseLost."""
        with writing(self.installation.sessions) as session:
            Jobs(session, self.installation).keep_log(self._claim, text)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A short write transaction that takes effect only while the job is still ours. Raises LeaseLost."""
        with writing(self.installation.sessions) as session:
            Jobs(session, self.installation).renew(self._claim)
            yield session

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._ended.wait(min(LOOK_SECONDS, RENEW_SECONDS)):
            try:
                if time.monotonic() - renewed >= RENEW_SECONDS:
                    with self.writing():
                        pass
                    renewed = time.monotonic()
                else:
                    self._look()
            except LeaseLost:
                self._lost.set()
                return
            except SQLAlchemyError:
                log.warning("could not renew the lease of job %s", self._claim.job_id, exc_info=True)
                if time.monotonic() - renewed > LEASE.total_seconds():
                    self._lost.set()
                    return

    def _look(self) -> None:
        with reading(self.installation.sessions) as session:
            if not Jobs(session, self.installation).holds(self._claim):
                raise LeaseLost

    def __enter__(self) -> Task:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._keeper.join()


@dataclass(frozen=True)
class Lane:
    """Kinds of work that are done one after the other."""

    handlers: Mapping[str, Handler]
    at_most: int | None = None
    """How many of them are done at once by all workers; None: as many as there are."""

    @property
    def kinds(self) -> list[str]:
        return list(self.handlers)

    @property
    def always(self) -> list[str]:
        """Those that go on while the queue is paused."""
        return [kind for kind, handler in self.handlers.items() if not handler.paused]


def lanes_of(handlers: Mapping[str, Handler], encoders: int) -> list[Lane]:
    """The quick lane first, and of either other kind as many as there may be conversions at once."""
    of = {pace: {kind: each for kind, each in handlers.items() if each.pace is pace} for pace in Pace}
    long = [Lane(of[pace], encoders) for pace in (Pace.LONG, Pace.SPARE) if of[pace]]
    return [Lane(of[Pace.QUICK]), *long * encoders]


def run(
    installation: Installation,
    handlers: Mapping[str, Handler],
    stop: threading.Event,
    *,
    once: bool = False,
    chores: Sequence[Callable[[Installation], None]] = (),
) -> None:
    """Work until `stop` is set; with `once`, in one lane until nothing is due. A database that is down is waited for.

    A lane that ends by a fault of its own ends the others as well, and that fault is raised.
    """
    if once:
        do_chores(installation, chores)
        while not stop.is_set() and work_next(installation, Lane(handlers), stop):
            pass
        return
    lanes = lanes_of(handlers, installation.settings.encoders)
    with present(installation), ThreadPoolExecutor(len(lanes), thread_name_prefix="lane") as pool:
        quick, *others = lanes
        running = [pool.submit(go_on, installation, quick, stop, chores)]
        running += [pool.submit(go_on, installation, lane, stop) for lane in others]
        for ended in as_completed(running):
            stop.set()
            ended.result()


def go_on(
    installation: Installation,
    lane: Lane,
    stop: threading.Event,
    chores: Sequence[Callable[[Installation], None]] = (),
) -> None:
    """Work in one lane until `stop` is set."""
    chores_at = time.monotonic()
    while not stop.is_set():
        try:
            if time.monotonic() >= chores_at:
                chores_at = time.monotonic() + CHORES_SECONDS
                do_chores(installation, chores)
            if not work_next(installation, lane, stop):
                stop.wait(IDLE_SECONDS)
        except SQLAlchemyError:
            log.exception("the database does not answer; trying again in %.0f seconds", DATABASE_DOWN_SECONDS)
            stop.wait(DATABASE_DOWN_SECONDS)


def work_next(installation: Installation, lane: Lane, stop: threading.Event) -> bool:
    """Do the next job of a lane; False if there is none."""
    claim = next_claim(installation, lane)
    if claim is None:
        return False
    work(installation, lane.handlers[claim.kind], claim, stop, beside=lane.kinds)
    return True


def next_claim(installation: Installation, lane: Lane) -> Claim | None:
    """The next job, claimed and committed."""
    with reading(installation.sessions) as session:
        if not Jobs(session, installation).has_claimable(lane.kinds, at_most=lane.at_most, always=lane.always):
            return None
    with writing(installation.sessions) as session:
        jobs = Jobs(session, installation)
        return jobs.claim(lane.kinds, worker=own_name(), at_most=lane.at_most, always=lane.always)


def work(
    installation: Installation,
    handler: Handler,
    claim: Claim,
    stop: threading.Event,
    *,
    beside: Collection[str],
) -> None:
    """Do one job and write down how it ended, unless another worker has it by then."""
    log.info("job %s: %s of %s, attempt %s", claim.job_id, claim.kind, claim.target_id, claim.attempt)
    try:
        if claim.attempt > handler.attempts:  # whoever tried it last died of it or was killed
            give_up(installation, handler, claim, DIED)
            return
        try:
            with Task(installation, claim, stop, beside) as task:
                handler.run(task)
        except LeaseLost:
            raise
        except Stopping as why:
            reason = "another comes first" if isinstance(why, GivingWay) else "the worker stops"
            log.info("job %s is given back: %s", claim.job_id, reason)
            with writing(installation.sessions) as session:
                Jobs(session, installation).release(claim)
        except Exception as error:
            log.exception("job %s failed", claim.job_id)
            sentence = str(error) if isinstance(error, DomainError) else UNEXPECTED
            failed(installation, handler, claim, sentence, hopeless=isinstance(error, Hopeless))
        else:
            with writing(installation.sessions) as session:
                if task.failure is None:
                    Jobs(session, installation).finish(claim)
                else:
                    Jobs(session, installation).give_up(claim, task.failure)
                handler.ended(session, installation, claim.target_id)
    except LeaseLost:
        log.warning("job %s was cancelled, or its lease was over and another worker has it now", claim.job_id)


def failed(installation: Installation, handler: Handler, claim: Claim, sentence: str, *, hopeless: bool) -> None:
    if claim.attempt >= handler.attempts or hopeless:
        give_up(installation, handler, claim, sentence)
        return
    with writing(installation.sessions) as session:
        Jobs(session, installation).try_again_later(claim, sentence)


def give_up(installation: Installation, handler: Handler, claim: Claim, sentence: str) -> None:
    with writing(installation.sessions) as session:
        Jobs(session, installation).give_up(claim, sentence)
        handler.gave_up(session, claim.target_id, sentence)
        handler.ended(session, installation, claim.target_id)


def do_chores(installation: Installation, chores: Sequence[Callable[[Installation], None]]) -> None:
    """Every chore; one that fails keeps none of the others from being done."""
    for chore in chores:
        try:
            chore(installation)
        except Exception:
            log.exception("a chore failed: %s", getattr(chore, "__qualname__", chore))
