"""The worker process: which work there is, which chores, and how it is told to stop."""
from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from privmedia.accounts.invitation_letters import WRITERS as INVITATIONS
from privmedia.accounts.letters import WRITERS as ACCOUNTS_LETTERS
from privmedia.accounts.security_letters import WRITERS as SECURITY
from privmedia.accounts.viewpoints import Viewpoints
from privmedia.admin.providers.jobs import HANDLERS as DIRECTORY
from privmedia.admin.providers.jobs import sync_in_time
from privmedia.asking.jobs import HANDLERS as ASKING
from privmedia.asking.jobs import end_questions
from privmedia.asking.letters import WRITERS as ASKING_LETTERS
from privmedia.attention.service import forget_watched
from privmedia.audit.seals import drop_old, seal_all
from privmedia.captions.embedded_jobs import HANDLERS as SUBTITLES
from privmedia.captions.jobs import HANDLERS as CAPTIONS
from privmedia.captions.stream_jobs import HANDLERS as CAPTIONS_OF_STREAMS
from privmedia.db import writing
from privmedia.delivery.viewings import forget_viewings
from privmedia.embedding.frames import forget_over
from privmedia.following.jobs import HANDLERS as FOLLOWING
from privmedia.following.jobs import forget_notices
from privmedia.following.letters import WRITERS as FOLLOWING_LETTERS
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.service import Jobs
from privmedia.library.jobs import HANDLERS as LIBRARY
from privmedia.library.page_jobs import HANDLERS as PAGES
from privmedia.mail import warn_if_off
from privmedia.mail.jobs import forget_sent, mail_handler
from privmedia.mail.service import SEND
from privmedia.operations.doctor.jobs import HANDLERS as CHECK_UPS
from privmedia.operations.doctor.jobs import check_up_in_time
from privmedia.organising.jobs import HANDLERS as ORGANISING
from privmedia.organising.jobs import empty_in_time
from privmedia.public.jobs import HANDLERS as PUBLIC
from privmedia.public.jobs import reconcile
from privmedia.renditions.convert_jobs import HANDLERS as CONVERSIONS
from privmedia.renditions.storyboard_jobs import HANDLERS as STORYBOARDS
from privmedia.renditions.stream_jobs import HANDLERS as STREAMS
from privmedia.search.jobs import HANDLERS as SEARCH
from privmedia.search.upkeep import work_off
from privmedia.sharing.visits import forget_visits
from privmedia.uploads.jobs import clear_away
from privmedia.versions.jobs import HANDLERS as VERSIONS
from privmedia.zips.jobs import HANDLERS as ZIPS
from privmedia.zips.jobs import remove_over

log = logging.getLogger(__name__)

WRITERS = {**ACCOUNTS_LETTERS, **SECURITY, **INVITATIONS, **ASKING_LETTERS, **FOLLOWING_LETTERS}
HANDLERS = {
    **LIBRARY,
    **CONVERSIONS,
    **STORYBOARDS,
    **PAGES,
    **SEARCH,
    **CAPTIONS,
    **SUBTITLES,
    **CAPTIONS_OF_STREAMS,
    **STREAMS,
    **VERSIONS,
    **ASKING,
    **FOLLOWING,
    **ORGANISING,
    **PUBLIC,
    **ZIPS,
    **CHECK_UPS,
    **DIRECTORY,
    SEND: mail_handler(WRITERS),
}


def forget_finished(installation: Installation) -> None:
    """Chore: the rows of jobs done long ago go."""
    with writing(installation.sessions) as session:
        Jobs(session, installation).forget_finished()


def forget_old_lines(installation: Installation) -> None:
    """Chore: lines of the audit log that are older than the settings say go."""
    drop_old(installation)


def end_viewpoints(installation: Installation) -> None:
    """Chore: views of the library as somebody else that are over get their line in the log."""
    with writing(installation.sessions) as session:
        Viewpoints(session, installation).end_over()


def index_backlog(installation: Installation) -> None:
    """Chore: what was there before the index of search is put into it."""
    work_off(installation.sessions)


CHORES = (
    check_up_in_time,
    index_backlog,
    clear_away,
    empty_in_time,
    end_questions,
    end_viewpoints,
    forget_old_lines,
    forget_finished,
    forget_notices,
    forget_over,
    forget_sent,
    forget_viewings,
    forget_visits,
    forget_watched,
    reconcile,
    remove_over,
    sync_in_time,
)
SEALED_EVERY = 20.0
"""Seconds. A thread of its own, so that preparing a long film keeps no line of the audit log unsealed."""


def keep_sealing(installation: Installation, stop: threading.Event) -> None:
    """Seal the audit log until `stop` is set, and once more then. A database that does not answer is tried again."""
    while True:
        ended = stop.wait(SEALED_EVERY)
        try:
            seal_all(installation)
        except Exception:
            log.exception("the audit log could not be sealed now")
        if ended:
            return


@contextlib.contextmanager
def sealing(installation: Installation) -> Iterator[None]:
    """The audit log is sealed meanwhile, and what is there at the end as well."""
    stop = threading.Event()
    thread = threading.Thread(target=keep_sealing, args=(installation, stop), name="seals", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def run_worker(installation: Installation, *, stop: threading.Event | None = None, once: bool = False) -> None:
    """Work until SIGTERM or SIGINT, or until `stop` is set; with `once` until nothing is due.

    Told to stop, it gives the job at hand back within a second or two; another worker does it from the start.
    Without `stop` it has to be called in the main thread, which is where signals arrive.
    """
    with contextlib.ExitStack() as stack:
        if stop is None:
            stop = stack.enter_context(stopped_by_signals())
        log.info("the worker starts")
        warn_if_off(installation.settings)
        stack.enter_context(sealing(installation))
        worker.run(installation, HANDLERS, stop, once=once, chores=() if once else CHORES)
        log.info("the worker ends")


@contextlib.contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; afterwards they mean what they meant before."""
    stop = threading.Event()

    def told(number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
