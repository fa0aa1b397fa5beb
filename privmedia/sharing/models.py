"""Share links for people without an account, and the browsers that came by one."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from privmedia.accounts.models import User
from privmedia.db import Base, UtcDateTime


class Link(Base):
    """A link to one item, or to one folder with what lies in it. Only the hash of its address is kept.

    It is no rule: it may do its permissions and no more than its maker may do there at that moment. One that has Upload
    is a file request: it takes files for its maker, and shows nothing.
    """

    __tablename__ = "links"
    __table_args__ = (
        CheckConstraint("(item_id IS NULL) <> (folder_id IS NULL)", name="one_place"),
        Index("ix_links_maker_id", "maker_id"),
        Index("ix_links_item_id", "item_id"),
        Index("ix_links_folder_id", "folder_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)

    maker_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folders.id", ondelete="CASCADE"))

    name: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(500), default="")
    allow: Mapped[int] = mapped_column(Integer)
    """The bits of `Permission` that it may have at most: View, with or without Download; or Upload alone."""
    preview: Mapped[bool] = mapped_column(default=False)
    """Whether programs that look at the address may be told title and poster."""
    password_hash: Mapped[str | None] = mapped_column(String(200))
    most_viewings: Mapped[int | None] = mapped_column()
    viewings: Mapped[int] = mapped_column(default=0)
    """How often somebody opened it, by a click."""

    text: Mapped[str] = mapped_column(Text, default="", server_default="")
    """What those who send files are told."""
    most_bytes: Mapped[int | None] = mapped_column(BigInteger)
    """All files together."""
    most_files: Mapped[int | None] = mapped_column()
    taken_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    taken_files: Mapped[int] = mapped_column(default=0, server_default="0")

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_by: Mapped[str] = mapped_column(String(120), default="")

    maker: Mapped[User] = relationship()


class Visit(Base):
    """A browser in which somebody opened a link. One cookie is good for all links that were opened with it."""

    __tablename__ = "link_visits"
    __table_args__ = (UniqueConstraint("token_hash", "link_id"), Index("ix_link_visits_link_id", "link_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    link_id: Mapped[int] = mapped_column(ForeignKey("links.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    sender: Mapped[str] = mapped_column(String(120), default="", server_default="")
    """Who sends files by it, in their own words."""
    message: Mapped[str] = mapped_column(String(500), default="", server_default="")
    """What they say of the files."""

    link: Mapped[Link] = relationship()
