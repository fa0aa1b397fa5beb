"""Who makes a request: found by the token of a sign-in session, in one statement."""
from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, aliased

from privmedia.accounts.duty import factor_due
from privmedia.accounts.models import ApiToken, Membership, SignIn, User, Viewpoint
from privmedia.audit.service import NamedAuthor
from privmedia.db import writing
from privmedia.installation import Installation
from privmedia.scopes import Scope

log = logging.getLogger(__name__)
Columns = TypeVarTuple("Columns")

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
TOUCHED_EVERY = timedelta(minutes=10)
COLOURS = 10


@dataclass(frozen=True)
class Face:
    """Somebody as an avatar with a name beside it."""

    user_id: int
    name: str
    email: str

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def colour(self) -> int:
        """One of the ten colours of avatars."""
        return self.user_id % COLOURS


class Identity(NamedTuple):
    """A signed-in person, as far as decisions need to know them. `address` is where this request comes from.

    `seen_by` is the administrator who sees the library as this person, and who in truth signed in; such a caller only
    looks. `scopes` limit a caller that came with an API token, named `token_name`, and has no session.
    """

    user_id: int
    session_id: int | None
    name: str
    email: str
    is_admin: bool
    is_guest: bool
    group_ids: frozenset[int]
    csrf_secret: str
    last_used_at: datetime
    address: str = ""
    request_id: str = ""
    seen_by: NamedAuthor | None = None
    language: str = ""
    theme: str = ""
    shortcuts: bool = True
    factor_due: datetime | None = None
    """From when on whoever signed in can do nothing here but set up a second factor; None for never."""
    held: bool = False
    """Whether that is now."""
    scopes: frozenset[Scope] | None = None
    token_id: int | None = None
    token_name: str = ""

    @property
    def looks_only(self) -> bool:
        """Whether this is somebody else's view, in which nothing can be changed."""
        return self.seen_by is not None

    @property
    def through(self) -> str:
        """What stands between the person and what is done, for the audit log."""
        if self.seen_by is not None:
            return f"seeing as {self.name} <{self.email}>"
        return f"token {self.token_name}" if self.scopes is not None else ""

    @property
    def author(self) -> NamedAuthor:
        """Who does what this caller does, for the audit log: the one who in truth signed in."""
        person = self.seen_by or self
        return NamedAuthor(
            name=person.name,
            email=person.email,
            user_id=person.user_id,
            address=self.address,
            through=self.through,
            request_id=self.request_id,
        )

    @property
    def holder(self) -> Face:
        """Who in truth signed in in this browser, for its menu."""
        person = self.author
        return Face(person.user_id or self.user_id, person.name, person.email)

    @property
    def principal(self) -> str:
        """The one principal that means this person and nobody else."""
        return f"user:{self.user_id}"

    @property
    def known_as(self) -> tuple[object, ...]:
        """By which one process tells viewings apart: the session or token, and as whom."""
        return (self.session_id, self.token_id, self.user_id)

    @property
    def viewing_name(self) -> str:
        """The same in the table of viewings: an administrator who sees as somebody else views apart."""
        if self.session_id is not None:
            return f"session {self.session_id} as {self.user_id}"
        return f"token {self.token_id} as {self.user_id}"

    @property
    def principals(self) -> frozenset[str]:
        """Whom rules may speak of to mean this person. A guest is not among everyone."""
        groups = {f"group:{group_id}" for group_id in self.group_ids}
        everyone = () if self.is_guest else ("everyone",)
        return frozenset({self.principal, *groups, *everyone})

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def colour(self) -> int:
        """One of the ten colours of avatars."""
        return self.user_id % COLOURS


def initials(name: str) -> str:
    """Two letters for an avatar: `MA` for Maren Aasen, `MI` for Milo."""
    words = [word for word in re.split(r"[\W_]+", name) if word]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else "".join(words)[:2]
    return letters.upper()


