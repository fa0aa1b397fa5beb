"""Visits: opening a link, by a click and where it has one by its password, and finding again what was opened.

Nothing is written until somebody clicks, so that programs which look at addresses count as nobody.
"""
from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from privmedia.accounts.identity import TOKEN, token_hash
from privmedia.audit.service import Audit
from privmedia.db import writing
from privmedia.ids import is_uid, new_token
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.standing import Standing, not_used_up, standings
from privmedia.sharing.visitors import Visitor

log = logging.getLogger(__name__)

LASTS = timedelta(hours=12)
"""How long a browser goes on after the click, if the link does."""
SENDING_LASTS = timedelta(days=7)
"""The same where it sends files: as long as an upload is kept that broke off."""
NOTED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class Opened:
    """A link that was opened in a browser: the token of its cookie, and how many seconds it is good for."""

    token: str
    max_age: int


class Visits:
    """Links as their visitors meet them."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def by_address(self, token: str) -> Standing | None:
        """The link of an address, whatever has become of it; None for what is none."""
        if TOKEN.fullmatch(token) is None:
            return None
        return self._standing(Link.token_hash == token_hash(token))

    def by_uid(self, uid: str) -> Standing | None:
        """The link of a public id, whatever has become of it."""
        return self._standing(Link.uid == uid) if is_uid(uid) else None

    def current(self, standing: Standing, token: str | None) -> Visitor | None:
        """Whoever opened the link in the browser with this token, while both go on; None if nobody did."""
        if token is None or not standing.rights:
            return None
        visit_id = self._session.scalar(
            select(Visit.id).where(
                Visit.token_hash == token_hash(token), Visit.link_id == standing.link.id, Visit.expires_at > self._now
            )
        )
        return None if visit_id is None else visitor_of(standing, visit_id)

    def open(self, standing: Standing, token: str | None, *, address: str, request_id: str) -> Opened | None:
        """Open a link in a browser, which may have a token of other links; None if it has been opened often enough.

        Counts a viewing, and writes one line into the log.
        """
        link = standing.link
        counted = self._session.scalar(
            update(Link)
            .where(Link.id == link.id, not_used_up())
            .values(viewings=Link.viewings + 1, last_used_at=self._now)
            .returning(Link.id),
            execution_options={"synchronize_session": False},
        )
        if counted is None:
            return None
        token = token or new_token()
        until = min(self._now + (SENDING_LASTS if standing.is_request else LASTS), link.expires_at)
        kept = token_hash(token)
        visit = self._session.scalar(select(Visit).where(Visit.token_hash == kept, Visit.link_id == link.id))
        if visit is None:
            visit = Visit(token_hash=kept, link_id=link.id)
            self._session.add(visit)
        visit.since, visit.expires_at = self._now, until
        self._session.flush()
        visitor = visitor_of(standing, visit.id, address=address, request_id=request_id)
        self._audit.record("link.open", identity=visitor.author, target=target_of(standing))
        # One cookie for all links: the rows say how long each goes on.
        return Opened(token, int(SENDING_LASTS.total_seconds()))

    def _standing(self, which: ColumnElement[bool]) -> Standing | None:
        row = self._session.execute(standings(self._now).where(which)).first()
        return None if row is None else Standing.of(row, self._now)


def target_of(standing: Standing) -> str:
    """What a link leads to, as lines of the log name it."""
    kind = "item" if isinstance(standing.place, Item) else "folder"
    return f"{kind}:{standing.place.uid}"


def visitor_of(standing: Standing, visit_id: int, *, address: str = "", request_id: str = "") -> Visitor:
    link = standing.link
    return Visitor(
        visit_id=visit_id,
        link_id=link.id,
        link_uid=link.uid,
        link_name=link.name,
        maker_name=standing.maker.name,
        last_used_at=link.last_used_at,
        address=address,
        request_id=request_id,
    )


def note_use(installation: Installation, visitor: Visitor) -> None:
    """Note that a link is being used, at most every ten minutes, in a short transaction of its own."""
    now = installation.clock()
    if visitor.last_used_at is not None and now - visitor.last_used_at < NOTED_EVERY:
        return
    try:
        with writing(installation.sessions) as session:
            session.execute(update(Link).where(Link.id == visitor.link_id).values(last_used_at=now))
    except OperationalError:
        log.warning("could not note that link %s is used", visitor.link_uid, exc_info=True)


def forget_visits(installation: Installation) -> None:
    """Chore: visits that are over go."""
    with writing(installation.sessions) as session:
        session.execute(delete(Visit).where(Visit.expires_at <= installation.clock()))
