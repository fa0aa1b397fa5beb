"""The table of uploads that come in parts."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base, UtcDateTime


class Upload(Base):
    """What was announced. How much of it has arrived is told by the file alone: `privmedia.storage.parts`."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_user_id", "user_id"), Index("ix_uploads_folder_id", "folder_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id", ondelete="CASCADE"))
    item_uid: Mapped[str] = mapped_column(String(16), unique=True)
    """The public id its item will have."""
    length: Mapped[int] = mapped_column(BigInteger)
    """Bytes."""
    filename: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(300))
    tags: Mapped[str] = mapped_column(Text, default="")
    """As they were sent, with commas in between."""
    draft: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its item is kept a draft."""
    sender: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """Who sends it for the person; "" for the person."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it became an item."""
