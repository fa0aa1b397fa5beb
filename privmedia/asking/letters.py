"""The letters about questions for access: to those who can answer, and to who asked."""
from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.accounts.first_start import organisation
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import as_identity
from privmedia.accounts.models import User
from privmedia.asking.answering import Answering, place_of
from privmedia.asking.models import AccessRequest
from privmedia.asking.offers import headline
from privmedia.asking.service import ANSWERED, ASKED, GIVEN, REFUSED
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.library.rules import Rules
from privmedia.mail.letters import Letter, Writer, letter
from privmedia.mail.models import Mail
from privmedia.text import Sentence, day_words
from privmedia.text import mark as _

QUOTED = _("“${text}”")


def asked(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """Somebody asks; nothing once there is an answer, or for who manages the place no more."""
    question = session.get(AccessRequest, mail.detail["question"])
    reader = session.scalar(select(User).where(User.email == mail.recipient, User.disabled_at.is_(None)))
    if question is None or reader is None or not Answering(session, installation).is_open(question):
        return None
    try:
        place = place_of(question)
    except NotFound:
        return None
    groups = frozenset(group.id for group in Groups(session, installation).groups_of(reader))
    if Permission.MANAGE not in Rules(session, installation).decision(as_identity(reader, groups), place).rights:
        return None
    words = [Sentence(QUOTED, {"text": question.message})] if question.message else []
    return letter(
        mail.language,
        headline(question.user.name, place),
        Sentence(_("Hello ${name},"), {"name": reader.name}),
        Sentence(_("${headline}."), {"headline": headline(question.user.name, place)}),
        *words,
        Sentence(_("Give access or refuse it here:")),
        f"{installation.settings.base_url}/requests/{question.uid}",
        Sentence(
            _("The question ends by itself on ${day}."), {"day": day_words(question.ends_at.date())}
        ),
    )


def answered(session: Session, installation: Installation, mail: Mail) -> Letter | None:
    """Yes, no, or that nobody answered. But for a yes it names nothing that the reader did not know."""
    question = session.get(AccessRequest, mail.detail["question"])
    if question is None or question.user.disabled_at is not None:
        return None
    if question.user.email != mail.recipient:  # numbers are given again once their rows are gone
        return None
    hello = Sentence(_("Hello ${name},"), {"name": question.user.name})
    address = f"{installation.settings.base_url}{question.address}"
    library = {"library": organisation(session) or installation.settings.host}
    if question.outcome == GIVEN:
        return letter(
            mail.language,
            Sentence(_("You have access now, at ${library}"), library),
            hello,
            Sentence(_("you asked for access to this address. You can open it now:")),
            address,
        )
    if question.outcome == REFUSED:
        return letter(
            mail.language,
            Sentence(_("Your question for access at ${library} was answered"), library),
            hello,
            Sentence(_("you asked for access to this address. It was not given:")),
            address,
            Sentence(QUOTED, {"text": question.reason}),
        )
    return letter(
        mail.language,
        Sentence(_("Your question for access at ${library} has ended"), library),
        hello,
        Sentence(_("you asked for access to this address 14 days ago. There was no answer, so it has ended:")),
        address,
        Sentence(_("The address may be mistyped. Ask whoever gave it to you.")),
    )


WRITERS: dict[str, Writer] = {ASKED: asked, ANSWERED: answered}
