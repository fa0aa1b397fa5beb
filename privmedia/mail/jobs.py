"""The job "mail": one letter is written, handed over, and noted as sent.

Killed between handing over and noting, it sends the letter again: better twice than never. Both have one Message-ID
and the same link. Without a mail server letters go to the worker's log in development, and nowhere in production.
"""
from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.jobs.worker import Handler, Task
from privmedia.mail.letters import Letter, Writer
from privmedia.mail.models import Mail
from privmedia.mail.post_office import message, send

log = logging.getLogger(__name__)

KEPT_SENT = timedelta(days=30)
ATTEMPTS = 54
"""Two days: a mail server that is mended in the meantime still gets its letters. One whose link is over goes unsent."""


def mail_handler(writers: Mapping[str, Writer]) -> Handler:
    """The handler that sends the letters these writers write."""
    return Handler(lambda task: send_letter(task, writers), gave_up, attempts=ATTEMPTS, paused=False)


def send_letter(task: Task, writers: Mapping[str, Writer]) -> None:
    """Send the letter of one row, the job's target, unless it was sent."""
    installation = task.installation
    with reading(installation.sessions) as session:
        mail = session.get(Mail, task.target_id)
    if mail is None or mail.sent_at is not None:
        return
    with task.writing() as session:
        mail = session.get_one(Mail, task.target_id)
        letter = writers[mail.kind](session, installation, mail) if installation.settings.mail_works else None
        if letter is None:
            # Nothing is kept of it: what was typed as an address may be nobody's.
            session.delete(mail)
            return
    task.check()
    _hand_over(installation, mail, letter)
    with task.writing() as session:
        session.get_one(Mail, task.target_id).sent_at = installation.clock()


def gave_up(session: Session, mail_id: int, sentence: str) -> None:
    """The last try failed as well. The row stays, unsent, and says to whom nothing came."""
    mail = session.get(Mail, mail_id)
    if mail is not None:
        log.error("the letter %s to %s is not sent: %s", mail.kind, mail.recipient, sentence)


def forget_sent(installation: Installation) -> None:
    """Chore: the rows of letters written long ago go."""
    long_ago = installation.clock() - KEPT_SENT
    with writing(installation.sessions) as session:
        session.execute(delete(Mail).where(Mail.created_at < long_ago))


def _hand_over(installation: Installation, mail: Mail, letter: Letter) -> None:
    settings = installation.settings
    if settings.mail_url is None:
        log.info("A letter to %s: %s\n\n%s", mail.recipient, letter.subject, letter.text)
        return
    written = message(
        letter,
        settings=settings,
        recipient=mail.recipient,
        number=mail.id,
        language=mail.language,
        written=mail.created_at,
        now=installation.clock(),
    )
    send(written, settings.mail_url, name=settings.host)
