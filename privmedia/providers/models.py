"""Who somebody is at an identity provider, what was signed in there, and which of its groups are ours."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class ProviderAccount(Base):
    """A person's account at a provider: issuer and subject together are never given to anybody else."""

    __tablename__ = "provider_accounts"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("ix_provider_accounts_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    administers: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the person administers because the provider says so."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProviderSession(Base):
    """A session here that was begun by signing in at a provider, which may end it."""

    __tablename__ = "provider_sessions"
    __table_args__ = (Index("ix_provider_sessions_subject", "issuer", "subject"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    sid: Mapped[str] = mapped_column(String(255), default="")
    """What the provider calls its session; empty if it does not say."""
    id_token: Mapped[str] = mapped_column(Text)
    """Shown to the provider when one signs out there too, so that it need not ask."""


class ProviderGroup(Base):
    """Who is in a group at a provider is in one of ours, from the next sign-in on."""

    __tablename__ = "provider_groups"
    __table_args__ = (UniqueConstraint("provider", "value", "group_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(30))
    """The name of the provider in the settings."""
    value: Mapped[str] = mapped_column(String(255))
    """What the provider calls the group."""
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
