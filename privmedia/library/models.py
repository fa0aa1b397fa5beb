"""The library: a tree of folders, the items in them, the versions of an item and the files of a version."""
from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Enum, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from privmedia.access.principals import PrincipalNumber
from privmedia.accounts.models import User
from privmedia.clock import FOREVER
from privmedia.db import Base, Binnable, UtcDateTime
from privmedia.text import name_key

ROOT_ID = 1
ROOT_ACL_ID = 1
PREPARE = "prepare"
"""The kind of the job that prepares a version."""
CONVERT = "convert"
"""The kind of the job that makes of a version what every browser plays."""
CONVERT_ANEW = "convert-anew"
"""The kind of the job that does the same with what can be watched already."""
STORYBOARD = "storyboard"
"""The kind of the job that makes the small pictures of a film that the player shows over its bar."""
SUBTITLES = "subtitles"
"""The kind of the job that makes captions of the subtitles inside a film."""
STREAMS = "streams"
"""The kind of the job that makes a film playable in several sizes."""
PAGES = "pages"
"""The kind of the job that draws the pages of a document."""
TEXTS = "texts"
"""The kind of the job that lets a document be found by what stands on its pages."""
SPOKEN = "spoken"
"""The kind of the job that lets an item be found by its captions and chapters."""
TAKE_OVER = "take-over"
"""The kind of the job that shows a version that is ready in place of the one before."""
TELL_SENDER = "tell-sender"
"""The kind of the job that tells who sent a version what became of it."""
TELL_FOLLOWERS = "tell-followers"
"""The kind of the job that tells those who follow its folder of a version."""
CAPTIONS_OF_STREAMS = "captions-of-streams"
"""The kind of the job that lists the captions of a film with its streams."""
OF_VERSIONS = (
    PREPARE, CONVERT, CONVERT_ANEW, STORYBOARD, STREAMS, SUBTITLES, CAPTIONS_OF_STREAMS, PAGES, TEXTS, SPOKEN,
    TAKE_OVER, TELL_SENDER, TELL_FOLLOWERS
)
"""The kinds of jobs whose target is a version."""
STREAMS_FOLDER = "hls/"
"""How the names of the files begin that a film is streamed from."""
PUBLIC = "public"
"""The kind of the job that brings the public copy of an item in line with it."""
CAPTIONS = "captions-"
"""How the names of files with captions begin."""
CHAPTERS = "chapters.vtt"
POSTER = "poster.webp"
SMALL_POSTER = "poster-small.webp"
"""The poster as lists show it."""
PLAY = "play."
"""How the name begins of the file that is played or shown."""
SHEET = "storyboard.webp"
"""The small pictures that the player shows over its bar."""
PAGE = "page-"
"""How the names begin of the pictures of a document's pages."""
MADE_LATER = ("storyboard.", PAGE, STREAMS_FOLDER)
"""How the names begin of what other jobs make of a version that can be played already."""


class Kind(StrEnum):
    """What an item is to people."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    DOCUMENT = "document"


class State(StrEnum):
    """How far a version is prepared; of an item, the version that is shown."""

    WAITING = "waiting"
    PREPARING = "preparing"
    READY = "ready"
    UNPLAYABLE = "unplayable"
    """Sound, but no browser plays it as it is."""
    FAILED = "failed"


def _words(enum: type[StrEnum]) -> Enum:
    return Enum(enum, native_enum=False, length=16, values_callable=lambda members: [one.value for one in members])


_OWN_RULES = text("acl_id IS NOT NULL")


def _of_the_bin(table: str) -> Index:
    """Of the few rows that lie in the bin."""
    few = text("deletion_id IS NOT NULL")
    return Index(f"ix_{table}_deletion_id", "deletion_id", sqlite_where=few, postgresql_where=few)


class Folder(Binnable, Base):
    """A folder. `acl_id` is the nearest rules that apply; they are its own if its parent's differ.

    The root (id 1) is the library itself: it holds folders, and the rules above all others.
    """

    __tablename__ = "folders"
    __table_args__ = (
        UniqueConstraint("parent_id", "name_key"),
        Index("ix_folders_acl_id", "acl_id"),
        _of_the_bin("folders"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("folders.id"))
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400))
    """What names are compared by. Of a folder that was deleted itself it is a key no name has: its name is free."""

    acl_id: Mapped[int] = mapped_column(ForeignKey("acls.id"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Item(Binnable, Base):
    """One video, audio, image or document. `acl_id` only if it has rules of its own."""

    __tablename__ = "items"
    __table_args__ = (
        # All that decides whether an item exists for somebody is in it, so that counting reads no row.
        Index("ix_items_folder_id", "folder_id", "kind", "id", "deletion_id", "acl_id", "shown", "uploader_id"),
        # Of the few items with rules of their own.
        Index("ix_items_acl_id", "acl_id", "id", sqlite_where=_OWN_RULES, postgresql_where=_OWN_RULES),
        Index("ix_items_uploader_id", "uploader_id", "id"),
        # The orders of lists: a page begins in the middle of one of them.
        Index("ix_items_created_at", "created_at", "id"),
        Index("ix_items_kind", "kind", "created_at", "id"),
        Index("ix_items_title_key", "title_key", "id"),
        _of_the_bin("items"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    folder_id: Mapped[int] = mapped_column(ForeignKey("folders.id"))
    kind: Mapped[Kind] = mapped_column(_words(Kind))
    title: Mapped[str] = mapped_column(String(300))
    title_key: Mapped[str] = mapped_column(String(900), server_default="")
    """What titles are ordered by; follows the title by itself."""
    description: Mapped[str] = mapped_column(Text, default="")
    alt: Mapped[str] = mapped_column(String(500), default="")
    """What a picture shows, for who cannot see it."""

    current: Mapped[int] = mapped_column(default=1)
    """Number of the version that is shown."""
    newest: Mapped[int] = mapped_column(default=1, server_default="1")
    """The highest number a version of it was ever given: no number is given twice."""
    state: Mapped[State] = mapped_column(_words(State), default=State.WAITING)
    reason: Mapped[str] = mapped_column(String(500), default="")
    """Why it failed or cannot be played, for its page."""
    shown: Mapped[bool] = mapped_column(default=False)
    """There is something to view. Until then only the uploader and people with Edit see the item."""

    acl_id: Mapped[int | None] = mapped_column(ForeignKey("acls.id"))
    uploader_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    folder: Mapped[Folder] = relationship()
    uploader: Mapped[User | None] = relationship()

    @validates("title")
    def _order_by_it(self, _name: str, title: str) -> str:
        self.title_key = name_key(title)
        return title


class Star(Base):
    """A person's mark on an item. It says nothing about what they may see."""

    __tablename__ = "stars"
    __table_args__ = (Index("ix_stars_item_id", "item_id"), {"sqlite_with_rowid": False})

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ItemTag(Base):
    """One word on one item. There is no table of all words: one that somebody may not see leaves no trace for them.

    `key` is what two are compared by (`text.name_key`), `name` how it was written on this item.
    """

    __tablename__ = "item_tags"
    __table_args__ = (Index("ix_item_tags_key", "key", "item_id"), {"sqlite_with_rowid": False})

    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(180), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))


