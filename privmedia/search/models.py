"""What can be found: the texts of items, the document of each item and folder, and what has changed since.

`search_documents` is worked out from items, folders and parts (`upkeep`). `search_index`, which no model describes, is
the same for the database to search in: FTS5 on SQLite, a tsvector on PostgreSQL (`engines`).
"""
from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from privmedia.db import Base


class SearchPart(Base):
    """One text of an item that is found with it: a line of captions, a chapter, a page."""

    __tablename__ = "search_parts"
    __table_args__ = (Index("ix_search_parts_item_id", "item_id", "part"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    part: Mapped[str] = mapped_column(String(48))
    """What it belongs to, and is replaced with: `captions-en`, `chapters`, `pages`."""
    version: Mapped[int | None] = mapped_column()
    """Number of the version it is of, and with which it is shown; None for all."""
    at: Mapped[float | None] = mapped_column()
    """Seconds from the beginning, for what is said at a time."""
    page: Mapped[int | None] = mapped_column()
    body: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    """The same as it is compared: words with a space before and after each."""


class SearchDocument(Base):
    """The words of one item or folder, by how much they say about it. The id is the item's, or minus the folder's."""

    __tablename__ = "search_documents"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(Text)
    names: Mapped[str] = mapped_column(Text, default="")
    """Tags, and the name of the file."""
    description: Mapped[str] = mapped_column(Text, default="")
    said: Mapped[str] = mapped_column(Text, default="")
    """Captions, pages and all that is long."""


class SearchChange(Base):
    """An item or folder whose document has to be worked out anew: noted by triggers, in the transaction of the change.

    What is noted is done before that transaction commits. Only `backlog`, all there was when the index was made, is
    left to the worker.
    """

    __tablename__ = "search_changes"

    document_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    backlog: Mapped[bool] = mapped_column(default=False)


class SearchSpelling(Base):
    """How a word may be written by mistake: itself, and itself with any one letter left out."""

    __tablename__ = "search_spellings"
    __table_args__ = ({"sqlite_with_rowid": False},)

    spelling: Mapped[str] = mapped_column(String(32), primary_key=True)
    word: Mapped[str] = mapped_column(String(32), primary_key=True)
