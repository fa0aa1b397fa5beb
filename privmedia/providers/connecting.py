"""Somebody who is signed in here has signed in elsewhere as well: from now on that opens their account too."""
from __future__ import annotations

from pyramid.request import Request

from privmedia.accounts.elsewhere import TurnedAway, first_or_again
from privmedia.accounts.identity import Identity
from privmedia.errors import Conflict
from privmedia.provider_settings import Source
from privmedia.providers.people import SOMEBODY_ELSE, Vouched
from privmedia.providers.ties import Ties
from privmedia.text import Sentence
from privmedia.text import mark as _
from privmedia.web.pages import flash

CONNECTED = _("From now on you can sign in with ${provider} as well.")


def connect(request: Request, source: Source, person: Vouched, user_id: int) -> None:
    """Tie the account of who asked for it. Raises TurnedAway if somebody else is here by now, or it is another's."""
    identity: Identity | None = request.identity
    if identity is None or identity.user_id != user_id or identity.looks_only:
        raise TurnedAway(SOMEBODY_ELSE, "somebody else is signed in here", person.who)
    try:
        first_or_again(
            request.installation.sessions,
            lambda session: Ties(session, request.installation).connect(
                source, person, user_id=user_id, by=identity.author
            ),
        )
    except Conflict as error:
        raise TurnedAway(error.sentence, "that account belongs to somebody else here", identity.email) from None
    flash(request, Sentence(CONNECTED, {"provider": source.text}))
