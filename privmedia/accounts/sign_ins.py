"""Signing in and out, and the sessions in between."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from privmedia.accounts.addresses import normal_email
from privmedia.accounts.duty import factor_due
from privmedia.accounts.elsewhere import Elsewhere, first_or_again
from privmedia.accounts.factors import factors_of
from privmedia.accounts.identity import Identity, is_live, token_hash
from privmedia.accounts.models import SignIn, User
from privmedia.accounts.passwords import hash_password, needs_rehash, place, verify
from privmedia.accounts.second_factor import WrongCode, prepare, take, warn
from privmedia.accounts.second_step import HalfSignedIn, SecondSteps, device_mark, is_known
from privmedia.accounts.throttle import Throttling
from privmedia.audit.service import Audit, Author, NamedAuthor
from privmedia.db import reading, writing
from privmedia.errors import NotAllowed, NotFound
from privmedia.ids import is_uid, new_token, new_uid
from privmedia.installation import Installation
from privmedia.text import mark as _

KEPT_FOR = timedelta(days=30)
LONGEST_UNKEPT = timedelta(days=7)
REMEMBERED_FOR = timedelta(days=90)


class WrongPassword(NotAllowed):
    """Email and password do not match, whatever the reason. `tries_left` before a wait.

    `why` and `who` are for the audit log alone: who tries learns nothing of it.
    """

    sentence = _("That email and password do not match.")

    def __init__(self, tries_left: int, why: str = "wrong password", who: str = "") -> None:
        self.tries_left = tries_left
        self.why = why
        self.who = who
        super().__init__()


@dataclass(frozen=True)
class SignedIn:
    """What the browser gets: the token for its cookie, and the seconds to keep it (None: until it is closed)."""

    user_id: int
    token: str
    max_age: int | None
    known_by: str = ""
    """What the browser keeps so as not to be asked for a code again; empty for nothing new."""
    factor_due: datetime | None = None
    """From when on the person can do nothing but set up a second factor; None for never."""


def sign_in(
    installation: Installation,
    *,
    email: str,
    password: str,
    keep: bool = False,
    address: str = "",
    browser: str = "",
    replaces: str | None = None,
    known_by: str = "",
    elsewhere: Elsewhere | None = None,
) -> SignedIn | HalfSignedIn:
    """Sign somebody in, in transactions of its own: the try is counted, the password looked at, the session begun.

    Who has a second factor is half signed in, unless the browser is known by a mark; `second_step` does the rest.
    `elsewhere` is asked for whoever has not this password here: a password of this library always works.
    Raises Unavailable and Throttled before any password is looked at, and WrongPassword alike for an unknown, a
    disabled and a wrongly guessed account, after the same work. Raises NoAnswer and TurnedAway of `elsewhere`.
    """
    account, rounds = normal_email(email), installation.settings.bcrypt_rounds
    wrong = again = None
    with place():
        tries_left = admit(installation, account=account, address=address)
        with reading(installation.sessions) as session:
            user = session.scalar(select(User).where(User.email == account))
        matches = verify(password, user.password_hash if user else None, rounds=rounds)
        if user is None or not matches or user.disabled_at is not None or user.password_hash is None:
            wrong = WrongPassword(tries_left, _why(user, matches))
        elif needs_rehash(user.password_hash, rounds=rounds):
            again = hash_password(password, rounds=rounds)

    def begun(session: Session, person: User, through: str = "") -> SignedIn | HalfSignedIn:
        Throttling(session, installation).succeeded(account=account, address=address)
        factors = factors_of(session, person.id)
        if factors and not is_known(installation, person, factors, known_by):
            return SecondSteps(session, installation).begin(person)
        sign_ins = SignIns(session, installation)
        sign_ins.end_token(replaces)
        return sign_ins.begin(user=person, keep=keep, address=address, browser=browser, through=through)

    if wrong is not None or user is None:
        # Not while a place is held: the directory may take its time.
        if wrong is None or elsewhere is None:
            raise wrong or WrongPassword(tries_left)
        return _by_password_elsewhere(installation, elsewhere, wrong, (email, password, address), begun)
    with writing(installation.sessions) as session:
        now_user = session.get(User, user.id, with_for_update=True)
        if now_user is None or now_user.disabled_at is not None or now_user.password_hash != user.password_hash:
            raise WrongPassword(tries_left)
        if again is not None:
            now_user.password_hash = again
        return begun(session, now_user)


def _by_password_elsewhere(
    installation: Installation,
    elsewhere: Elsewhere,
    wrong: WrongPassword,
    typed: tuple[str, str, str],
    begun: Callable[[Session, User, str], SignedIn | HalfSignedIn],
) -> SignedIn | HalfSignedIn:
    """Sign in who has this password in the company's directory. Raises `wrong` for who has not."""
    login, password, address = typed
    counted: list[str] = []

    def count(account: str) -> None:
        # By the account itself: one name is spelled in many ways. As it was typed it is counted already.
        if account != normal_email(login):
            admit(installation, account=account, address=address)
            counted.append(account)

    answer = elsewhere.ask(login, password, count)
    found = answer.found
    if found is None:
        raise WrongPassword(wrong.tries_left, wrong.why, answer.who)

    def enter(session: Session) -> SignedIn | HalfSignedIn:
        for account in counted:
            Throttling(session, installation).succeeded(account=account, address=address)
        return begun(session, found.user(session, address), elsewhere.text)

    return first_or_again(installation.sessions, enter)


