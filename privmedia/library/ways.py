"""The way from a folder up to the library."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.db import once
from privmedia.library.models import Folder


def way_up(session: Session, folder: Folder) -> list[Folder]:
    """A folder and those above it, the root last."""
    return once(session, ("way up", folder.id), lambda: _walked(session, folder))


def _walked(session: Session, folder: Folder) -> list[Folder]:
    steps = [folder]
    while steps[-1].parent_id is not None:
        steps.append(session.get_one(Folder, steps[-1].parent_id))
    return steps
