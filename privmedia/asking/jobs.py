"""What the worker does with questions: it tells those who can answer, and ends what nobody answered."""
from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.asking.answering import Answering, present
from privmedia.asking.models import AccessRequest
from privmedia.asking.service import ANSWERED, ASKED, ENDED, NEEDLESS, OPEN, target_of
from privmedia.audit.service import Audit
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.jobs.worker import Handler, Task
from privmedia.mail.service import Mails

log = logging.getLogger(__name__)

KEPT = timedelta(days=90)
"""How long a question stays after its end, for the page of who asked."""


def tell(task: Task) -> None:
    """Write to those who can answer a question, the job's target. Nobody hears of an address that leads nowhere."""
    with task.writing() as session:
        question = session.get(AccessRequest, task.target_id)
        answering = Answering(session, task.installation)
        place = None if question is None else present(question)
        if question is None or place is None or not answering.is_open(question):
            return
        if answering.sees(question):
            question.outcome, question.answered_at = NEEDLESS, task.installation.clock()
            return
        mails = Mails(session, task.installation)
        for manager in answering.managers(place):
            if manager.id != question.user_id:
                mails.post(ASKED, manager.email, detail={"question": question.id}, language=manager.language)


def gave_up(session: Session, question_id: int, sentence: str) -> None:
    """Nobody was told. The question still stands on the pages of those who can answer."""
    log.error("nobody was written to about question %s: %s", question_id, sentence)


def end_questions(installation: Installation) -> None:
    """Chore: questions that nobody answered in time end, and who asked is told once. Those of long ago go."""
    now = installation.clock()
    with writing(installation.sessions) as session:
        over = session.scalars(
            select(AccessRequest)
            .where(AccessRequest.outcome == OPEN, AccessRequest.ends_at <= now)
            .with_for_update(skip_locked=True)
        ).all()
        for question in over:
            question.outcome, question.answered_at = ENDED, now
            Audit(session, installation).record("access.ask-end", target=target_of(question))
            if question.user.disabled_at is None:
                user = question.user
                Mails(session, installation).post(
                    ANSWERED, user.email, detail={"question": question.id}, language=user.language
                )
        session.execute(delete(AccessRequest).where(AccessRequest.outcome != OPEN, AccessRequest.ends_at < now - KEPT))


HANDLERS = {ASKED: Handler(tell, gave_up)}
