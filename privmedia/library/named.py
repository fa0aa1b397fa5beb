"""Where rules name a person or a group, and what becomes of those rules when the person or group is gone."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from privmedia.access import principals
from privmedia.access.models import Ace
from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.accounts.models import Membership, User
from privmedia.clock import FOREVER
from privmedia.db import WITH_BIN
from privmedia.installation import Installation
from privmedia.library.models import ROOT_ID, DeletionRule, Folder, Item
from privmedia.library.pointers import Place, Pointers

SEPARATOR = " / "
NO_OPTIONS: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Use:
    """One place whose own rules name somebody."""

    place: Place
    path: str
    """Names from the top down; empty for the library itself."""
    allow: Permission
    deny: bool
    until: datetime | None
    ended: bool

    @property
    def is_folder(self) -> bool:
        return isinstance(self.place, Folder)

    @property
    def rights(self) -> list[str]:
        """The names of what it gives: only MANAGE where that is in it, because it brings everything."""
        if Permission.MANAGE in self.allow:
            return [Permission.MANAGE.name or ""]
        return [permission.name or "" for permission in Permission if permission in self.allow]

    @property
    def words(self) -> str:
        """`View, Download`, `Manage` or `Block`, for a line of the log."""
        return "Block" if self.deny else ", ".join(right.capitalize() for right in self.rights)


class Named:
    """The rules of one principal, wherever they are."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._access = Access(session, installation)
        self._pointers = Pointers(session, installation.clock)
        self._now = installation.clock()

    def uses(self, principal: str, *, with_bin: bool = False) -> list[Use]:
        """Every place whose own rules name it, by path."""
        rules = {ace.acl_id: ace for ace in self._session.scalars(select(Ace).where(Ace.principal == principal))}
        found = [
            Use(
                place=place,
                path=self._path(place),
                allow=Permission(rules[acl_id].allow),
                deny=rules[acl_id].deny,
                until=None if rules[acl_id].expires_at >= FOREVER else rules[acl_id].expires_at,
                ended=rules[acl_id].expires_at <= self._now,
            )
            for acl_id, place in self._places(rules.keys(), WITH_BIN if with_bin else NO_OPTIONS).items()
        ]
        return sorted(found, key=lambda use: (use.path.casefold(), use.place.uid))

    def counts(self, group_ids: Collection[int]) -> dict[int, int]:
        """In how many places rules name each of these groups."""
        named = {principals.group(group_id): group_id for group_id in group_ids}
        rows = self._session.execute(
            select(Ace.principal, func.count()).where(Ace.principal.in_(sorted(named))).group_by(Ace.principal)
        )
        return {named[principal]: count for principal, count in rows}

    def managed_alone(self, user: User) -> list[Use]:
        """The places nobody else could manage if this person did not; administrators, who always can, are not asked."""
        if user.is_admin or user.disabled_at is not None:
            return []
        mine = [principals.user(user.id), *map(principals.group, self._groups_of_one(user))]
        managing = select(Ace.acl_id).where(
            Ace.principal.in_(mine),
            Ace.allow.bitwise_and(int(Permission.MANAGE)) > 0,
            not_(Ace.deny),
            Ace.expires_at > self._now,
        )
        alone = [acl_id for acl_id in set(self._session.scalars(managing)) if self._managers(acl_id) == {user.id}]
        found = [
            Use(place, self._path(place), Permission.MANAGE, False, None, False)
            for place in self._places(alone).values()
        ]
        return sorted(found, key=lambda use: (use.path.casefold(), use.place.uid))

    def remove(self, principal: str) -> list[str]:
        """Take every rule of a principal away; answers each as a line: where it was and what it gave."""
        gone = []
        self._session.execute(delete(DeletionRule).where(DeletionRule.principal == principal))
        for use in self.uses(principal, with_bin=True):
            own = self._pointers.own(use.place)
            if own is None:
                continue
            self._access.clear_rule(own, principal)
            if self._access.is_plain(own):
                self._pointers.take_own_away(use.place)
            gone.append(f"{use.path or 'the whole library'}: {use.words}")
        return gone

    def _groups_of_one(self, user: User) -> list[int]:
        """The groups in which this person is the only one who is active and no administrator."""
        active = (
            select(Membership.group_id)
            .join(User, User.id == Membership.user_id)
            .where(User.disabled_at.is_(None), not_(User.is_admin))
            .group_by(Membership.group_id)
            .having(func.count() == 1)
        )
        mine = select(Membership.group_id).where(Membership.user_id == user.id, Membership.group_id.in_(active))
        return list(self._session.scalars(mine))

    def _managers(self, acl_id: int) -> set[int]:
        rights = self._access.audience(acl_id).rights
        return {user_id for user_id, may in rights.items() if Permission.MANAGE in may}

    def _places(self, acl_ids: Collection[int], options: Mapping[str, Any] = NO_OPTIONS) -> dict[int, Place]:
        """The folder or item that each list of rules belongs to."""
        above = aliased(Folder)
        folders = (
            select(Folder)
            .outerjoin(above, above.id == Folder.parent_id)
            .where(Folder.acl_id.in_(sorted(acl_ids)), or_(above.id.is_(None), above.acl_id != Folder.acl_id))
        )
        found = self._session.scalars(folders, execution_options=options)
        places: dict[int, Place] = {folder.acl_id: folder for folder in found}
        items = select(Item).where(Item.acl_id.in_(sorted(acl_ids)))
        for item in self._session.scalars(items, execution_options=options):
            if item.acl_id is not None:
                places[item.acl_id] = item
        return places

    def _path(self, place: Place) -> str:
        names, folder = ([], place) if isinstance(place, Folder) else ([place.title], place.folder)
        while folder.id != ROOT_ID and folder.parent_id is not None:
            names.insert(0, folder.name)
            folder = self._session.get_one(Folder, folder.parent_id, execution_options=WITH_BIN)
        return SEPARATOR.join(names)
