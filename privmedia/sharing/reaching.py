"""Which links open a place: those to it, and those to folders above whose rules it takes over, if the maker sees it.
"""
from __future__ import annotations

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.visible import allowed, bits_for, takes_over
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.library.pointers import Place, Pointers
from privmedia.library.ways import way_up
from privmedia.sharing.models import Link
from privmedia.sharing.standing import GUEST, PlaceFolder, Standing, not_ended, rights_at, standings


class Reaching:
    """Reads only."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._pointers = Pointers(session, installation.clock)
        self._now = installation.clock()

    def opening(self, place: Place) -> list[Standing]:
        """The links by which somebody outside can open a place now, the newest first."""
        is_item = isinstance(place, Item)
        ruled_by = self._pointers.applying(place)
        above = [folder.id for folder in way_up(self._session, place.folder if isinstance(place, Item) else place)]
        made = or_(Link.folder_id.in_(above), Link.item_id == place.id) if is_item else Link.folder_id.in_(above)
        links = self._session.scalars(select(Link.id).where(made, Link.revoked_at.is_(None))).all()
        if not links:  # as at most places: then no more is asked
            return []
        here = bits_for(ruled_by, User.id, GUEST, self._now)
        leads = or_(Link.item_id.is_not(None), takes_over(ruled_by, PlaceFolder.acl_id))
        found = standings(self._now).add_columns(here).where(Link.id.in_(links), leads, not_ended(self._now))
        opening = []
        for *row, bits in self._session.execute(found.order_by(Link.id.desc())):
            one = Standing.of(row, self._now)
            own = isinstance(place, Item) and place.uploader_id == one.maker.id
            shown = not isinstance(place, Item) or place.shown
            rights = rights_at(bits, one.link.allow, admin=one.maker.is_admin, own=own, shown=shown)
            if one.works and Permission.VIEW in rights:
                opening.append(one)
        return opening

    def shared(self, identity: Identity) -> frozenset[str]:
        """The public ids of the items that somebody manages and that a link of their own opens."""
        ruled_by = func.coalesce(Item.acl_id, PlaceFolder.acl_id)
        managed = allowed(ruled_by, Item.uploader_id, identity, Permission.MANAGE, now=self._now)
        found = standings(self._now).where(Link.item_id.is_not(None), not_ended(self._now), managed)
        links = (Standing.of(row, self._now) for row in self._session.execute(found))
        return frozenset(one.place.uid for one in links if one.works)
