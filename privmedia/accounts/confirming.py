"""Saying again who one is: what gives away keys or rights asks for a proof that is not old (ASVS 7.5.3)."""
from __future__ import annotations

from datetime import timedelta

from privmedia.accounts import passkey_proof, second_factor
from privmedia.accounts.elsewhere import Elsewhere
from privmedia.accounts.factors import Factors, factors_of
from privmedia.accounts.identity import Identity
from privmedia.accounts.passkey_proof import Brought, PasskeyRefused, Seen, look_at, warn_of_copy
from privmedia.accounts.second_factor import WrongCode
from privmedia.accounts.sign_ins import SignedIn, SignIns, admit, confirm
from privmedia.accounts.throttle import Throttling
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


def factors(installation: Installation, identity: Identity) -> Factors:
    """What the person has besides the password."""
    with reading(installation.sessions) as session:
        return factors_of(session, identity.user_id)


def needs_code(installation: Installation, identity: Identity) -> bool:
    """Whether the password alone is not enough."""
    return bool(factors(installation, identity)) and not is_confirmed(installation, identity, CODE_AGAIN)


def prove(
    installation: Installation, *, identity: Identity, password: str, code: str, brought: Brought | None = None,
    elsewhere: Elsewhere | None = None,
) -> SignedIn:
    """Have somebody prove again who they are: by their password, and a code if they have a second factor, or a passkey.

    A passkey that made sure that it is the person is enough; another does in place of the code. The session gets a new
    token. In transactions of its own: call it while none of the request writes. Raises Throttled, WrongPassword,
    WrongCode, PasskeyRefused, and Invalid for a field that is empty.
    """
    session_id = identity.session_id
    if session_id is None:
        raise Invalid(_("This can only be done in a browser."))
    seen = None if brought is None else _passkey(installation, identity, brought)
    if seen is None or not seen.signed.verified:
        with_code = seen is None and needs_code(installation, identity)
        if not password:
            raise Invalid(_("Your password is needed."), "password")
        if with_code and not code.strip():
            raise Invalid(_("A code is needed."), "code")
        confirm(installation, identity=identity, password=password, elsewhere=elsewhere)
    else:
        with_code = False
    proof = second_factor.prepare(installation, user_id=identity.user_id, typed=code) if with_code else None
    try:
        with writing(installation.sessions) as session:
            if proof is not None:
                second_factor.take(session, installation, proof)
            if seen is not None:
                passkey_proof.take(session, installation, seen)
                Throttling(session, installation).succeeded(account=identity.email, address=identity.address)
            detail = {} if seen is None else {"by": second_factor.BY_PASSKEY}
            Audit(session, installation).record("confirm", identity=identity, target=identity.email, detail=detail)
            return SignIns(session, installation).renew(session_id=session_id)
    except WrongCode as wrong:
        second_factor.warn(installation, wrong.tries_left, user_id=identity.user_id)
        raise
    except PasskeyRefused as refused:
        if seen is not None:
            warn_of_copy(installation, refused, seen)
        raise


def _passkey(installation: Installation, identity: Identity, brought: Brought) -> Seen:
    def count(_email: str) -> int:
        return admit(installation, account=identity.email, address=identity.address)

    return look_at(installation, brought, count=count, only=identity.user_id)