def token_hash(token: str) -> str:
    """What is kept of a token. It has 256 random bits: a plain digest is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_live(now: ColumnElement[datetime] | datetime) -> ColumnElement[bool]:
    """SQL: the sign-in session has not ended and its person is not disabled. Needs both tables in the statement."""
    return and_(SignIn.idle_until > now, SignIn.expires_at > now, User.disabled_at.is_(None))


Holder = aliased(User)
"""Who signed in. `User` is whom the session speaks for: the same, or whom an administrator sees the library as."""
PERSON_ID = func.coalesce(Viewpoint.user_id, SignIn.user_id)
SEEN_BY = case((Viewpoint.user_id.is_not(None), Holder.id)).label("seen_by")


def live_sessions(now: ColumnElement[datetime] | datetime, statement: Select[*Columns]) -> Select[*Columns]:
    """The statement over `SignIn`, `Viewpoint`, `Holder` and `User`, cut down to sessions that have not ended.

    A viewpoint that is over counts as none. One whose holder is no administrator any more, or whose person is one now
    or is disabled, lets nobody in: what makes it so also removes it (`cutting.end_views`).
    """
    may_look = or_(Viewpoint.user_id.is_(None), and_(Holder.is_admin, not_(User.is_admin)))
    return (
        statement.outerjoin_from(SignIn, Viewpoint, and_(Viewpoint.session_id == SignIn.id, Viewpoint.ends_at > now))
        .join(Holder, Holder.id == SignIn.user_id)
        .join(User, User.id == PERSON_ID)
        .where(is_live(now), Holder.disabled_at.is_(None), may_look)
    )


GROUPS = (
    select(func.aggregate_strings(cast(Membership.group_id, String), ","))
    .where(Membership.user_id == User.id)
    .correlate(User)
    .scalar_subquery()
)
"""SQL: the groups of the statement's person, as `group_ids` reads them."""


def group_ids(found: str | None) -> frozenset[int]:
    return frozenset(int(number) for number in (found or "").split(",") if number)


_BY_TOKEN = live_sessions(
    bindparam("now", type_=SignIn.expires_at.type),
    select(
        User.id.label("user_id"),
        SignIn.id.label("session_id"),
        User.name,
        User.email,
        User.is_admin,
        User.is_guest,
        User.language,
        User.theme,
        User.shortcuts,
        SignIn.last_used_at,
        GROUPS.label("groups"),
        factor_due(Holder).label("factor_due"),
        SEEN_BY,
        Holder.name.label("holder_name"),
        Holder.email.label("holder_email"),
    ),
).where(SignIn.token_hash == bindparam("token_hash"))


def identity_of(
    session: Session, *, token: str, now: datetime, address: str = "", request_id: str = ""
) -> Identity | None:
    """The person whose browser holds this token, unless the session has ended or the person is disabled."""
    if TOKEN.fullmatch(token) is None:
        return None
    kept = token_hash(token)
    row = session.execute(_BY_TOKEN, {"token_hash": kept, "now": now}).first()
    if row is None:
        return None
    return Identity(
        user_id=row.user_id,
        session_id=row.session_id,
        name=row.name,
        email=row.email,
        is_admin=row.is_admin,
        is_guest=row.is_guest,
        group_ids=group_ids(row.groups),
        csrf_secret=kept,
        last_used_at=row.last_used_at,
        address=address,
        request_id=request_id,
        seen_by=looker(row.seen_by, row.holder_name, row.holder_email, address),
        language=row.language,
        theme=row.theme,
        shortcuts=row.shortcuts,
        factor_due=row.factor_due,
        held=row.factor_due is not None and row.factor_due <= now,
    )


def looker(user_id: int | None, name: str, email: str, address: str) -> NamedAuthor | None:
    """The administrator behind a viewpoint, of the columns of `live_sessions`; None if there is none."""
    return None if user_id is None else NamedAuthor(name, email, user_id, address)


def as_identity(user: User, group_ids: frozenset[int]) -> Identity:
    """A person as decisions know them, without a session: nobody is signed in by it."""
    return Identity(
        user_id=user.id,
        session_id=None,
        name=user.name,
        email=user.email,
        is_admin=user.is_admin,
        is_guest=user.is_guest,
        group_ids=group_ids,
        csrf_secret="",
        last_used_at=user.created_at,
    )


def touch(installation: Installation, identity: Identity) -> None:
    """Note that the person is active, at most every ten minutes, in a short transaction of its own.

    Call it when no write transaction of the same request is open. A database that cannot write now only means that the
    moment is noted by a later request.
    """
    now = installation.clock()
    if now - identity.last_used_at < TOUCHED_EVERY:
        return
    idle = timedelta(hours=installation.settings.session_idle_hours)
    idle_until = literal(now + idle, SignIn.idle_until.type)
    # A session to keep, or one near its end, is idle no sooner than it ends.
    until = case(
        (SignIn.idle_until >= SignIn.expires_at, SignIn.expires_at),
        (SignIn.expires_at < idle_until, SignIn.expires_at),
        else_=idle_until,
    )
    used = (
        update(SignIn)
        .where(SignIn.id == identity.session_id, SignIn.last_used_at <= now - TOUCHED_EVERY)
        .values(last_used_at=now, idle_until=until)
        if identity.token_id is None
        else update(ApiToken)
        .where(ApiToken.id == identity.token_id)
        .values(last_used_at=now, last_address=identity.address[:64])
    )
    try:
        with writing(installation.sessions) as session:
            session.execute(used)
            session.execute(update(User).where(User.id == identity.author.user_id).values(last_seen_at=now))
    except OperationalError:
        log.warning("could not note that %s is active", identity.email, exc_info=True)
