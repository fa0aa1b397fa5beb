"""People, their groups, and how they are signed in."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from privmedia.clock import FOREVER
from privmedia.db import Base, UtcDateTime


class User(Base):
    """A person who signs in. A guest is not among "everyone"."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))

    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_guest: Mapped[bool] = mapped_column(default=False)
    quota: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes of what they add, at most; None: no limit. See `privmedia.quotas`."""

    language: Mapped[str] = mapped_column(String(16), default="")
    """Empty: what the browser asks for."""
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    shortcuts: Mapped[bool] = mapped_column(default=True)
    """Whether single letters are shortcuts (WCAG 2.1.4)."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    password_changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    groups: Mapped[list[Group]] = relationship(
        secondary="memberships", back_populates="members", order_by="Group.name", viewonly=True
    )


class Group(Base):
    """A named set of people; rules are given to it."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(240), unique=True)
    quota: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes of what all its people add together, at most; None: no limit."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    members: Mapped[list[User]] = relationship(
        secondary="memberships", back_populates="groups", order_by="User.name", viewonly=True
    )


class Membership(Base):
    """One person in one group."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_group_id", "group_id", "user_id"), {"sqlite_with_rowid": False})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    provider: Mapped[str | None] = mapped_column(String(30))
    """The identity provider that put them in and takes them out; None: somebody did, by hand."""


class SignIn(Base):
    """One signed-in browser. Only the hash of the cookie's token is kept."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    idle_until: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the person last proved in it who they are: at sign-in, or when asked again later."""

    address: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(300), default="")

    user: Mapped[User] = relationship()


VIEW_LASTS = timedelta(hours=1)


def _end_of_view(context: Any) -> Any:
    return context.get_current_parameters()["since"] + VIEW_LASTS


class Viewpoint(Base):
    """A session whose administrator sees the library as somebody else, until it is ended or ends by itself."""

    __tablename__ = "viewpoints"
    __table_args__ = (Index("ix_viewpoints_user_id", "user_id"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, default=_end_of_view)


class ApiToken(Base):
    """A key for scripts: never more than its person may do, and of that only its scopes. Only its hash is kept."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index("ix_api_tokens_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))

    name: Mapped[str] = mapped_column(String(120))
    scopes: Mapped[str] = mapped_column(String(100))
    """Names of `web.rights.Scope`, joined by commas."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, default=FOREVER)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_address: Mapped[str] = mapped_column(String(64), default="")

    user: Mapped[User] = relationship()


class TwoFactor(Base):
    """The authenticator app of a person (TOTP, RFC 6238). Not `confirmed_at` means: shown, but not yet proven."""

    __tablename__ = "two_factors"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(String(64))
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    """The time step of the last code that was taken: no code is taken twice."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Base):
    """A passkey of a person (WebAuthn). What is kept of it is public: with it one can check, and not sign."""

    __tablename__ = "passkeys"
    __table_args__ = (Index("ix_passkeys_user_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    credential_id: Mapped[str] = mapped_column(String(1364), unique=True)
    """As its authenticator calls it, in base 64 for addresses."""
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    """As COSE has it (RFC 9052)."""
    handle: Mapped[str] = mapped_column(String(43))
    """As the authenticator knows the person: 32 random bytes, the same in all passkeys of somebody."""

    name: Mapped[str] = mapped_column(String(120))
    aaguid: Mapped[str] = mapped_column(String(36), default="")
    transports: Mapped[str] = mapped_column(String(100), default="")
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    """How often it was used, as it says: one that counts never goes back. 0: it does not count."""
    verifies: Mapped[bool] = mapped_column(default=False)
    """Whether it has made sure that it is the person, so that it can stand in for the password."""
    backed_up: Mapped[bool] = mapped_column(default=False)
    """Whether its keeper has a copy for the person's other devices."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()


class FactorRule(Base):
    """Who has to have a second factor, and after how long: administrators, everyone, or the people of a group."""

    __tablename__ = "factor_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    who: Mapped[str] = mapped_column(String(32), unique=True)
    """`administrators`, `everyone`, or `group:` and its number."""
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    grace: Mapped[int] = mapped_column(BigInteger)
    """Milliseconds to set one up."""


class UsedChallenge(Base):
    """What a passkey was asked to sign and did, until it is too old to be taken anyway."""

    __tablename__ = "used_challenges"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Base):
    """A code that works once in place of the authenticator app or a passkey. Only its hash is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Throttle(Base):
    """Failed tries under one key (an account, an address) since a moment."""

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeLink(Base):
    """A link that works once and for a while: set-up, invitation, reset, a new address. Only its token's hash is kept.

    A link that is sent by mail gets its token when the mail is sent; until then the hash is nobody's.
    """

    __tablename__ = "one_time_links"
    __table_args__ = (Index("ix_one_time_links_user_id", "user_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    """Whom it is for; None for set-up, where there is nobody yet."""
    email: Mapped[str] = mapped_column(String(254), default="")
    """The address it proves, where it proves one."""
    made_by: Mapped[str] = mapped_column(String(120), default="")
    """The name of who invited, for the page that the link leads to."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User | None] = relationship()


class SiteValue(Base):
    """What administrators set on the pages rather than in the ini: the organisation's name."""

    __tablename__ = "site_values"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(500))
