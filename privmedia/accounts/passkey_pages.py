"""What pages with passkeys share: whether they can work here, where a challenge counts, and what a form brought."""
from __future__ import annotations

import hashlib
from typing import Any

from pyramid.csrf import get_csrf_token
from pyramid.request import Request

from privmedia.accounts.browsers import browser_in_words
from privmedia.accounts.ceremonies import options_to_sign
from privmedia.accounts.challenges import Challenge, For, new_challenge
from privmedia.accounts.models import Passkey
from privmedia.accounts.passkey_makers import maker
from privmedia.accounts.passkey_proof import Brought
from privmedia.accounts.relying_party import NoPasskeys, relying_party
from privmedia.accounts.second_step_cookies import second_step_token
from privmedia.text import Sentence
from privmedia.text import mark as _

ELSEWHERE = _("Passkeys of this library work at ${address} only.")


def why_not(request: Request) -> str | Sentence | None:
    """Why passkeys cannot work on this page; None if they can."""
    try:
        party = relying_party(request.installation.settings)
    except NoPasskeys as none:
        return none.sentence
    return None if request.host_url == party.origin else Sentence(ELSEWHERE, {"address": party.origin})


def place(request: Request, purpose: For) -> str:
    """Where a challenge counts: in one session, or before there is one, in one browser."""
    if purpose in (For.ADD, For.CONFIRM):
        return f"session {request.identity.session_id}"
    browser = str(get_csrf_token(request))
    if purpose is For.SECOND:
        browser += hashlib.sha256((second_step_token(request) or "").encode("utf-8", "surrogatepass")).hexdigest()
    return browser


def brought(request: Request, purpose: For, answer: str = "passkey", ticket: str = "ticket") -> Brought:
    """What a form brought in these fields."""
    return Brought(request.POST.get(answer, ""), request.POST.get(ticket, ""), purpose, place(request, purpose))


def to_sign(request: Request, purpose: For, *, of: list[Passkey], verified: bool) -> dict[str, Any]:
    """What the browser's script needs to have a passkey sign. Raises NoPasskeys."""
    party = relying_party(request.installation.settings)
    challenge = new_challenge(request.installation, purpose, place(request, purpose))
    return asked(request, challenge, options_to_sign(party, challenge, of=of, verified=verified))


def asked(request: Request, challenge: Challenge, options: dict[str, Any]) -> dict[str, Any]:
    """The same for any options."""
    request.response.headers["Cache-Control"] = "no-store"
    return {"options": options, "ticket": challenge.ticket}


def in_rows(passkeys: list[Passkey]) -> list[dict[str, Any]]:
    """Passkeys as pages list them."""
    return [
        {
            "uid": each.uid,
            "name": each.name,
            "kind": maker(each.aaguid),
            "alone": each.verifies,
            "created_at": each.created_at,
            "last_used_at": each.last_used_at,
        }
        for each in passkeys
    ]


def suggested_name(request: Request) -> str:
    """What a new passkey may be called: after the browser it is made in."""
    return str(browser_in_words(request.user_agent or ""))
