"""The gate's question for a player in a page of another site, whose token stands in the address: one statement.

The token is all such a request comes with, so it is decided by it alone, at every request: whose it is and whether
that session goes on, whether the player and the key of its site are there, and what that person, of a player without
sign-in its maker, may do now.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, String, bindparam, select

from privmedia.access.decision import Decision
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.visible import bits_for
from privmedia.accounts.models import User
from privmedia.db import UtcDateTime
from privmedia.delivery.files import RULED_BY, THE_FILE, to_the_file
from privmedia.embedding.models import Embed, EmbedToken, SiteKey
from privmedia.embedding.tokens import live_tokens
from privmedia.library.models import Item
from privmedia.sharing.standing import GUEST


class ByEmbed(NamedTuple):
    """What the gate found. `bits` is the number of what the rules give; what a sender needs is called as elsewhere."""

    bits: int
    shown: bool
    uploader_id: int | None
    current: int
    number: int
    filename: str
    stored_as: str
    media_type: str
    user_id: int
    user_is_admin: bool
    user_name: str
    email: str
    signed_in_as: int | None
    """Whose token it is; None for a player without sign-in, whose maker `user_id` then is."""
    token_id: int
    embed_uid: str
    embed_name: str
    site: str | None
    """Name of the key of the site that vouches for whoever it is; None unless one does."""
    label: str
    """Whom it vouches for."""

    @property
    def is_open(self) -> bool:
        return self.signed_in_as is None and self.site is None

    @property
    def goes_by(self) -> str:
        """The setting that has to allow it; empty for a person's, which needs none."""
        return "" if self.signed_in_as is not None else "embed_open" if self.site is None else "embed_signed"

    @property
    def rights(self) -> Permission:
        """View or nothing: a player never downloads, and plays what is shown now."""
        if self.number != self.current or (self.signed_in_as is None and not self.shown):
            return NOTHING
        own = self.uploader_id == self.user_id
        decision = Decision.of_bits(self.bits, admin=bool(self.user_is_admin), own=own, shown=bool(self.shown))
        return decision.rights & Permission.VIEW


def question() -> Select[*tuple[Any, ...]]:
    """Parameters: token (its hash), now, item, version (None: the current one), file."""
    now = bindparam("now", type_=UtcDateTime())
    found = select(
        bits_for(RULED_BY, User.id, GUEST, now),
        Item.shown,
        Item.uploader_id,
        Item.current,
        *THE_FILE,
        User.id,
        User.is_admin,
        User.name,
        User.email,
        EmbedToken.user_id,
        EmbedToken.id,
        Embed.uid,
        Embed.name,
        SiteKey.name,
        EmbedToken.label,
    )
    return to_the_file(live_tokens(now, found)).where(
        EmbedToken.token_hash == bindparam("token", type_=String), Embed.item_id == Item.id
    )


def answer_of(rows: Sequence[Sequence[Any]]) -> ByEmbed | None:
    return ByEmbed._make(rows[0]) if rows else None
