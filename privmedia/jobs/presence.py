"""Workers say that they live, so that the jobs page can tell how many there are, and that there is none."""
from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.models import Worker

log = logging.getLogger(__name__)

SAID_EVERY = 20.0
"""Seconds."""
LIVES_FOR = timedelta(seconds=70)
"""So long a worker that says nothing is still believed to live."""


def own_name() -> str:
    """This process, as administrators know it: its machine and its number there."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def living(session: Session, installation: Installation) -> list[Worker]:
    """The workers that live, the oldest first."""
    alive = select(Worker).where(Worker.seen_at >= installation.clock() - LIVES_FOR)
    return list(session.scalars(alive.order_by(Worker.started_at, Worker.name)))


@contextmanager
def present(installation: Installation) -> Iterator[None]:
    """This process counts as a worker meanwhile. A database that does not answer is told another time."""
    stop = threading.Event()
    thread = threading.Thread(target=_keep_saying, args=(installation, stop), name="presence", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _keep_saying(installation: Installation, stop: threading.Event) -> None:
    started_at = installation.clock()
    while True:
        ended = stop.is_set()
        try:
            with writing(installation.sessions) as session:
                _say(session, installation, Worker(name=own_name(), started_at=started_at), ended=ended)
        except SQLAlchemyError:
            log.warning("could not say that this worker lives", exc_info=True)
        if ended:
            return
        stop.wait(SAID_EVERY)


def _say(session: Session, installation: Installation, worker: Worker, *, ended: bool) -> None:
    now = installation.clock()
    session.execute(delete(Worker).where(Worker.seen_at < now - 2 * LIVES_FOR))
    if ended:
        session.execute(delete(Worker).where(Worker.name == worker.name))
        return
    worker.encoders, worker.seen_at = installation.settings.encoders, now
    session.merge(worker)
