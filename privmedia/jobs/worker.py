"""The worker: claims jobs one after the other, keeps their leases alive, and ends cleanly.

It knows nothing of what the work is: the composition hands it the handlers by kind, and the chores that are due
now and then. One process or ten: the lease and its token keep them apart.
"""
from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.errors import DomainError
from privmedia.installation import Installation
from privmedia.jobs.service import LEASE, Claim, Jobs, LeaseLost
from privmedia.text import mark as _

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
RENEW_SECONDS = LEASE.total_seconds() / 4
REPORT_SECONDS = 1.0
CHORES_SECONDS = 3600.0
DATABASE_DOWN_SECONDS = 5.0
MAX_ATTEMPTS = 5
UNEXPECTED = _("Something went wrong on the server; its log says what.")
DIED = _("The server tried it several times, and each time the work was cut off. Its log may say why.")


class Stopping(Exception):
    """The worker was told to stop; the job is given back."""


class Hopeless(DomainError):
    """Raised by a handler: no further try would end otherwise."""


@dataclass(frozen=True)
class Handler:
    """What is done for one kind of job.

    `run` may be called again for the same target, after any part of it was done. What it raises is tried again
    later, and in the end `gave_up` is called in the transaction that ends the job.
    """

    run: Callable[[Task], None]
    gave_up: Callable[[Session, int, str], None]
    attempts: int = MAX_ATTEMPTS
    """How often it is tried; the pauses grow from a minute to an hour."""
    ended: Callable[[Session, Installation, int], None] = lambda _session, _installation, _target_id: None
    """Called in the transaction that ends the job, whether it was done or given up, with its target."""


class Task:
    """One claimed job, for its handler. As a context it keeps the lease alive in a thread of its own."""

    def __init__(self, installation: Installation, claim: Claim, stop: threading.Event) -> None:
        self.installation = installation
        self.target_id = claim.target_id
        self._claim = claim
        self._stop = stop
        self._ended = threading.Event()
        self._lost = threading.Event()
        self._reported = 0.0
        self._keeper = threading.Thread(target=self._keep, name=f"lease of job {claim.job_id}", daemon=True)

    def check(self) -> None:
        """Call it every second or so. Raises Stopping or LeaseLost; let both through."""
        if self._lost.is_set():
            raise LeaseLost
        if self._stop.is_set():
            raise Stopping

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

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A short write transaction that takes effect only while the job is still ours. Raises LeaseLost."""
        with writing(self.installation.sessions) as session:
            Jobs(session, self.installation).renew(self._claim)
            yield session

    def _keep(self) -> None:
        renewed = time.monotonic()
        while not self._ended.wait(RENEW_SECONDS):
            try:
                with self.writing():
                    pass
                renewed = time.monotonic()
            except LeaseLost:
                self._lost.set()
                return
            except SQLAlchemyError:
                log.warning("could not renew the lease of job %s", self._claim.job_id, exc_info=True)
                if time.monotonic() - renewed > LEASE.total_seconds():
                    self._lost.set()
                    return

    def __enter__(self) -> Task:
        self._keeper.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._keeper.join()


def run(
    installation: Installation,
    handlers: Mapping[str, Handler],
    stop: threading.Event,
    *,
    once: bool = False,
    chores: Sequence[Callable[[Installation], None]] = (),
) -> None:
    """Work until `stop` is set; with `once`, until nothing is due. A database that is down is waited for."""
    chores_at = time.monotonic()
    while not stop.is_set():
        try:
            if time.monotonic() >= chores_at:
                chores_at = time.monotonic() + CHORES_SECONDS
                do_chores(installation, chores)
            claim = next_claim(installation, handlers)
            if claim is not None:
                work(installation, handlers[claim.kind], claim, stop)
            elif once:
                return
            else:
                stop.wait(IDLE_SECONDS)
        except SQLAlchemyError:
            if once:
                raise
            log.exception("the database does not answer; trying again in %.0f seconds", DATABASE_DOWN_SECONDS)
            stop.wait(DATABASE_DOWN_SECONDS)


def next_claim(installation: Installation, handlers: Mapping[str, Handler]) -> Claim | None:
    """The next job, claimed and committed."""
    with reading(installation.sessions) as session:
        if not Jobs(session, installation).has_claimable(list(handlers)):
            return None
    with writing(installation.sessions) as session:
        return Jobs(session, installation).claim(list(handlers))


def work(installation: Installation, handler: Handler, claim: Claim, stop: threading.Event) -> None:
    """Do one job and write down how it ended, unless another worker has it by then."""
    log.info("job %s: %s of %s, attempt %s", claim.job_id, claim.kind, claim.target_id, claim.attempt)
    try:
        if claim.attempt > handler.attempts:  # whoever tried it last died of it or was killed
            give_up(installation, handler, claim, DIED)
            return
        try:
            with Task(installation, claim, stop) as task:
                handler.run(task)
        except LeaseLost:
            raise
        except Stopping:
            log.info("job %s is given back: the worker stops", claim.job_id)
            with writing(installation.sessions) as session:
                Jobs(session, installation).release(claim)
        except Exception as error:
            log.exception("job %s failed", claim.job_id)
            sentence = str(error) if isinstance(error, DomainError) else UNEXPECTED
            failed(installation, handler, claim, sentence, hopeless=isinstance(error, Hopeless))
        else:
            with writing(installation.sessions) as session:
                Jobs(session, installation).finish(claim)
                handler.ended(session, installation, claim.target_id)
    except LeaseLost:
        log.warning("job %s took longer than its lease was renewed; another worker has it now", claim.job_id)


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
