"""Asking for an address: noted, told to those who can answer, and ended by itself after two weeks."""
from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.asking.addresses import askable, thing_of
from privmedia.asking.models import AccessRequest
from privmedia.audit.service import Audit
from privmedia.errors import Invalid, NotFound, Throttled
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.text import clean_block
from privmedia.text import mark as _

ASKED = "access-asked"
"""The kind of the job that tells those who can answer, and of the letters it sends them."""
ANSWERED = "access-answered"
"""The kind of the letter to who asked."""
LASTS = timedelta(days=14)
DAY = timedelta(days=1)
MOST_A_DAY = 20
LONGEST_MESSAGE = 500

OPEN = ""
GIVEN = "given"
REFUSED = "refused"
ENDED = "ended"
NEEDLESS = "needless"
"""Whoever asked could see it already."""
TAKEN_BACK = "taken back"


class Asking:
    """The questions somebody asks. No verb here tells whether there is anything at an address, by answer or by work."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._jobs = Jobs(session, installation)
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def ask(self, *, address: str, message: str, by: Identity) -> AccessRequest:
        """Ask for a folder or an item by its address. Asked again while the question is open, it is the same one.

        Raises Invalid for an address that is none of ours or a message that is too long, Throttled after too many.
        """
        if not address or askable(address) != address:
            raise Invalid(_("That is no address of a folder or an item."), "place")
        text = clean_block(message)
        if len(text) > LONGEST_MESSAGE:
            raise Invalid(_("Say it in 500 characters."), "message")
        # One question at a time, so that two presses are one question and none is past the limit.
        self._session.get_one(User, by.user_id, with_for_update=True, populate_existing=True)
        recent = self._session.scalars(
            select(AccessRequest)
            .where(AccessRequest.user_id == by.user_id, AccessRequest.created_at > self._now - LASTS)
            .order_by(AccessRequest.created_at)
        ).all()
        for question in recent:
            if question.address == address and question.outcome == OPEN and question.ends_at > self._now:
                return question
        today = [question.created_at for question in recent if question.created_at > self._now - DAY]
        if len(today) >= MOST_A_DAY:
            raise Throttled(int((today[-MOST_A_DAY] + DAY - self._now).total_seconds()) + 1)
        return self._note(address, text, by)

    def mine(self, uid: str, identity: Identity) -> AccessRequest:
        """A question the caller asked. Raises NotFound."""
        found = None
        if is_uid(uid):
            found = self._session.scalar(
                select(AccessRequest).where(AccessRequest.uid == uid, AccessRequest.user_id == identity.user_id)
            )
        if found is None:
            raise NotFound
        return found

    def take_back(self, uid: str, *, by: Identity) -> AccessRequest:
        """End a question one has asked; nothing happens to one that has an answer. Raises NotFound."""
        question = self.mine(uid, by)
        closed = self._session.scalars(
            update(AccessRequest)
            .where(AccessRequest.id == question.id, AccessRequest.outcome == OPEN)
            .values(outcome=TAKEN_BACK, answered_at=self._now)
            .returning(AccessRequest.id)
        ).all()
        if closed:
            self._audit.record("access.take-back", identity=by, target=target_of(question))
        return question

    def _note(self, address: str, message: str, by: Identity) -> AccessRequest:
        kind, uid = thing_of(address)
        model = Folder if kind == "folder" else Item
        found = self._session.scalar(select(model.id).where(model.uid == uid))
        if kind == "folder" and found == ROOT_ID:
            found = None
        question = AccessRequest(
            uid=new_uid(),
            user_id=by.user_id,
            address=address,
            folder_id=found if kind == "folder" else None,
            item_id=found if kind == "item" else None,
            message=message,
            created_at=self._now,
            ends_at=self._now + LASTS,
        )
        self._session.add(question)
        self._session.flush()
        # Who is told is found out by the worker: it takes longer where there is somebody to tell.
        self._jobs.enqueue(ASKED, question.id, priority=20)
        self._audit.record("access.ask", identity=by, target=target_of(question))
        return question


def target_of(question: AccessRequest) -> str:
    """What a question is about, for the audit log, whether it exists or not."""
    if not question.address:
        return ""
    return ":".join(thing_of(question.address))
