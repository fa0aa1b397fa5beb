"""The job "take over": a version that is ready is shown in place of the one before, with all that goes along."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.audit.service import THE_PROGRAM
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import TAKE_OVER, Version
from privmedia.versions.showing import show


def take_over(task: Task) -> None:
    """Show the version, the job's target. Run again, it does nothing a second time."""
    show(
        task.installation,
        task.target_id,
        by=THE_PROGRAM,
        writing=task.writing,
        wanted=lambda version: version.takes_over,
    )


def gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The version stays ready and somebody may show it; what was shown goes on."""
    version = session.get(Version, version_id)
    if version is not None:
        version.takes_over, version.reason = False, sentence


HANDLERS = {TAKE_OVER: Handler(take_over, gave_up)}
