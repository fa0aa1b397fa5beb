"""Putting a letter into the post: a row and a job, in the transaction of the thing it speaks of."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.mail.models import Mail

SEND = "mail"
"""The kind of the job."""
PRIORITY = 10


class Mails:
    """Letters. What was rolled back is never sent."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._jobs = Jobs(session, installation)
        self._now = installation.clock()
        self._language = installation.settings.language

    def post(
        self, kind: str, recipient: str, *, detail: Mapping[str, Any] | None = None, language: str = ""
    ) -> Mail:
        """Have a letter written and sent soon, by the writer of `kind`, from `detail`: ids and names, never a token.

        It is in the language of the recipient; where they chose none, in that of the settings.
        """
        mail = Mail(
            kind=kind,
            recipient=recipient,
            language=language or self._language,
            detail=dict(detail or {}),
            created_at=self._now,
        )
        self._session.add(mail)
        self._session.flush()
        self._jobs.enqueue(SEND, mail.id, priority=PRIORITY)
        return mail

    def post_all(self, kind: str, letters: Iterable[tuple[str, Mapping[str, Any], str]]) -> None:
        """The same for many letters of a kind, each with recipient, detail and language, in few statements."""
        mails = [
            Mail(
                kind=kind,
                recipient=recipient,
                language=language or self._language,
                detail=dict(detail),
                created_at=self._now,
            )
            for recipient, detail, language in letters
        ]
        self._session.add_all(mails)
        self._session.flush()
        self._jobs.enqueue_all(SEND, [mail.id for mail in mails], priority=PRIORITY)
