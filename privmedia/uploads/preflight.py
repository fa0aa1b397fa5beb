"""What is asked before a file is sent: folders for a tree, the same file elsewhere; and how far what was sent is."""
from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.errors import Invalid, NotAllowed
from privmedia.installation import Installation
from privmedia.library.cards import ItemCard
from privmedia.library.lists import Lists
from privmedia.library.models import Folder, Item, Version
from privmedia.library.service import Library
from privmedia.library.shelves import Shelves
from privmedia.media.words import recalled
from privmedia.text import Sentence, name_key
from privmedia.text import mark as _
from privmedia.uploads.service import Uploads, as_of_now

MOST_FOLDERS = 1000
"""Folders made for one tree."""
MOST_ASKED = 200
"""Items looked at in one question."""

NO_FOLDERS_HERE = _("You may not make folders in “${name}”: all files go to it.")
TOO_MANY_FOLDERS = _("That is more than ${count} folders at once. Add the tree in parts.")


@dataclass(frozen=True)
class Twin:
    """An item whose file is the same, byte for byte; it exists for whoever asks."""

    uid: str
    title: str


@dataclass(frozen=True)
class Sent:
    """An item that was uploaded, as far as it is."""

    card: ItemCard
    reason: str | Sentence
    """Why it could not be prepared; "" where it could."""
    twin: Twin | None
    """Another item with the same file."""


class Preflight:
    """Questions around uploads. Every verb runs in the caller's transaction and commits nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._lists = Lists(session, installation)

    def is_size_known(self, identity: Identity, size: int) -> bool:
        """Whether something that exists for the caller has exactly so many bytes: only then a sum is worth making."""
        found = self._lists.seen(identity, select(Item.id)).where(Version.size == size).limit(1)
        return self._session.scalar(found) is not None

    def twin(self, identity: Identity, size: int, sha256: str) -> Twin | None:
        """The newest item with this file among those that exist for the caller."""
        same = (Version.size == size, Version.sha256 == sha256)
        found = self._lists.seen(identity, select(Item.uid, Item.title)).where(*same).order_by(Item.id.desc()).limit(1)
        row = self._session.execute(found).first()
        return Twin(row.uid, row.title) if row is not None else None

    def sent(self, identity: Identity, uids: Sequence[str]) -> list[Sent]:
        """How far items are, of those that exist for the caller, in no order."""
        shown = select(Item.id, Item.reason).where(Item.uid.in_(uids[:MOST_ASKED]))
        rows = self._session.execute(self._lists.seen(identity, shown)).all()
        reasons = {row.id: recalled(row.reason) if row.reason else "" for row in rows}
        cards = Shelves(self._session, self._installation).cards(identity, list(reasons))
        twins = self._twins(identity, list(reasons))
        return [Sent(card, reasons[item_id], twins.get(item_id)) for item_id, card in cards.items()]

    def make_folders(self, identity: Identity, folder_uid: str, paths: Collection[Sequence[str]]) -> list[str]:
        """The public ids of the folders down these ways from a folder; those that are missing are made.

        Raises NotAllowed where folders may not be made, Invalid for names that cannot be used or too many, Conflict
        for a name that is taken, and as `Uploads.folder`.
        """
        by = as_of_now(self._session, identity)
        if len(paths) > MOST_FOLDERS:
            raise Invalid(Sentence(TOO_MANY_FOLDERS, {"count": MOST_FOLDERS}))
        start = Uploads(self._session, self._installation).folder(identity, folder_uid)
        made: dict[tuple[str, ...], Folder] = {(): start}
        for path in paths:
            for length in range(1, len(path) + 1):
                way = tuple(path[:length])
                if way not in made:
                    made[way] = self._inside(by, made[way[:-1]], way[-1])
        return [made[tuple(path)].uid for path in paths]

    def _inside(self, identity: Identity, parent: Folder, name: str) -> Folder:
        """The folder of this name in another one, made if need be."""
        access = Access(self._session, self._installation)
        there = select(Folder).where(Folder.parent_id == parent.id, Folder.name_key == name_key(name))
        found = self._session.scalars(there).one_or_none()
        if found is not None and Permission.UPLOAD in access.decision(identity, found.acl_id).folder_rights:
            return found
        if Permission.EDIT not in access.decision(identity, parent.acl_id).folder_rights:
            raise NotAllowed(Sentence(NO_FOLDERS_HERE, {"name": parent.name}))
        folder = Library(self._session, self._installation).add_folder(parent=parent, name=name, by=identity.user_id)
        Audit(self._session, self._installation).record(
            "folder.add", identity=identity, target=f"folder:{folder.uid}"
        )
        return folder

    def _twins(self, identity: Identity, item_ids: Sequence[int]) -> dict[int, Twin]:
        mine = aliased(Version)
        columns = select(mine.item_id, Item.uid, Item.title)
        twins = (
            self._lists.seen(identity, columns.select_from(Item))
            .join(mine, (mine.sha256 == Version.sha256) & (mine.size == Version.size) & (mine.item_id != Item.id))
            .where(mine.item_id.in_(item_ids), mine.sha256.is_not(None))
            .order_by(Item.id)
        )
        return {row.item_id: Twin(row.uid, row.title) for row in self._session.execute(twins)}
