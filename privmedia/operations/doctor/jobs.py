"""Looking from outside in the background: when somebody asks for it, after each start and every hour."""
from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Task
from privmedia.operations.doctor.probe import clear_away_probes
from privmedia.operations.doctor.report import keep_report
from privmedia.operations.doctor.service import examine
from privmedia.work.kinds import CHECK_UP

PATIENCE = 3.0
"""Seconds: other work waits meanwhile. `privmedia doctor` takes longer over it."""
AFTER_START = timedelta(minutes=1)
"""So long the other programs have to start as well."""
EVERYTHING = 0
"""What a check-up is about: there is one installation."""
SOON = 10
"""Its priority when somebody waits for it."""


class CheckUps:
    """Asking for one. Runs in the caller's transaction and commits nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._jobs = Jobs(session, installation)

    def ask(self) -> None:
        """Have somebody look now, unless that is about to be done anyway."""
        self._jobs.hurry([CHECK_UP], EVERYTHING, priority=SOON)
        if not self.asked:
            self._jobs.enqueue(CHECK_UP, EVERYTHING, priority=SOON)

    @property
    def asked(self) -> bool:
        """Whether it is due or being done; one that is for later does not count."""
        return self._jobs.is_due([CHECK_UP], EVERYTHING)


def check_up(task: Task) -> None:
    keep_report(task.installation, examine(task.installation, patience=PATIENCE))


def _gave_up(_session: Session, _target_id: int, _sentence: str) -> None:
    """The last report stays, with its time."""


def check_up_in_time(installation: Installation) -> None:
    """Chore: have it looked at, and clear away what killed ones left."""
    clear_away_probes(installation)
    with writing(installation.sessions) as session:
        at = installation.clock() + AFTER_START
        Jobs(session, installation).enqueue_once(CHECK_UP, EVERYTHING, run_after=at)


HANDLERS = {CHECK_UP: Handler(check_up, _gave_up, attempts=2)}