def second_step(
    installation: Installation,
    *,
    token: str,
    typed: str,
    keep: bool = False,
    remember: bool = False,
    address: str = "",
    browser: str = "",
    replaces: str | None = None,
) -> SignedIn:
    """Sign in who is half signed in, by a code of the app or a recovery code; `remember` makes the browser known.

    Raises NotFound when it is too late, Throttled before the code is looked at, and WrongCode.
    """
    with reading(installation.sessions) as session:
        user = SecondSteps(session, installation).person(token)
    if user is None:
        raise NotFound
    proof = prepare(installation, user_id=user.id, typed=typed)
    try:
        with writing(installation.sessions) as session:
            now_user = session.get(User, user.id, with_for_update=True)
            if now_user is None or not SecondSteps(session, installation).end(token):
                raise NotFound
            through = take(session, installation, proof)
            sign_ins = SignIns(session, installation)
            sign_ins.end_token(replaces)
            signed_in = sign_ins.begin(user=now_user, keep=keep, address=address, browser=browser, through=through)
            factors = factors_of(session, user.id)
            if remember and factors:
                return replace(signed_in, known_by=device_mark(installation, now_user, factors))
            return signed_in
    except WrongCode as wrong:
        warn(installation, wrong.tries_left, user_id=user.id)
        raise


def confirm(
    installation: Installation, *, identity: Identity, password: str, elsewhere: Elsewhere | None = None
) -> None:
    """Have a signed-in person say their password again, throttled like signing in.

    Raises as `sign_in` does. Call it while no transaction of the request writes.
    """
    with place():
        tries_left = admit(installation, account=identity.email, address=identity.address)
        with reading(installation.sessions) as session:
            user = session.get_one(User, identity.user_id)
        right = verify(password, user.password_hash, rounds=installation.settings.bcrypt_rounds)
    if not right and (elsewhere is None or not elsewhere.proves(user.id, password)):
        raise WrongPassword(tries_left)
    with writing(installation.sessions) as session:
        Throttling(session, installation).succeeded(account=identity.email, address=identity.address)


def _why(user: User | None, matches: bool) -> str:
    if user is None:
        return "no such account"
    if user.password_hash is None:
        return "no password yet"
    return "disabled account" if user.disabled_at is not None and matches else "wrong password"


def admit(installation: Installation, *, account: str, address: str) -> int:
    """Count a try to sign in, in transactions of its own; returns how many are left. Raises Throttled."""
    # Read first: whoever is already refused costs no write.
    with reading(installation.sessions) as session:
        SignIns(session, installation).require_open(account=account, address=address)
    with writing(installation.sessions) as session:
        return SignIns(session, installation).admit(account=account, address=address)


