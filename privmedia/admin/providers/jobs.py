"""The nightly look at who has left the directory, in the background."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.admin.providers.syncing import Stopped, Syncs, by_night, sync
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.worker import Handler, Task
from privmedia.work.kinds import SYNC


def look(task: Task) -> None:
    """Once a night; what stops it stands in the log and on the page, and the next night it is tried again."""
    directory = task.installation.settings.directory
    if directory is None:
        return
    try:
        sync(task.installation, by=by_night(directory))
    except Stopped as stopped:
        task.fail(str(stopped))


def _gave_up(_session: Session, _target_id: int, _sentence: str) -> None:
    """Nothing was begun."""


def sync_in_time(installation: Installation) -> None:
    """Chore: plan the next night."""
    directory = installation.settings.directory
    if directory is not None and directory.syncs:
        with writing(installation.sessions) as session:
            Syncs(session, installation).plan(directory.sync_hour)


HANDLERS = {SYNC: Handler(look, _gave_up, attempts=2)}
