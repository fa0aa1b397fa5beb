"""The bin: what was deleted waits in it, seen only by those who could delete it, and comes back or goes for good.

A deletion takes one item, or one folder with all that lies in it. From then on no statement finds these rows
(`db.Binnable`): page, file, list, count, search and suggestion are gone at the next request. Here alone they are found.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, and_, insert, not_, or_, select, true, update
from sqlalchemy.orm import Session

from privmedia.access.models import Ace, AclChain
from privmedia.access.permissions import Permission
from privmedia.access.visible import allow_bits, allowed, denied_bit, rules_that_count
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.db import WITH_BIN
from privmedia.errors import Conflict, NotAllowed, NotFound
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.lists import RULED_BY
from privmedia.library.models import ROOT_ID, Deletion, DeletionRule, Folder, Item
from privmedia.library.pointers import Place, Pointers, with_it
from privmedia.library.service import Library
from privmedia.public.service import PublicCopies
from privmedia.text import Sentence
from privmedia.text import mark as _

KEPT = timedelta(days=30)
"""How long a deletion can be taken back."""
PURGE = "purge"
"""The kind of the job that takes apart what leaves the bin."""
FOLDER_GONE = _("Its folder was deleted too. Choose where it goes.")
NOT_ALL = _(
    "Some of what lies in “${name}” has rules of its own, and you may not change it. Ask somebody who manages it."
)
MANAGERS_ONLY = _("Only who manages it deletes it for good. It goes by itself when its 30 days are over.")


@dataclass(frozen=True)
class Restored:
    """What came back, where it lies now, and whether its name was taken meanwhile."""

    place: Place
    folder: Folder
    renamed: bool


class Bin:
    """Deletes, brings back, lets go. Each verb asks for the rights it needs, and leaves its line in the log."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self.library = Library(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.audit = Audit(session, installation)
        self.now = installation.clock()

    def put(self, place: Place, identity: Identity) -> Deletion:
        """Delete an item, or a folder with all in it, which the caller may edit.

        Raises NotAllowed if something in the folder may not be edited by the caller, Conflict for the library itself.
        """
        self.pointers.chains.hold()
        self.session.refresh(place)
        if place.deletion_id is not None:
            raise NotFound
        if isinstance(place, Folder):
            if place.id == ROOT_ID:
                raise Conflict("The library itself cannot be deleted.")
            if not self.may_take_along(place, identity):
                raise NotAllowed(Sentence(NOT_ALL, {"name": place.name}))
        deletion = Deletion(
            uid=new_uid(),
            is_item=isinstance(place, Item),
            top_uid=place.uid,
            deleted_by=identity.user_id,
            deleted_at=self.now,
        )
        self.session.add(deletion)
        self.session.flush()
        self._freeze(deletion, self.pointers.applying(place))
        if isinstance(place, Item):
            place.deletion_id = deletion.id
            self.audit.record(
                "item.delete", identity=identity, target=f"item:{place.uid}", detail={"name": place.title}
            )
        else:
            self._take_along(place, deletion)
            self.audit.record(
                "folder.delete", identity=identity, target=f"folder:{place.uid}", detail={"name": place.name}
            )
        self.session.flush()
        # Last: once its file is gone from the disk, only the commit is left to be done.
        PublicCopies(self.session, self.installation).withdraw_deleted(deletion.id, identity)
        return deletion

    def may_take_along(self, folder: Folder, identity: Identity) -> bool:
        """Whether the caller may edit everything in a folder: what is in the bin already does not count.

        Of a folder in the bin it is what went there with it.
        """
        if identity.is_admin:
            return True
        below = self.pointers.below(folder)
        edits_folder = allowed(Folder.acl_id, None, identity, Permission.EDIT, now=self.now)
        edits_item = allowed(RULED_BY, Item.uploader_id, identity, Permission.EDIT, now=self.now)
        folders = select(Folder.id).where(Folder.id.in_(below), with_it(Folder, folder), not_(edits_folder))
        items = (
            select(Item.id)
            .join(Folder, Folder.id == Item.folder_id)
            .where(Item.folder_id.in_(below), with_it(Item, folder), Item.acl_id.is_not(None), not_(edits_item))
        )
        return not any(
            self.session.scalar(closed.limit(1), execution_options=WITH_BIN) for closed in (folders, items)
        )

    def find(self, uid: str, identity: Identity) -> Deletion:
        """A deletion that exists for the caller. Raises NotFound."""
        query = select(Deletion).where(Deletion.uid == uid, Deletion.id.in_(self.seen(identity)))
        found = self.session.scalar(query, execution_options=WITH_BIN) if is_uid(uid) else None
        if found is None:
            raise NotFound
        return found

    def place_of(self, deletion: Deletion) -> Place:
        """The item or folder itself."""
        if deletion.is_item:
            item = select(Item).where(Item.uid == deletion.top_uid, Item.deletion_id == deletion.id)
            return self.session.scalars(item, execution_options=WITH_BIN).one()
        folder = select(Folder).where(Folder.uid == deletion.top_uid, Folder.deletion_id == deletion.id)
        return self.session.scalars(folder, execution_options=WITH_BIN).one()

    def folder_of(self, place: Place) -> Folder:
        """The folder it lay in, which may be in the bin as well."""
        number = place.folder_id if isinstance(place, Item) else place.parent_id
        return self.session.get_one(Folder, number, execution_options=WITH_BIN)

    def restore(self, deletion: Deletion, identity: Identity, *, to: Folder | None = None) -> Restored:
        """Bring back what a deletion took, under the rules that hold now: to where it lay, or into `to`.

        The caller has asked whether it may go there. Raises Conflict if its folder was deleted too.
        """
        self.pointers.chains.hold()
        place = self.place_of(deletion)
        folder = to or self.folder_of(place)
        self.session.refresh(folder)
        if folder.deletion_id is not None:
            raise Conflict(FOLDER_GONE)
        for table in (Folder, Item):
            back = update(table).where(table.deletion_id == deletion.id).values(deletion_id=None)
            self.session.execute(back, execution_options={"synchronize_session": False})
        self.session.refresh(place)
        renamed = False
        if isinstance(place, Item):
            if to is not None:
                self.pointers.put_item(place, to)
        else:
            if to is not None:
                self.pointers.put_folder(place, to)
            renamed = self.library.name_freely(place)
        self.session.delete(deletion)
        self.session.flush()
        target, name = _called(place)
        detail = {"name": name, "folder": folder.uid}
        self.audit.record("bin.restore", identity=identity, target=target, detail=detail)
        return Restored(place, folder, renamed)

    def let_go(self, deletion: Deletion, identity: Identity) -> None:
        """Delete one thing for good. Its rows and files go by a job. Raises NotAllowed for who does not manage it."""
        goes = select(Deletion.id).where(Deletion.id == deletion.id, Deletion.id.in_(self.managed(identity)))
        if self.session.scalar(goes, execution_options=WITH_BIN) is None:
            raise NotAllowed(MANAGERS_ONLY)
        target, name = _called(self.place_of(deletion))
        deletion.leaving = True
        Jobs(self.session, self.installation).enqueue(PURGE, deletion.id)
        self.audit.record("bin.purge", identity=identity, target=target, detail={"name": name})

    def empty(self, identity: Identity) -> int:
        """Delete everything for good that the caller manages in the bin; answers how many deletions that were."""
        going = self.session.scalars(self.managed(identity), execution_options=WITH_BIN).all()
        leave = update(Deletion).where(Deletion.id.in_(going)).values(leaving=True)
        self.session.execute(leave, execution_options={"synchronize_session": False})
        Jobs(self.session, self.installation).enqueue_all(PURGE, going)
        if going:
            self.audit.record("bin.empty", identity=identity, detail={"count": len(going)})
        return len(going)

    def seen(self, identity: Identity) -> Select[int]:
        """Ids of the deletions that exist for the caller: who may edit it now, and deleted it or could edit it then."""
        mine = Deletion.deleted_by == identity.user_id
        return self._with(Permission.EDIT, identity, mine)

    def managed(self, identity: Identity) -> Select[int]:
        """Ids of those to let go: who manages all of it now, and did then, may; and who deleted their own upload."""
        own = and_(Deletion.deleted_by == identity.user_id, Item.uploader_id == identity.user_id)
        seen = Deletion.id.in_(self.seen(identity))
        managed = Deletion.id.in_(self._with(Permission.MANAGE, identity, None))
        by_rules = select(Deletion.id).where(seen, managed, *self._all_managed(identity))
        by_upload = select(Deletion.id).join(Item, _TOP_ITEM).where(seen, own)
        return by_rules.union(by_upload).subquery().select()

    def _all_managed(self, identity: Identity) -> Sequence[ColumnElement[bool]]:
        """Whether the caller manages now whatever a deletion took: for good goes nothing that rules keep from them."""
        manages_folder = allowed(Folder.acl_id, None, identity, Permission.MANAGE, now=self.now)
        manages_item = allowed(RULED_BY, Item.uploader_id, identity, Permission.MANAGE, now=self.now)
        folders = select(Folder.id).where(Folder.deletion_id == Deletion.id, not_(manages_folder))
        items = (
            select(Item.id)
            .join(Folder, Folder.id == Item.folder_id)
            .where(Item.deletion_id == Deletion.id, Item.acl_id.is_not(None), not_(manages_item))
        )
        return [not_(kept.correlate(Deletion).exists()) for kept in (folders, items)]

    def _with(self, right: Permission, identity: Identity, excused: ColumnElement[bool] | None) -> Select[int]:
        """Ids of deletions where the caller has a right by the rules of now and, unless excused, by those of then."""
        now_here = allowed(Folder.acl_id, None, identity, right, now=self.now)
        now_item = allowed(RULED_BY, Item.uploader_id, identity, right, now=self.now)
        then = self._then(right, identity)
        drop_box = self._then(Permission.UPLOAD, identity)
        then_item = then
        if right is Permission.EDIT:
            then_item = or_(then, and_(Item.uploader_id == identity.user_id, drop_box))
        if excused is not None:
            then, then_item = or_(then, excused), or_(then_item, excused)
        folders = select(Deletion.id).join(Folder, _TOP_FOLDER).where(not_(Deletion.leaving), now_here, then)
        items = (
            select(Deletion.id)
            .join(Item, _TOP_ITEM)
            .join(Folder, Folder.id == Item.folder_id)
            .where(not_(Deletion.leaving), now_item, then_item)
        )
        return folders.union(items).subquery().select()

    def _then(self, right: Permission, identity: Identity) -> ColumnElement[bool]:
        """Whether the rules that were frozen with a deletion give the caller a right."""
        if identity.is_admin:
            return true()
        given = (
            select(DeletionRule.deletion_id)
            .where(DeletionRule.principal.in_(sorted(identity.principals)), DeletionRule.expires_at > self.now)
            .group_by(DeletionRule.deletion_id)
            .having(denied_bit(DeletionRule) == 0, allow_bits(DeletionRule).bitwise_and(int(right)) == int(right))
        )
        return Deletion.id.in_(given)

    def _freeze(self, deletion: Deletion, acl_id: int) -> None:
        rules = (
            select(AclChain.ancestor_id, Ace.principal, Ace.allow, Ace.deny, Ace.expires_at)
            .join(Ace, Ace.acl_id == AclChain.ancestor_id)
            .where(AclChain.acl_id == acl_id, *rules_that_count(AclChain, Ace, self.now))
        )
        frozen = [
            {
                "deletion_id": deletion.id,
                "source_id": row.ancestor_id,
                "principal": row.principal,
                "allow": row.allow,
                "deny": row.deny,
                "expires_at": row.expires_at,
            }
            for row in self.session.execute(rules)
        ]
        if frozen:
            self.session.execute(insert(DeletionRule), frozen)

    def _take_along(self, folder: Folder, deletion: Deletion) -> None:
        """Mark a folder and all that is in it and not in the bin yet, in two statements however much it is."""
        below = self.pointers.below(folder)
        quietly = {"synchronize_session": False}
        for table, inside in ((Item, Item.folder_id.in_(below)), (Folder, Folder.id.in_(below))):
            marked = update(table).where(inside, table.deletion_id.is_(None)).values(deletion_id=deletion.id)
            self.session.execute(marked, execution_options=quietly)
        self.session.refresh(folder)
        folder.name_key = f"/{folder.uid}"  # no name has a slash: the real one is free for others


_TOP_ITEM = and_(Deletion.is_item, Item.uid == Deletion.top_uid, Item.deletion_id == Deletion.id)
_TOP_FOLDER = and_(not_(Deletion.is_item), Folder.uid == Deletion.top_uid, Folder.deletion_id == Deletion.id)


def _called(place: Place) -> tuple[str, str]:
    """A place as the log targets it, and its name."""
    if isinstance(place, Item):
        return f"item:{place.uid}", place.title
    return f"folder:{place.uid}", place.name
