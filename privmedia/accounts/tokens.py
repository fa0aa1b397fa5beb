"""API tokens: keys for scripts. A token can never do more than its person, and of that only what its scopes say."""
from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, bindparam, func, literal, select
from sqlalchemy.orm import Session

from privmedia.accounts.identity import GROUPS, TOKEN, Identity, group_ids, token_hash
from privmedia.accounts.models import ApiToken, User
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.db import UtcDateTime
from privmedia.errors import Invalid, NotFound
from privmedia.ids import is_uid, new_token, new_uid
from privmedia.installation import Installation
from privmedia.lines import required_line
from privmedia.scopes import Scope
from privmedia.text import Sentence
from privmedia.text import mark as _

ENOUGH = _("There are ${count} tokens already. Revoke one first.")

PREFIX = "pm_"
"""By which people, and programs that look for lost keys, know one."""
SHAPE = re.compile(rf"{PREFIX}{TOKEN.pattern}", re.ASCII)
LONGEST_NAME = 120
LONGEST_LIFE = timedelta(days=3650)
MOST = 50
"""How many one person may have at a time."""

EPOCH = literal(0, UtcDateTime().impl)
LAST_USED = func.coalesce(ApiToken.last_used_at, EPOCH, type_=UtcDateTime())
"""A moment long ago for a token that was never used."""


def is_live(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """SQL: the token has not ended and its person is not disabled. Needs both tables in the statement."""
    return and_(ApiToken.expires_at > now, User.disabled_at.is_(None))


_BY_TOKEN = (
    select(
        User.id.label("user_id"),
        User.name,
        User.email,
        User.is_admin,
        User.is_guest,
        User.language,
        GROUPS.label("groups"),
        ApiToken.id.label("token_id"),
        ApiToken.name.label("token_name"),
        ApiToken.scopes,
        LAST_USED.label("last_used_at"),
    )
    .join_from(ApiToken, User)
    .where(ApiToken.token_hash == bindparam("token_hash"), is_live(bindparam("now", type_=UtcDateTime())))
)


def identity_of_token(
    session: Session, installation: Installation, *, token: str, address: str = "", request_id: str = ""
) -> Identity | None:
    """The person a token stands for, with its scopes, unless it has ended or the person is disabled."""
    if SHAPE.fullmatch(token) is None:
        return None
    kept = token_hash(token)
    row = session.execute(_BY_TOKEN, {"token_hash": kept, "now": installation.clock()}).first()
    if row is None:
        return None
    return Identity(
        user_id=row.user_id,
        session_id=None,
        name=row.name,
        email=row.email,
        is_admin=row.is_admin,
        is_guest=row.is_guest,
        group_ids=group_ids(row.groups),
        csrf_secret=kept,
        last_used_at=row.last_used_at,
        address=address,
        request_id=request_id,
        language=row.language,
        scopes=scopes_of(row.scopes),
        token_id=row.token_id,
        token_name=row.token_name,
    )


def scopes_of(stored: str) -> frozenset[Scope]:
    """The scopes of a stored token."""
    return frozenset(Scope(name) for name in stored.split(",") if name)


class Tokens:
    """The tokens of people. Every verb writes one line into the audit log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._audit = Audit(session, installation)
        self._now = installation.clock()

    def of(self, user_id: int) -> Sequence[ApiToken]:
        """Somebody's tokens that still work, the newest first."""
        return self._session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == user_id, ApiToken.expires_at > self._now)
            .order_by(ApiToken.id.desc())
        ).all()

    def all(self) -> Sequence[ApiToken]:
        """Everybody's tokens that still work, by address and age."""
        return self._session.scalars(
            select(ApiToken).join(User).where(ApiToken.expires_at > self._now).order_by(User.email, ApiToken.id)
        ).all()

    def add(
        self, *, user: User, name: str, scopes: Collection[Scope], lasts: timedelta, by: Author = COMMAND_LINE
    ) -> tuple[ApiToken, str]:
        """A new token and its text, which is kept nowhere: only its hash is.

        Raises Invalid for one without name or scope, for a time that is none, for a disabled person and for too many.
        """
        if user.disabled_at is not None:
            raise Invalid("The account is disabled.", "name")
        if not scopes:
            raise Invalid("Choose at least one thing the token may be used for.", "scopes")
        if not timedelta(0) < lasts <= LONGEST_LIFE:
            raise Invalid("A token lasts between an hour and ten years.", "lasts")
        if len(self.of(user.id)) >= MOST:
            raise Invalid(Sentence(ENOUGH, {"count": MOST}), "name")
        text = PREFIX + new_token()
        token = ApiToken(
            uid=new_uid(),
            token_hash=token_hash(text),
            user=user,
            name=required_line(name, field="name", missing=_("A name is needed, to know it by."), longest=LONGEST_NAME),
            scopes=",".join(scope for scope in Scope if scope in scopes),
            created_at=self._now,
            expires_at=self._now + lasts,
        )
        self._session.add(token)
        self._session.flush()
        detail = {"name": token.name, "scopes": token.scopes, "until": token.expires_at.isoformat(timespec="seconds")}
        self._audit.record("token.add", identity=by, target=user.email, detail=detail)
        return token, text

    def revoke(self, *, uid: str, user: User | None = None, by: Author = COMMAND_LINE) -> ApiToken:
        """The token works no more. Raises NotFound for one that is none, or is not this person's."""
        found = self._session.scalar(select(ApiToken).where(ApiToken.uid == uid)) if is_uid(uid) else None
        if found is None or (user is not None and found.user_id != user.id):
            raise NotFound("There is no such token.")
        self._audit.record("token.revoke", identity=by, target=found.user.email, detail={"name": found.name})
        self._session.delete(found)
        self._session.flush()
        return found