class SignIns:
    """Sign-in sessions. An ended one stays for a while: it tells where somebody is used to sign in."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def require_open(self, *, account: str, address: str) -> None:
        """Raise Throttled if no try is admitted now."""
        known_here = self._is_known(account, address)
        throttling = Throttling(self._session, self._installation)
        throttling.require_open(account=account, address=address, known_here=known_here)

    def admit(self, *, account: str, address: str) -> int:
        """Count a try to sign in. Returns how many are left; raises Throttled."""
        known_here = self._is_known(account, address)
        throttling = Throttling(self._session, self._installation)
        return throttling.admit(account=account, address=address, known_here=known_here)

    def _is_known(self, account: str, address: str) -> bool:
        """Whether somebody has signed in to this account from this address not long ago."""
        used_here = (
            select(SignIn.id)
            .join(User)
            .where(User.email == account, SignIn.address == address, SignIn.created_at > self._now - REMEMBERED_FOR)
            .limit(1)
        )
        return self._session.scalar(used_here) is not None

    def begin(
        self, *, user: User, keep: bool, address: str = "", browser: str = "", through: str = ""
    ) -> SignedIn:
        """Begin a session: kept for 30 days, or until nothing was asked for the hours of the settings."""
        idle = timedelta(hours=self._installation.settings.session_idle_hours)
        lasts = KEPT_FOR if keep else LONGEST_UNKEPT
        token = new_token()
        self._session.execute(delete(SignIn).where(SignIn.expires_at < self._now - REMEMBERED_FOR))
        self._session.add(
            SignIn(
                uid=new_uid(),
                token_hash=token_hash(token),
                user_id=user.id,
                created_at=self._now,
                last_used_at=self._now,
                idle_until=self._now + (lasts if keep else min(idle, lasts)),
                expires_at=self._now + lasts,
                confirmed_at=self._now,
                address=address[:64],
                browser=browser[:300],
            )
        )
        user.last_seen_at = self._now
        author = NamedAuthor(user.name, user.email, user.id, address, through)
        self._audit.record("sign-in", identity=author, target=user.email)
        due = self._session.scalar(select(factor_due(User)).where(User.id == user.id))
        return SignedIn(user.id, token, int(lasts.total_seconds()) if keep else None, factor_due=due)

    def live(self, *, user_id: int) -> Sequence[SignIn]:
        """Where somebody is signed in, the last used first."""
        return self._session.scalars(
            select(SignIn)
            .join(User)
            .where(SignIn.user_id == user_id, is_live(self._now))
            .order_by(SignIn.last_used_at.desc(), SignIn.id.desc())
        ).all()

    def confirmed_at(self, session_id: int) -> datetime | None:
        """When the person last proved in this session who they are."""
        return self._session.scalar(select(SignIn.confirmed_at).where(SignIn.id == session_id))

    def renew(self, *, session_id: int) -> SignedIn:
        """Give a session a new token; the old one is dead. For the moment after its person proved who they are."""
        kept = self._session.get_one(SignIn, session_id)
        token = new_token()
        kept.token_hash = token_hash(token)
        kept.confirmed_at = self._now
        for_long = kept.idle_until >= kept.expires_at
        rest = int((kept.expires_at - self._now).total_seconds())
        return SignedIn(kept.user_id, token, rest if for_long else None)

    def end(self, *, uid: str, user_id: int, by: Author) -> None:
        """End one session of a person. Raises NotFound for one that is not theirs or has ended."""
        found = None
        if is_uid(uid):
            found = self._session.scalar(
                select(SignIn).join(User).where(SignIn.uid == uid, SignIn.user_id == user_id, is_live(self._now))
            )
        if found is None:
            raise NotFound
        self._end(SignIn.id == found.id)
        self._audit.record("session.end", identity=by, target=found.user.email)

    def end_all(self, *, user_id: int, but: int | None = None, by: Author | None = None) -> int:
        """End every session of a person, but one; returns how many. Recorded only if `by` says who did it."""
        ended = self._end(SignIn.user_id == user_id, *([] if but is None else [SignIn.id != but]))
        if by is not None:
            user = self._session.get_one(User, user_id)
            self._audit.record("session.end-all", identity=by, target=user.email, detail={"ended": ended})
        return ended

    def sign_out(self, *, session_id: int, by: Author) -> None:
        """End the session somebody is using."""
        self._end(SignIn.id == session_id)
        self._audit.record("sign-out", identity=by, target=by.email)

    def end_token(self, token: str | None) -> None:
        """End the session a browser held until now, if any."""
        if token is not None:
            self._end(SignIn.token_hash == token_hash(token))

    def ran_out(self, token: str | None) -> bool:
        """Whether this token's session ended because nothing was asked for too long."""
        if token is None:
            return False
        ended = self._session.scalar(select(SignIn).where(SignIn.token_hash == token_hash(token)))
        return ended is not None and ended.idle_until <= self._now < ended.expires_at

    def _end(self, *which: ColumnElement[bool]) -> int:
        # Not "now": on another machine, or after the clock was set back, that may still be to come.
        ended = self._session.scalars(
            update(SignIn)
            .where(*which, SignIn.expires_at > SignIn.created_at)
            .values(idle_until=SignIn.created_at, expires_at=SignIn.created_at)
            .returning(SignIn.id)
        )
        return len(ended.all())