class Version(Base):
    """One original as uploaded, and what is known of it."""

    __tablename__ = "versions"
    __table_args__ = (
        UniqueConstraint("item_id", "number"),
        Index("ix_versions_duration", "duration", "item_id"),
        Index("ix_versions_size", "size", "item_id"),
        # With the size in it, so that adding up what somebody has added reads no row.
        Index("ix_versions_created_by", "created_by", "size"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(default=1)

    filename: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the original, in hexadecimal; None while the worker has not read it ("checking")."""
    duration: Mapped[float | None] = mapped_column()
    """Seconds."""
    width: Mapped[int | None] = mapped_column()
    height: Mapped[int | None] = mapped_column()
    pages: Mapped[int | None] = mapped_column()
    probe: Mapped[dict[str, Any] | None] = mapped_column(JSON)

    state: Mapped[State] = mapped_column(_words(State), default=State.WAITING, server_default=State.WAITING)
    reason: Mapped[str] = mapped_column(String(500), default="", server_default="")
    """Why it failed or cannot be played."""
    takes_over: Mapped[bool] = mapped_column(default=False, server_default=false())
    """It is shown as soon as it is ready, in place of the one shown until then."""

    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    item: Mapped[Item] = relationship()


class File(Base):
    """A file of a version that may be asked for by name. Nothing else in its folder can be.

    `name` is what stands in the address (`play.mp4`, `poster.webp`, `original`), `stored_as` what lies in the version's
    folder: a playable original is served as `play.mp4` without a copy.
    """

    __tablename__ = "files"
    __table_args__ = ({"sqlite_with_rowid": False},)

    version_id: Mapped[int] = mapped_column(ForeignKey("versions.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    stored_as: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)


class PublicCopy(Base):
    """A rendition of an item that everybody on the internet may fetch: `/media/<token>/<name>`. No check is made there.

    The file is a second name of the private one, so that it goes by itself. One that no row names is removed; a row
    whose file is gone ends.
    """

    __tablename__ = "public_copies"

    item_id: Mapped[int] = mapped_column(
        ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    token: Mapped[str | None] = mapped_column(String(32), unique=True)
    """Random; None while the worker still makes what is to be public."""
    name: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column()
    """Number of the version it was made from."""

    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    item: Mapped[Item] = relationship()
    maker: Mapped[User | None] = relationship()

    @property
    def path(self) -> str | None:
        """Its address on this site; None while there is nothing to fetch."""
        return None if self.token is None else f"/media/{self.token}/{self.name}"


class Deletion(Base):
    """One thing that was deleted: an item, or a folder with all that was in it then and is brought back with it."""

    __tablename__ = "deletions"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    is_item: Mapped[bool] = mapped_column()
    top_uid: Mapped[str] = mapped_column(String(16))
    """Public id of the item or folder itself."""

    deleted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    deleted_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    leaving: Mapped[bool] = mapped_column(default=False)
    """It is being deleted for good: nobody finds it in the bin any more, a job takes it apart."""

    deleter: Mapped[User | None] = relationship()


class DeletionRule(Base):
    """A rule that counted at the place when it was deleted: later rules open nothing in the bin."""

    __tablename__ = "deletion_rules"
    __table_args__ = (
        Index("ix_deletion_rules_principal", "principal", "deletion_id"),
        {"sqlite_with_rowid": False},
    )

    deletion_id: Mapped[int] = mapped_column(ForeignKey("deletions.id", ondelete="CASCADE"), primary_key=True)
    source_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The ACL it was set in, which may be gone."""
    principal: Mapped[str] = mapped_column(PrincipalNumber, primary_key=True)
    allow: Mapped[int] = mapped_column(default=0)
    deny: Mapped[bool] = mapped_column(default=False)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, default=FOREVER)


class Leftover(Base):
    """The files of an item whose rows are gone: to be removed from the disk, and this row after them."""

    __tablename__ = "leftovers"

    uid: Mapped[str] = mapped_column(String(16), primary_key=True)
