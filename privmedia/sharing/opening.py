"""Opening a link: the password where it has one, throttled, then the visit. Each step in a short transaction."""
from __future__ import annotations

from privmedia.accounts.passwords import place, verify
from privmedia.accounts.sign_ins import WrongPassword
from privmedia.accounts.throttle import Throttling
from privmedia.db import reading, writing
from privmedia.installation import Installation
from privmedia.sharing.standing import Standing
from privmedia.sharing.visits import Opened, Visits


def open_link(
    installation: Installation, standing: Standing, *, browser: str | None, typed: str, address: str, request_id: str
) -> Opened | None:
    """Open a link in a browser, which may have a token of other links; None if it has ended meanwhile.

    Raises Throttled before the password is looked at, and WrongPassword. Call it while no transaction is open.
    """
    uid = standing.link.uid
    if standing.link.password_hash is not None:
        with place():
            tries_left = _admit(installation, uid, address)
            if not verify(typed, standing.link.password_hash, rounds=installation.settings.bcrypt_rounds):
                raise WrongPassword(tries_left)
    with writing(installation.sessions) as session:
        if standing.link.password_hash is not None:
            Throttling(session, installation).succeeded(account=_account(uid), address=address)
        visits = Visits(session, installation)
        now = visits.by_uid(uid)
        if now is None or not now.works:
            return None
        return visits.open(now, browser, address=address, request_id=request_id)


def _admit(installation: Installation, uid: str, address: str) -> int:
    """Count a try; answers how many are left. Raises Throttled."""
    account = _account(uid)
    # Read first: whoever is already refused costs no write.
    with reading(installation.sessions) as session:
        Throttling(session, installation).require_open(account=account, address=address, known_here=False)
    with writing(installation.sessions) as session:
        return Throttling(session, installation).admit(account=account, address=address, known_here=False)


def _account(uid: str) -> str:
    """What stands for a link where tries are counted by account: no address of mail looks like it."""
    return f"link {uid}"
