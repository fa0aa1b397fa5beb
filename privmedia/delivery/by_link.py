"""The gate's question for a browser that came by a share link: one statement, prepared like the others.

It is asked only where the first one did not allow, so whoever has an account and a link is decided twice, separately.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, String, and_, bindparam, func, literal_column, or_, select

from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.visible import bits_for, takes_over
from privmedia.accounts.models import User
from privmedia.db import UtcDateTime
from privmedia.delivery.files import RULED_BY, THE_FILE, to_the_file
from privmedia.library.models import Folder, Item
from privmedia.sharing.models import Link, Visit
from privmedia.sharing.standing import GUEST, PlaceFolder, not_ended, not_used_up, rights_at


class ByLink(NamedTuple):
    """What the gate found for one link of the browser's. The two bits are numbers of what the maker's rules give.

    What a sender needs is called as in `gate.Answer`. Times are milliseconds since 1970.
    """

    bits: int
    place_bits: int
    """The same at the folder that is shared; at the item, where that is."""
    shown: bool
    uploader_id: int | None
    current: int
    number: int
    filename: str
    stored_as: str
    media_type: str
    maker_id: int
    maker_is_admin: bool
    maker_name: str
    allow: int
    shared_item_id: int | None
    """The item that is shared; None where a folder is, in which nobody's uploads are their own."""
    link_id: int
    link_uid: str
    link_name: str
    last_used_at: int | None
    visit_id: int

    @property
    def rights(self) -> Permission:
        """What the link may do with the file: nothing where its own place is closed to its maker, or for an older one.
        """
        if self.number != self.current:
            return NOTHING
        own = self.uploader_id == self.maker_id
        own_place = own and self.shared_item_id is not None
        who = {"admin": bool(self.maker_is_admin), "shown": bool(self.shown)}
        place = rights_at(self.place_bits, self.allow, own=own_place, **who)
        return rights_at(self.bits, self.allow, own=own, **who) if place else NOTHING


def question(*, preview: bool = False) -> Select[*tuple[Any, ...]]:
    """All links of a browser that lead to an item; `preview`: the one link to it that shows its poster to whoever asks.

    Parameters: token (the hash of the visits' token, or the link's public id), now, item, version (None: the current
    one), file.
    """
    now = bindparam("now", type_=UtcDateTime())
    asked = select(Item.folder_id.label("id")).where(Item.uid == bindparam("item", type_=String))
    above = asked.cte("above", recursive=True)
    above = above.union(select(Folder.parent_id).join(above, Folder.id == above.c.id).where(Folder.parent_id > 0))
    ruled_at_the_place = func.coalesce(PlaceFolder.acl_id, RULED_BY)
    found = select(
        bits_for(RULED_BY, User.id, GUEST, now),
        bits_for(ruled_at_the_place, User.id, GUEST, now),
        Item.shown,
        Item.uploader_id,
        Item.current,
        *THE_FILE,
        User.id,
        User.is_admin,
        User.name,
        Link.allow,
        Link.item_id,
        Link.id,
        Link.uid,
        Link.name,
        Link.last_used_at,
        literal_column("0") if preview else Visit.id,
    )
    token = bindparam("token", type_=String)
    if preview:
        links = found.join_from(Link, User, User.id == Link.maker_id)
        links = links.where(Link.uid == token, Link.preview, not_used_up())
    else:
        links = (
            found.join_from(Visit, Link, Link.id == Visit.link_id)
            .join(User, User.id == Link.maker_id)
            .where(Visit.token_hash == token, Visit.expires_at > now)
        )
    callers = links.outerjoin(PlaceFolder, PlaceFolder.id == Link.folder_id).where(not_ended(now))
    to_itself = Link.item_id == Item.id
    if preview:
        return to_the_file(callers).where(to_itself)  # a folder's preview is its name alone
    # A folder's link leads only to what goes by the folder's rules: a cut, as of a draft, is one for the link as well.
    by_folder = and_(Link.folder_id.in_(select(above.c.id)), takes_over(RULED_BY, PlaceFolder.acl_id))
    return to_the_file(callers).where(or_(to_itself, by_folder))


def best_of(rows: Iterable[Sequence[Any]]) -> ByLink | None:
    """The link that may do most; None if none leads there."""
    found = [ByLink._make(row) for row in rows]
    return max(found, key=lambda one: (one.rights.value, one.link_id), default=None)
