"""Questions for access to a folder or an item."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from privmedia.accounts.models import User
from privmedia.db import Base, UtcDateTime
from privmedia.library.models import Folder, Item


class AccessRequest(Base):
    """Somebody asks for an address. It ends by itself; `outcome` is empty while it is open.

    There is a row for an address that leads nowhere as well: then it has no folder and no item, and nobody hears of it.
    So asking is the same work, and reads the same afterwards, whether there is something or not.
    """

    __tablename__ = "access_requests"
    __table_args__ = (
        CheckConstraint("folder_id IS NULL OR item_id IS NULL", name="one_place"),
        Index("ix_access_requests_folder_id", "folder_id"),
        Index("ix_access_requests_item_id", "item_id"),
        Index("ix_access_requests_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(24), default="")
    """As it was asked for: `/m/<item>` or `/f/<folder>`."""
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folders.id", ondelete="SET NULL"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="SET NULL"))
    message: Mapped[str] = mapped_column(String(500), default="")

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    outcome: Mapped[str] = mapped_column(String(16), default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    """What was said to who was refused."""

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    folder: Mapped[Folder | None] = relationship()
    item: Mapped[Item | None] = relationship()
