"""How players stand: whether one shows something now, and if not, why. One statement, however many are asked about."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from privmedia.access.decision import Decision
from privmedia.access.permissions import Permission
from privmedia.access.visible import bits_for
from privmedia.accounts.models import User
from privmedia.db import WITH_BIN
from privmedia.embedding.models import EVERYWHERE, INTRANET, NOWHERE, OPEN, SIGNED, SITES, Embed
from privmedia.library.models import Folder, Item, State
from privmedia.settings import Settings
from privmedia.sharing.standing import GUEST

SELF = "'self'"
"""In a policy: our own pages, for the preview."""


class Stand(StrEnum):
    """What has become of a player."""

    WORKS = "works"
    REMOVED = "removed"
    DELETED = "deleted"
    """Its item lies in the bin."""
    UNPLAYABLE = "unplayable"
    """Its item has nothing to play, now or at all."""
    CLOSED = "closed"
    """It was open, or went by the word of a site, and its maker may not view the item any more, its key is gone, or
    such players are forbidden now: it asks people to sign in."""


@dataclass(frozen=True)
class Standing:
    """A player with its item, its maker, and what the maker's rules give there."""

    embed: Embed
    maker: User | None
    item: Item
    folder: Folder
    bits: int
    settings: Settings

    @classmethod
    def of(cls, row: Any, settings: Settings) -> Standing:
        """From a row of `standings`."""
        embed, maker, item, folder, bits = row
        return cls(embed, maker, item, folder, bits or 0, settings)

    @property
    def exists(self) -> bool:
        """Whether there is something that the right person could watch."""
        return self.embed.removed_at is None and self.item.deletion_id is None

    @property
    def sites(self) -> tuple[str, ...]:
        """The origins its maker listed, or those of the key it goes by."""
        return tuple((self.embed.key or self.embed).sites.split())

    @property
    def listed(self) -> tuple[str, ...] | None:
        """The origins on which it may appear; None for any."""
        if self.embed.appears == EVERYWHERE:
            return None
        if self.embed.appears == NOWHERE:
            return ()
        if self.embed.audience == SIGNED:
            return self.sites
        sites = self.settings.embed_sites if self.embed.appears == INTRANET else self.sites
        return tuple(dict.fromkeys((*sites, *self.settings.embed_portals)))

    @property
    def ancestors(self) -> str:
        """The same as the value of `frame-ancestors`."""
        return "*" if self.listed is None else " ".join((SELF, *self.listed))

    @property
    def makers_rights(self) -> Permission:
        """What its maker may do with the item now; nothing without one, or while the account is disabled."""
        if self.maker is None or self.maker.disabled_at is not None:
            return Permission(0)
        own = self.item.uploader_id == self.maker.id
        return Decision.of_bits(self.bits, admin=self.maker.is_admin, own=own, shown=self.item.shown).rights

    @property
    def is_open(self) -> bool:
        """Whether whoever learns its address may watch now."""
        return self.embed.audience == OPEN and self.settings.embed_open == "allowed" and self._maker_may_watch

    @property
    def is_signed(self) -> bool:
        """Whether those may watch now for whom its site vouches."""
        allowed = self.embed.key is not None and self.settings.embed_signed == "allowed"
        return self.embed.audience == SIGNED and allowed and self._maker_may_watch

    def vouched(self, key_id: int | None) -> bool:
        """Whether those may watch now who began without signing in: for whom the site of this key vouched, or anybody.
        """
        key = self.embed.key
        return self.is_open if key_id is None else self.is_signed and key is not None and key.id == key_id

    @property
    def _maker_may_watch(self) -> bool:
        return self.exists and self.item.shown and Permission.VIEW in self.makers_rights

    @property
    def stand(self) -> Stand:
        if self.embed.removed_at is not None:
            return Stand.REMOVED
        if self.item.deletion_id is not None:
            return Stand.DELETED
        if self.item.state is not State.READY:
            return Stand.UNPLAYABLE
        if self.embed.audience in (OPEN, SIGNED) and not (self.is_open or self.is_signed):
            return Stand.CLOSED
        return Stand.WORKS

    @property
    def works(self) -> bool:
        return self.stand is Stand.WORKS

    @property
    def appears_somewhere(self) -> bool:
        return self.embed.appears != NOWHERE

    @property
    def shows_sites(self) -> bool:
        return self.embed.appears == SITES


def standings(now: datetime) -> Select[*tuple[Any, ...]]:
    """Players, each with what `Standing.of` needs, those of items in the bin as well; to be cut down by the caller."""
    bits = bits_for(func.coalesce(Item.acl_id, Folder.acl_id), User.id, GUEST, now)
    return (
        select(Embed, User, Item, Folder, bits.label("bits"))
        .join(Item, Item.id == Embed.item_id)
        .join(Folder, Folder.id == Item.folder_id)
        .outerjoin(User, User.id == Embed.maker_id)
        .options(joinedload(Embed.key))
        .execution_options(**WITH_BIN)
    )
