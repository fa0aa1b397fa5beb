"""Seeing the library as somebody else: begun and ended by an administrator, and ended by itself after an hour."""
from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Holder, Identity
from privmedia.accounts.models import SignIn, User, Viewpoint
from privmedia.audit.service import Audit, Author, NamedAuthor
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.text import mark as _

YOURSELF = _("This is you: you see the library as yourself already.")
ADMINISTRATOR = _("Administrators see everything. Choose somebody who is none.")
DISABLED = _("A disabled account sees nothing.")


class Viewpoints:
    """Whom sessions see the library as. Whoever looks changes nothing, and leaves no trace but in the audit log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def start(self, *, user: User, by: Identity) -> Viewpoint:
        """See the library as somebody else from the next request on, for an hour, in this browser alone.

        Raises Conflict for oneself, an administrator, and a disabled account.
        """
        for refused, sentence in (
            (user.id == by.user_id, YOURSELF),
            (user.is_admin, ADMINISTRATOR),
            (user.disabled_at is not None, DISABLED),
        ):
            if refused:
                raise Conflict(sentence)
        before = self._session.get(Viewpoint, by.session_id, with_for_update=True)
        if before is not None:
            self._session.delete(before)
            self._session.flush()
        viewpoint = Viewpoint(session_id=by.session_id, user_id=user.id, since=self._now)
        self._session.add(viewpoint)
        self._session.flush()
        self._audit.record(
            "view-as.start", identity=by, target=user.email, detail={"until": viewpoint.ends_at.isoformat()}
        )
        return viewpoint

    def stop(self, *, by: Identity) -> User | None:
        """See the library as oneself again; answers who was looked at, None if nobody was."""
        viewpoint = self._session.get(Viewpoint, by.session_id, with_for_update=True)
        if viewpoint is None:
            return None
        user = self._session.get_one(User, viewpoint.user_id)
        self._end(viewpoint, user, by.author)
        return user

    def end_over(self) -> int:
        """Remove the views that have ended by themselves; answers how many. The log says so of each."""
        over = self._session.execute(
            select(Viewpoint, User, Holder)
            .join(User, User.id == Viewpoint.user_id)
            .join(SignIn, SignIn.id == Viewpoint.session_id)
            .join(Holder, Holder.id == SignIn.user_id)
            .where(Viewpoint.ends_at <= self._now)
        ).all()
        for viewpoint, user, holder in over:
            self._end(viewpoint, user, NamedAuthor(holder.name, holder.email, holder.id))
        return len(over)

    def _end(self, viewpoint: Viewpoint, user: User, by: Author) -> None:
        ended = min(self._now, viewpoint.ends_at)
        detail = {"minutes": round((ended - viewpoint.since).total_seconds() / 60)}
        self._session.delete(viewpoint)
        self._audit.record("view-as.stop", identity=by, target=user.email, detail=detail)
