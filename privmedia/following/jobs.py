"""What the worker does for those who follow: it notes what became of a version for everybody it concerns, and writes
to them when it is time."""
from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.accounts.models import ApiToken, SignIn, User
from privmedia.db import writing
from privmedia.following.models import Happening, Notice
from privmedia.following.notices import Notices
from privmedia.following.rounds import NEWS, ROUNDS, UPLOADS, Round, Rounds
from privmedia.installation import Installation
from privmedia.jobs.worker import Handler, Task
from privmedia.library.drafts import Drafts
from privmedia.library.models import TELL_FOLLOWERS, TELL_SENDER, Item, State, Version

log = logging.getLogger(__name__)

LONG = timedelta(minutes=10)
"""An upload that was prepared for longer is told of when it is ready."""
AWAY = timedelta(minutes=20)
"""Whose browsers have all been still for so long has left."""
KEPT = timedelta(days=90)


def tell_followers(task: Task) -> None:
    """Note for those who follow the folder of a version, the job's target, that there is something new."""
    with task.writing() as session:
        item = _shown(session, task.target_id)
        if item is None or item.state != State.READY:
            return
        if Drafts(session, task.installation).is_draft(item):
            return  # told when it is released
        notices = Notices(session, task.installation)
        folders = notices.ways_up([item.folder_id])[item.folder_id]
        told = notices.tell(notices.followers(item, folders), item, Happening.NEW)
        Rounds(session, task.installation).plan(NEWS, told)


def tell_sender(task: Task) -> None:
    """Note for who sent a version, the job's target, that nothing came of it, or that it is ready after all."""
    with task.writing() as session:
        version = session.get(Version, task.target_id)
        if version is None or version.created_by is None:
            return
        happening = _what_became(session, version, task.installation.clock())
        if happening is Happening.READY and _was_sent_to_them(session, version):
            return  # they were told when it came
        if happening is not None:
            notices = Notices(session, task.installation)
            told = notices.tell([version.created_by], version.item, happening, version.number)
            Rounds(session, task.installation).plan(UPLOADS, told)


def _shown(session: Session, version_id: int) -> Item | None:
    """The item of a version, if that is the one shown of it and it does not lie in the bin."""
    shown = select(Item).join(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
    return session.scalar(shown.where(Version.id == version_id))


def _what_became(session: Session, version: Version, now: datetime) -> Happening | None:
    """What is to be told; None of what was ready soon to somebody who waited for it."""
    if version.state in (State.FAILED, State.UNPLAYABLE):
        return Happening.FAILED
    if version.state != State.READY:
        return None
    took_long = now - version.created_at > LONG
    return Happening.READY if took_long or _has_left(session, version, now) else None


def _was_sent_to_them(session: Session, version: Version) -> bool:
    """Whether it came through a link by which somebody asks for files."""
    told = select(Notice.id).where(Notice.item_id == version.item_id, Notice.happening == Happening.SENT)
    return session.scalar(told.limit(1)) is not None


def _has_left(session: Session, version: Version, now: datetime) -> bool:
    """Whether who sent it was here then, and has used neither a browser nor a script for a while."""
    user = None if version.created_by is None else session.get(User, version.created_by)
    if user is None or user.last_seen_at is None or user.last_seen_at < version.created_at - AWAY:
        return False
    signed_in = select(SignIn.id).where(
        SignIn.user_id == user.id, SignIn.idle_until > now, SignIn.last_used_at > now - AWAY
    )
    by_token = select(ApiToken.id).where(ApiToken.user_id == user.id, ApiToken.last_used_at > now - AWAY)
    return all(session.scalar(used.limit(1)) is None for used in (signed_in, by_token))


def _writer(of: Round) -> Callable[[Task], None]:
    def write(task: Task) -> None:
        """Write to one person, the job's target."""
        with task.writing() as session:
            Rounds(session, task.installation).go(of, task.target_id)

    return write


def gave_up(session: Session, target_id: int, sentence: str) -> None:
    """Nobody was told, or nobody was written to. What was noted stands at the bell."""
    log.error("news of %s went to nobody: %s", target_id, sentence)


def forget_notices(installation: Installation) -> None:
    """Chore: what was told long ago goes."""
    with writing(installation.sessions) as session:
        session.execute(delete(Notice).where(Notice.created_at < installation.clock() - KEPT))


HANDLERS = {
    TELL_FOLLOWERS: Handler(tell_followers, gave_up),
    TELL_SENDER: Handler(tell_sender, gave_up),
    **{of.name: Handler(_writer(of), gave_up) for of in ROUNDS},
}
