"""Which rules apply to which folder and item: the pointers from the tree of folders into the tree of ACLs.

Every folder points to the nearest ACL, its own or one above; an item only to its own, if it has one. So rules for a
folder with a million items touch folders alone. Access keeps the chains of ACLs; this module keeps the pointers in step
with them, in one transaction, and is all that moves a folder or gives one rules of its own. What lies in the bin keeps
its pointers and is kept in step as well: it comes back under the rules that hold then.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlalchemy.orm import Session, aliased

from privmedia.access.chains import Chains
from privmedia.access.explanation import WHOLE_LIBRARY
from privmedia.access.models import Acl
from privmedia.access.visible import folder_seen, item_seen, standing_of
from privmedia.accounts.identity import Identity
from privmedia.clock import Clock
from privmedia.db import WITH_BIN, once
from privmedia.errors import Conflict, NotFound
from privmedia.library.models import ROOT_ACL_ID, ROOT_ID, Folder, Item
from privmedia.text import Sentence, Words

Place: TypeAlias = Folder | Item


@dataclass(frozen=True)
class PlaceName:
    """A folder or an item, as sentences name it and addresses reach it."""

    name: str
    uid: str
    is_item: bool = False
    is_root: bool = False

    @property
    def words(self) -> Words:
        return Sentence(WHOLE_LIBRARY) if self.is_root else self.name


def with_it(table: type[Folder | Item], folder: Folder) -> ColumnElement[bool]:
    """Whether rows are present as a folder is; of a folder in the bin, whether they went there with it.

    For statements by WITH_BIN over what lies below it.
    """
    return table.deletion_id.is_not_distinct_from(folder.deletion_id)


class Pointers:
    """Reads and changes `folders.acl_id` and `items.acl_id`."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self.session = session
        self.chains = Chains(session)
        self.clock = clock

    def applying(self, place: Place) -> int:
        """The ACL that applies to a folder or an item."""
        if isinstance(place, Item):
            return place.acl_id if place.acl_id is not None else place.folder.acl_id
        return place.acl_id

    def own(self, place: Place) -> int | None:
        """The ACL of this very folder or item; None if it goes by the rules from above."""
        if isinstance(place, Item) or place.parent_id is None:
            return place.acl_id
        above = self.session.scalar(
            select(Folder.acl_id).where(Folder.id == place.parent_id), execution_options=WITH_BIN
        )
        return place.acl_id if place.acl_id != above else None

    def give_own(self, place: Place) -> int:
        """Make sure a folder or item has an ACL of its own; answers its id."""
        self._hold(place)
        own = self.own(place)
        if own is not None:
            return own
        before = self.applying(place)
        own = self.chains.add(before)
        if isinstance(place, Item):
            place.acl_id = own
            self.session.flush()
        else:
            self._repoint(place, before, own)
        return own

    def take_own_away(self, place: Place) -> None:
        """Let a folder or item, with all below, go by the rules from above; its own are lost.

        The library itself keeps its list: there is nothing above it.
        """
        self._hold(place)
        own = self.own(place)
        if own is None or (isinstance(place, Folder) and place.id == ROOT_ID):
            return
        if isinstance(place, Item):
            place.acl_id = None
            self.session.flush()
        else:
            above = self.session.scalar(select(Acl.parent_id).where(Acl.id == own))
            self._point({own}, above, self.below(place))
        self.chains.remove(own)

    def hold_place(self, parent: Folder) -> int:
        """Keep others from moving or deleting a folder, or changing which rules apply, until the transaction ends.

        Answers the ACL that applies to what is put into it. Raises NotFound if it is gone.
        """
        self.chains.hold_still()
        acl_id: int | None = self.session.scalar(select(Folder.acl_id).where(Folder.id == parent.id))
        if acl_id is None:
            raise NotFound
        return acl_id

    def put_folder(self, folder: Folder, parent: Folder) -> None:
        """Move a folder, with all below it, under another one and under its rules.

        Raises Conflict for a folder that would lie in itself, NotFound if the other one was deleted meanwhile.
        """
        self._hold(folder)
        self.session.refresh(parent)
        if parent.deletion_id is not None:
            raise NotFound
        inside = self.session.scalars(self.below(folder), execution_options=WITH_BIN)
        if folder.id == ROOT_ID or parent.id in inside.all():
            raise Conflict("A folder cannot be moved into itself.")
        own = self.own(folder)
        before = folder.acl_id
        folder.parent_id = parent.id
        self.session.flush()
        if own is not None:
            self.chains.hang([own], parent.acl_id)
        elif before != parent.acl_id:
            self._repoint(folder, before, parent.acl_id)

    def put_item(self, item: Item, folder: Folder) -> None:
        """Move an item into another folder and under its rules. Raises NotFound if that was deleted meanwhile."""
        self._hold(item)
        self.session.refresh(folder)
        if folder.deletion_id is not None:
            raise NotFound
        item.folder_id = folder.id
        self.session.flush()
        self.session.expire(item, ["folder"])
        if item.acl_id is not None:
            self.chains.hang([item.acl_id], folder.acl_id)

    def names(self, acl_ids: Collection[int], identity: Identity | None = None) -> dict[int, str]:
        """Names of the places that ACLs belong to: all of them, or only of those that exist for somebody."""
        return {acl_id: str(place.words) for acl_id, place in self.places(acl_ids, identity).items()}

    def places(self, acl_ids: Collection[int], identity: Identity | None = None) -> dict[int, PlaceName]:
        """The places that ACLs belong to: all of them, or only those that exist for somebody."""
        caller = None if identity is None else (identity.user_id, identity.principals)
        key = ("places", frozenset(acl_ids), caller)
        return once(self.session, key, lambda: self._places(acl_ids, identity))

    def _places(self, acl_ids: Collection[int], identity: Identity | None) -> dict[int, PlaceName]:
        now = self.clock()
        above = aliased(Folder)
        # Most folders go by the root's list: that it is the root's is known without looking at them.
        others = [acl_id for acl_id in acl_ids if acl_id != ROOT_ACL_ID]
        folders = (
            select(Folder.acl_id, Folder.name, Folder.uid)
            .join(above, above.id == Folder.parent_id)
            .where(Folder.acl_id.in_(others), above.acl_id != Folder.acl_id)
        )
        items = select(Item.acl_id, Item.title, Item.uid).where(Item.acl_id.in_(others))
        if identity is not None:
            standing = standing_of(self.session, identity, now)
            folders = folders.where(folder_seen(Folder.acl_id, identity, now=now, standing=standing))
            seen = item_seen(Item.acl_id, Item.uploader_id, Item.shown, identity, now=now, standing=standing)
            items = items.where(seen)
        found: dict[int, PlaceName] = {}
        if others:
            found |= {row.acl_id: PlaceName(row.title, row.uid, is_item=True) for row in self.session.execute(items)}
            found |= {row.acl_id: PlaceName(row.name, row.uid) for row in self.session.execute(folders)}
        if ROOT_ACL_ID in acl_ids:
            root = self.session.get_one(Folder, ROOT_ID)
            found[ROOT_ACL_ID] = PlaceName(root.name, root.uid, is_root=True)
        return found

    def differences(self) -> list[str]:
        """Where pointers and lists of rules do not fit together, a sentence each; empty when all is well."""
        above_it, belongings = self._lists(), self._belongings()
        wrong = [
            f"{owner} has ACL {acl_id}, which hangs below {above_it[acl_id]} and not below {above}."
            for owner, acl_id, above in belongings
            if above_it[acl_id] != above
        ]
        owners = Counter(acl_id for _owner, acl_id, _above in belongings)
        wrong += [f"ACL {acl_id} belongs to {owners[acl_id]} places." for acl_id in above_it if owners[acl_id] != 1]
        return [*wrong, *self.chains.differences()]

    def mend(self) -> tuple[int, int]:
        """Hang lists of rules below each other as the folders lie that they belong to, and work out their chains anew.

        How many hung wrong, and how many chains were. A list that belongs to several places or none stays as it is:
        whose it is cannot be told.
        """
        self.chains.hold()
        above_it, belongings = self._lists(), self._belongings()
        owners = Counter(acl_id for _owner, acl_id, _above in belongings)
        wrong = {
            acl_id: above
            for _owner, acl_id, above in belongings
            if owners[acl_id] == 1 and above is not None and above_it[acl_id] != above
        }
        for acl_id, above in wrong.items():
            self.chains.hang([acl_id], above)
        chains = len(self.chains.differences())
        if chains:
            self.chains.rechain()
        return len(wrong), chains

    def _lists(self) -> dict[int, int | None]:
        """Every list of rules, with the one above it."""
        return {row.id: row.parent_id for row in self.session.execute(select(Acl.id, Acl.parent_id))}

    def _belongings(self) -> list[tuple[str, int, int | None]]:
        """Every place with rules of its own, their list, and the list that applies above it."""
        folders = select(Folder.id, Folder.uid, Folder.parent_id, Folder.acl_id)
        rows = self.session.execute(folders, execution_options=WITH_BIN).all()
        acl_of_folder = {row.id: row.acl_id for row in rows}
        belongings = [
            (f"Folder {row.uid}", row.acl_id, acl_of_folder.get(row.parent_id))
            for row in rows
            if row.acl_id != acl_of_folder.get(row.parent_id)
        ]
        items = select(Item.uid, Item.acl_id, Folder.acl_id.label("above")).join(Folder).where(Item.acl_id.is_not(None))
        found = self.session.execute(items, execution_options=WITH_BIN)
        return [*belongings, *((f"Item {row.uid}", row.acl_id, row.above) for row in found)]

    def _hold(self, place: Place) -> None:
        """Keep others from changing the structure, and look at the place as it is now, not as it was loaded."""
        self.session.flush()
        self.chains.hold()
        self.session.refresh(place)
        if isinstance(place, Item):
            self.session.refresh(place.folder)

    def below(self, folder: Folder) -> Select[int]:
        """The ids of a folder and of all folders below it."""
        tree = select(Folder.id).where(Folder.id == folder.id).cte("tree", recursive=True)
        tree = tree.union(select(Folder.id).join(tree, Folder.parent_id == tree.c.id))
        return select(tree.c.id)

    def _repoint(self, folder: Folder, before: int, after: int) -> None:
        """Let what goes by one ACL in a subtree go by another: folders, and the ACLs that hang from it there."""
        below = self.below(folder)
        in_the_subtree = or_(
            Acl.id.in_(select(Folder.acl_id).where(Folder.id.in_(below))),
            Acl.id.in_(select(Item.acl_id).where(Item.folder_id.in_(below), Item.acl_id.is_not(None))),
        )
        hanging = self.session.scalars(
            select(Acl.id).where(Acl.parent_id == before, Acl.id != after, in_the_subtree),
            execution_options=WITH_BIN,
        ).all()
        self._point({before}, after, below)
        self.chains.hang(hanging, after)

    def _point(self, before: Collection[int], after: int | None, below: Select[int]) -> None:
        self.session.execute(
            update(Folder).where(Folder.acl_id.in_(before), Folder.id.in_(below)).values(acl_id=after),
            execution_options={"synchronize_session": "fetch"},
        )
