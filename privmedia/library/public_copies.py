"""What the library has to do with public copies: whoever changes what an item shows has its copy follow."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import PUBLIC, Item, PublicCopy

FIRST = 10
"""The priority of the job: nothing old stays public longer than it has to."""


def bring_in_line_soon(session: Session, installation: Installation, item: Item) -> None:
    """Have the public copy of an item, if it has one, get the rendition of its current version."""
    if session.get(PublicCopy, item.id) is not None:
        Jobs(session, installation).enqueue(PUBLIC, item.id, priority=FIRST)
