"""Players in pages of other sites, the keys such a player plays by, and the pages where it was seen."""
from __future__ import annotations

from datetime import datetime

from sqlalchemy import Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from privmedia.accounts.models import User
from privmedia.db import Base, UtcDateTime
from privmedia.library.models import Item

NOWHERE, SITES, INTRANET, EVERYWHERE = "nowhere", "sites", "intranet", "everywhere"
"""Where a player may appear."""
PEOPLE, SIGNED, OPEN = "people", "signed", "open"
"""Who may watch there: whoever may view the item, after signing in; beside them those for whom the site around it
vouches with a key; or whoever learns the player's address.
"""


class SiteKey(Base):
    """With this the server of a site vouches for its people. It works while the row is there.

    The secret is not kept: it is made of the salt and the installation's own secret whenever it is needed.
    """

    __tablename__ = "site_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    sites: Mapped[str] = mapped_column(Text)
    """Origins, one a line. Players that go by this key appear there and nowhere else."""
    salt: Mapped[str] = mapped_column(String(43))
    made_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EmbedSiteKey(Base):
    """Whose word counts for a player that is `signed`. It goes with the key; the player then appears nowhere."""

    __tablename__ = "embed_site_keys"

    embed_id: Mapped[int] = mapped_column(
        ForeignKey("embeds.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    key_id: Mapped[int] = mapped_column(ForeignKey("site_keys.id", ondelete="CASCADE"), index=True)


class SpentNonce(Base):
    """What a statement of a site was signed with once, kept until no statement that old is taken any more."""

    __tablename__ = "spent_nonces"

    key_id: Mapped[int] = mapped_column(ForeignKey("site_keys.id", ondelete="CASCADE"), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Embed(Base):
    """A player of one item, with an address of its own. It gives nobody rights, unless it is open or goes by the word
    of a site: then it may what its maker may at that moment, which is to watch.
    """

    __tablename__ = "embeds"
    __table_args__ = (Index("ix_embeds_item_id", "item_id"), Index("ix_embeds_maker_id", "maker_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id", ondelete="CASCADE"))
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    """Without one an open player is closed; others give nobody rights, and go on."""

    name: Mapped[str] = mapped_column(String(120))
    appears: Mapped[str] = mapped_column(String(12), default=NOWHERE)
    sites: Mapped[str] = mapped_column(Text, default="")
    """Origins, one a line."""
    audience: Mapped[str] = mapped_column(String(12), default=PEOPLE)
    names_title: Mapped[bool] = mapped_column(default=False)
    """Whether the item's title stands in the code of the page, where all its readers find it."""
    names_pages: Mapped[bool] = mapped_column(default=False)
    """Whether the list of where it was seen has the paths of pages, not only their sites."""

    start: Mapped[float] = mapped_column(Float, default=0)
    """Seconds."""
    width: Mapped[int] = mapped_column(default=640)
    """Pixels; the height follows from the picture."""
    autoplay: Mapped[bool] = mapped_column(default=False)
    """By itself, muted: browsers allow no other."""
    loop: Mapped[bool] = mapped_column(default=False)
    captions: Mapped[bool] = mapped_column(default=False)

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_by: Mapped[str] = mapped_column(String(120), default="")

    maker: Mapped[User | None] = relationship()
    item: Mapped[Item] = relationship()
    key: Mapped[SiteKey | None] = relationship(secondary="embed_site_keys", uselist=False)
    """Whose word counts, of a player that is `signed`."""


class EmbedFlow(Base):
    """One try to sign in from a player: begun in its frame, answered in a window of ours, ended by the frame.

    The frame alone knows the secret, and the window alone gets the code; both are needed, once. Hashes are kept.
    """

    __tablename__ = "embed_flows"
    __table_args__ = (Index("ix_embed_flows_embed_id", "embed_id"), Index("ix_embed_flows_session_id", "session_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(16), unique=True)
    embed_id: Mapped[int] = mapped_column(ForeignKey("embeds.id", ondelete="CASCADE"))
    secret_hash: Mapped[str] = mapped_column(String(64))
    ancestors: Mapped[str] = mapped_column(Text, default="")
    """The sites around the frame, as its script told them: shown to whoever signs in, and believed by nobody else."""
    page_id: Mapped[int | None] = mapped_column(ForeignKey("embed_pages.id", ondelete="SET NULL"), index=True)

    code_hash: Mapped[str | None] = mapped_column(String(64))
    code_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))

    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    embed: Mapped[Embed] = relationship()


class EmbedKey(Base):
    """What a browser keeps for players on one site: good for nothing but asking for tokens. Dies with the session."""

    __tablename__ = "embed_keys"
    __table_args__ = (Index("ix_embed_keys_session_id", "session_id"), Index("ix_embed_keys_user_id", "user_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class EmbedToken(Base):
    """What one open player plays by: the token in the addresses of its files, and the one it is renewed with.

    Of a person, it dies with the session it came from; of whom a site vouches for, with the site's key; of an open
    player, it has none of these.
    """

    __tablename__ = "embed_tokens"
    __table_args__ = (
        Index("ix_embed_tokens_embed_id", "embed_id"),
        Index("ix_embed_tokens_session_id", "session_id"),
        Index("ix_embed_tokens_user_id", "user_id"),
        Index("ix_embed_tokens_key_id", "key_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    renew_hash: Mapped[str] = mapped_column(String(64), unique=True)
    embed_id: Mapped[int] = mapped_column(ForeignKey("embeds.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    key_id: Mapped[int | None] = mapped_column(ForeignKey("site_keys.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(130), default="", server_default="")
    """Whom the site vouches for, as it calls them: `user Jonas Bakke` or `group Night shift`."""
    page_id: Mapped[int | None] = mapped_column(ForeignKey("embed_pages.id", ondelete="SET NULL"), index=True)

    played: Mapped[float] = mapped_column(Float, default=0)
    """Seconds of play that its heartbeats told of."""
    counted: Mapped[bool] = mapped_column(default=False)
    """Whether it counts among the plays of its page."""

    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EmbedPage(Base):
    """A site, or a page of one, on which a player was seen. Never a query. Told by browsers: for statistics alone."""

    __tablename__ = "embed_pages"
    __table_args__ = (UniqueConstraint("embed_id", "origin", "path", "refused"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    embed_id: Mapped[int] = mapped_column(ForeignKey("embeds.id", ondelete="CASCADE"))
    origin: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(String(500), default="")
    """Empty where the player's maker did not choose to name pages."""
    refused: Mapped[bool] = mapped_column(default=False)
    """The site is none of the player's: nothing was shown there."""
    plays: Mapped[int] = mapped_column(default=0)
    loads: Mapped[int] = mapped_column(default=0)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)

    embed: Mapped[Embed] = relationship()
