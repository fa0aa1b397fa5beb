"""Saying the password again: what gives away keys or rights asks for a proof that is not old (ASVS 7.5.3)."""
from __future__ import annotations

from datetime import timedelta

from privmedia.accounts.identity import Identity
from privmedia.accounts.second_factor import WrongCode, prepare, take, warn
from privmedia.accounts.sign_ins import SignedIn, SignIns, confirm
from privmedia.accounts.two_factor import TwoFactors
from privmedia.audit.service import Audit
from privmedia.db import reading, writing
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.text import mark as _

RECENTLY = timedelta(hours=2)
"""Long enough for a piece of work, short enough for a browser that was left alone."""
JUST_NOW = timedelta(minutes=10)
WITH_IT = timedelta(0)
"""The proof has to come with the thing itself."""
CODE_AGAIN = timedelta(minutes=1)
"""No code is taken twice, and the next is there in half a minute: who has just given one is not asked for another."""


def is_confirmed(installation: Installation, identity: Identity, within: timedelta) -> bool:
    """Whether the person proved in this session, not longer ago than this, who they are."""
    if identity.session_id is None:
        return False
    with reading(installation.sessions) as session:
        at = SignIns(session, installation).confirmed_at(identity.session_id)
    return at is not None and installation.clock() - at < within


def needs_code(installation: Installation, identity: Identity) -> bool:
    """Whether the password alone is not enough."""
    with reading(installation.sessions) as session:
        has_app = TwoFactors(session, installation).of(identity.user_id) is not None
    return has_app and not is_confirmed(installation, identity, CODE_AGAIN)


def prove(installation: Installation, *, identity: Identity, password: str, code: str) -> SignedIn:
    """Have somebody say their password again, and a code if they have an app. Their session gets a new token.

    In transactions of its own: call it while none of the request writes. Raises Throttled, WrongPassword, WrongCode,
    and Invalid for a field that is empty.
    """
    session_id = identity.session_id
    if session_id is None:
        raise Invalid(_("This can only be done in a browser."))
    with_code = needs_code(installation, identity)
    if not password:
        raise Invalid(_("Your password is needed."), "password")
    if with_code and not code.strip():
        raise Invalid(_("A code is needed."), "code")
    confirm(installation, identity=identity, password=password)
    proof = prepare(installation, user_id=identity.user_id, typed=code) if with_code else None
    try:
        with writing(installation.sessions) as session:
            if proof is not None:
                take(session, installation, proof)
            Audit(session, installation).record("confirm", identity=identity, target=identity.email)
            return SignIns(session, installation).renew(session_id=session_id)
    except WrongCode as wrong:
        warn(installation, wrong, user_id=identity.user_id)
        raise
