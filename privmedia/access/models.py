"""Rules: lists of them (ACL), the rules themselves (ACE), and which lists lie above which (chain)."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.access.principals import PrincipalNumber
from privmedia.clock import FOREVER
from privmedia.db import Base, UtcDateTime


class Acl(Base):
    """The rules set on one folder or item. `inherits` is the switch "take over rules from above"."""

    __tablename__ = "acls"
    __table_args__ = (Index("ix_acls_parent_id", "parent_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("acls.id"))
    inherits: Mapped[bool] = mapped_column(default=True)


class AclChain(Base):
    """Each ACL with itself and every ancestor up to the root. Structure only: changing a rule never touches it.

    `above_cut`: a list between the two (or the ACL itself) does not inherit, so only its Deny rules count.
    """

    __tablename__ = "acl_chain"
    __table_args__ = (Index("ix_acl_chain_ancestor_id", "ancestor_id", "acl_id"), {"sqlite_with_rowid": False})

    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id", ondelete="CASCADE"), primary_key=True)
    ancestor_id: Mapped[int] = mapped_column(ForeignKey("acls.id", ondelete="CASCADE"), primary_key=True)
    above_cut: Mapped[bool] = mapped_column(default=False)


class Ace(Base):
    """One rule: what one principal is allowed (bits, closed under implication), or that it is denied everything."""

    __tablename__ = "aces"
    __table_args__ = (Index("ix_aces_principal", "principal", "acl_id"), {"sqlite_with_rowid": False})

    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id", ondelete="CASCADE"), primary_key=True)
    principal: Mapped[str] = mapped_column(PrincipalNumber, primary_key=True)
    allow: Mapped[int] = mapped_column(Integer, default=0)
    deny: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, default=FOREVER)

    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
