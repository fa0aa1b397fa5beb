"""How links stand: what each may do now, or why it does no more. One statement, whatever is asked of how many links.

A link may do its permissions and no more than its maker may do at its place now: the maker's rules are read in the same
statement as the link, at every request.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Select, and_, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from privmedia.access.decision import Decision
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.visible import Moment, bits_for
from privmedia.accounts.models import User
from privmedia.library.models import Folder, Item
from privmedia.sharing.models import Link

PlaceFolder = aliased(Folder)
"""The folder that is shared, or in which the shared item lies."""
GUEST = type_coerce(User.is_guest, Boolean)


class State(StrEnum):
    """What has become of a link."""

    WORKS = "works"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED_UP = "used up"
    """Opened as often as its maker allowed, or took as much. Who has it open goes on for a while."""
    MAKER_GONE = "maker gone"
    """Its maker's account is disabled."""
    MAKER_LOST_IT = "maker lost it"
    """Its maker may not view the place any more; or may not keep drafts there, where it takes files."""


@dataclass(frozen=True)
class Standing:
    """A link with its place, its maker, and what the maker's rules give there."""

    link: Link
    maker: User
    item: Item | None
    folder: Folder
    bits: int
    now: datetime

    @classmethod
    def of(cls, row: Any, now: datetime) -> Standing:
        """From a row of `standings`."""
        link, maker, item, folder, bits = row
        return cls(link, maker, item, folder, bits, now)

    @property
    def place(self) -> Item | Folder:
        return self.folder if self.item is None else self.item

    @property
    def title(self) -> str:
        return self.folder.name if self.item is None else self.item.title

    @property
    def rights(self) -> Permission:
        """What the link may do at its place; nothing if it does not work."""
        if self.link.revoked_at is not None or self.link.expires_at <= self.now or self.maker.disabled_at is not None:
            return NOTHING
        if self.is_request:
            return Permission.UPLOAD if self.lasts_with(self.makers_rights) else NOTHING
        return rights_at(
            self.bits,
            self.link.allow,
            admin=self.maker.is_admin,
            own=self.item is not None and self.item.uploader_id == self.maker.id,
            shown=self.item is None or self.item.shown,
        )

    @property
    def state(self) -> State:
        link = self.link
        if link.revoked_at is not None:
            return State.REVOKED
        if link.expires_at <= self.now:
            return State.EXPIRED
        if self.maker.disabled_at is not None:
            return State.MAKER_GONE
        if self.rights == NOTHING:
            return State.MAKER_LOST_IT
        if self.is_used_up:
            return State.USED_UP
        return State.WORKS

    @property
    def is_request(self) -> bool:
        """Whether it takes files, and shows nothing."""
        return Permission(self.link.allow) == Permission.UPLOAD

    @property
    def is_used_up(self) -> bool:
        """Whether it was opened as often, or took as much, as its maker allowed."""
        link = self.link
        if not self.is_request:
            return link.most_viewings is not None and link.viewings >= link.most_viewings
        full = link.most_bytes is not None and link.taken_bytes >= link.most_bytes
        return full or (link.most_files is not None and link.taken_files >= link.most_files)

    def lasts_with(self, makers_rights: Permission) -> bool:
        """Whether it works while its maker has these rights at its place. Only who manages a folder has drafts there.
        """
        return (Permission.MANAGE if self.is_request else Permission.VIEW) in makers_rights

    @property
    def makers_rights(self) -> Permission:
        """What the maker may do at the place, whatever has become of the link."""
        own = self.item is not None and self.item.uploader_id == self.maker.id
        shown = self.item is None or self.item.shown
        return Decision.of_bits(self.bits, admin=self.maker.is_admin, own=own, shown=shown).rights

    @property
    def maker_sees_it(self) -> bool:
        """Whether the place exists for the maker, so that its name may be told to them."""
        return Permission.VIEW in self.makers_rights

    @property
    def maker_manages_it(self) -> bool:
        """Whether the maker could make such a link still, and so may extend this one."""
        return Permission.MANAGE in self.makers_rights

    @property
    def may_download(self) -> bool:
        """Whether it was made to download as well."""
        return Permission.DOWNLOAD in Permission(self.link.allow)

    @property
    def days_left(self) -> int:
        """Days until it ends by itself, begun ones counted; 0 if it has."""
        return max(0, -((self.now - self.link.expires_at) // timedelta(days=1)))

    @property
    def works(self) -> bool:
        """Whether somebody can open it."""
        return self.state is State.WORKS


def rights_at(bits: int, allow: int, *, admin: bool, own: bool, shown: bool) -> Permission:
    """What a link may do where its maker's rules give `bits`. There is nothing to share until there is to view."""
    if not shown:
        return NOTHING
    rights = Decision.of_bits(bits, admin=admin, own=own).rights & Permission(allow)
    return rights if Permission.VIEW in rights else NOTHING


def not_ended(now: Moment) -> ColumnElement[bool]:
    """SQL: neither revoked nor expired, and the maker not disabled. Needs both tables in the statement."""
    return and_(Link.revoked_at.is_(None), Link.expires_at > now, User.disabled_at.is_(None))


def not_used_up() -> ColumnElement[bool]:
    """SQL: not opened as often as its maker allowed."""
    return or_(Link.most_viewings.is_(None), Link.viewings < Link.most_viewings)


def standings(now: datetime) -> Select[*tuple[Any, ...]]:
    """Links, each with what `Standing.of` needs; to be cut down by the caller."""
    bits = bits_for(func.coalesce(Item.acl_id, PlaceFolder.acl_id), User.id, GUEST, now)
    return (
        select(Link, User, Item, PlaceFolder, bits.label("bits"))
        .join(User, User.id == Link.maker_id)
        .outerjoin(Item, Item.id == Link.item_id)
        .join(PlaceFolder, PlaceFolder.id == func.coalesce(Item.folder_id, Link.folder_id))
    )
