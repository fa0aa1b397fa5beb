"""What became of a version, written down together with all that follows from it. Every job about it ends here."""
from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import (
    SHEET,
    STORYBOARD,
    STREAMS,
    STREAMS_FOLDER,
    TAKE_OVER,
    TELL_FOLLOWERS,
    TELL_SENDER,
    File,
    Item,
    State,
    Version,
)
from privmedia.library.public_copies import bring_in_line_soon
from privmedia.library.urgency import urgency
from privmedia.media import Probe

BEFORE_ALL_ELSE = 10
"""The priority of what takes no time and is waited for."""
ON_THE_WAY = (State.WAITING, State.PREPARING)


def item_showing(session: Session, version_id: int) -> Item | None:
    """The item whose shown version this is; an older version says nothing about the item's state."""
    return session.scalar(
        select(Item)
        .join(Version, Version.item_id == Item.id)
        .where(Version.id == version_id, Version.number == Item.current)
        .execution_options(**WITH_BIN)
    )


def begin(session: Session, version_id: int) -> None:
    """Somebody is at it now. What plays goes on playing."""
    for one in (session.get(Version, version_id), item_showing(session, version_id)):
        if one is not None and one.state != State.READY:
            one.state = State.PREPARING


def write_result(
    session: Session, installation: Installation, version: Version, *, state: State, reason: str = ""
) -> None:
    """The state of a version and of the item that shows it; what is ready takes the place it waited for."""
    item = item_showing(session, version.id)
    version.state, version.reason = state, reason
    if item is not None:
        item.state, item.reason = state, reason
        item.shown = state == State.READY
        bring_in_line_soon(session, installation, item)
    if state != State.READY:
        return
    jobs = Jobs(session, installation)
    if version.takes_over:
        jobs.enqueue(TAKE_OVER, version.id, priority=BEFORE_ALL_ELSE)
    later = []
    if is_film(version):
        later.append((STORYBOARD, SHEET))
    if version.probe and media.wants_streams(Probe.from_json(version.probe), version.size):
        later.append((STREAMS, STREAMS_FOLDER + media.MASTER))
    for kind, name in later:
        there = session.get(File, (version.id, name)) is not None
        jobs.enqueue(kind, version.id, priority=urgency(kind, version.duration, anew=there))


def is_film(version: Version) -> bool:
    """Whether it is known to have moving pictures, and how long they last."""
    return bool(version.duration and (version.probe or {}).get("video"))


def gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The last try failed as well: the item's page says why."""
    for one in (session.get(Version, version_id), item_showing(session, version_id)):
        if one is not None and one.state != State.READY:
            one.state, one.reason = State.FAILED, sentence


def again(session: Session, version_id: int) -> None:
    """It waits once more, as when it came."""
    for one in (session.get(Version, version_id), item_showing(session, version_id)):
        if one is not None and one.state != State.READY:
            one.state, one.reason = State.WAITING, ""


def have_told(session: Session, installation: Installation, version_id: int) -> None:
    """Have people told what became of it, once that is known."""
    version = session.get(Version, version_id)
    if version is not None and version.state in ON_THE_WAY:
        return
    for kind in (TELL_SENDER, TELL_FOLLOWERS):
        Jobs(session, installation).enqueue(kind, version_id)
