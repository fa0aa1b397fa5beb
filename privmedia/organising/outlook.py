"""What deleting would stop, before it is done: how much it is, and for how many people."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.access.service import Access
from privmedia.access.visible import folder_seen, item_seen
from privmedia.accounts.identity import Identity
from privmedia.embedding.pages import Pages
from privmedia.installation import Installation
from privmedia.library.lists import RULED_BY
from privmedia.library.models import Folder, Item, Version
from privmedia.library.pointers import Pointers
from privmedia.organising.bin import Bin
from privmedia.public.service import PublicCopies
from privmedia.sharing.stopping import Stopping


@dataclass(frozen=True)
class Outlook:
    """One thing that would go."""

    uid: str
    kind: str
    """video, audio, image, document or folder."""
    name: str
    size: int
    """Bytes, all versions together, of what the reader sees of it."""
    viewers: int
    """How many people see it now; administrators are not counted."""
    links: int
    """How many share links to it, or into it, work now and would stop."""
    pages: tuple[str, ...] = ()
    """The pages of other sites that show it now, as far as is known."""
    public: int = 0
    """How many public addresses stop with it."""
    items: int = 1
    folders: int = 0


class Outlooks:
    """Looks, and changes nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.stopping = Stopping(session, installation)
        self.bin = Bin(session, installation)
        self.public = PublicCopies(session, installation)
        self.pages = Pages(session, installation)
        self.now = installation.clock()

    def of_items(self, items: Iterable[Item], reader: Identity) -> list[Outlook]:
        """One for each of some items, in their order."""
        items = list(items)
        query = select(Version.item_id, func.sum(Version.size)).where(Version.item_id.in_([item.id for item in items]))
        sizes = {row.item_id: row[1] for row in self.session.execute(query.group_by(Version.item_id))}
        public = self.public.of_items([item.id for item in items])
        return [
            Outlook(
                item.uid,
                item.kind.value,
                item.title,
                sizes.get(item.id, 0),
                self._viewers(item),
                len(self.stopping.leading_to(item)),
                pages=tuple(page.name for page in self.pages.showing([item.id])),
                public=int(item.id in public),
            )
            for item in items
        ]

    def of_folder(self, folder: Folder, reader: Identity) -> Outlook:
        """A folder, with the numbers of what the reader sees in it."""
        below = self.pointers.below(folder)
        seen = folder_seen(Folder.acl_id, reader, now=self.now)
        folders = select(func.count()).select_from(Folder).where(Folder.id.in_(below), Folder.id != folder.id, seen)
        inside = (
            select(func.count(Item.id.distinct()), func.sum(Version.size))
            .join(Folder, Folder.id == Item.folder_id)
            .join(Version, Version.item_id == Item.id)
            .where(Item.folder_id.in_(below))
            .where(item_seen(RULED_BY, Item.uploader_id, Item.shown, reader, now=self.now))
        )
        items, size = self.session.execute(inside).one()
        all_of_it = self.bin.may_take_along(folder, reader)
        return Outlook(
            folder.uid,
            "folder",
            folder.name,
            size or 0,
            self.access.audience(folder.acl_id).viewers,
            # Who may not change all of it is told nothing of what lies inside.
            len(self.stopping.leading_to(folder)) if all_of_it else 0,
            pages=tuple(page.name for page in self.pages.showing_below(folder, reader)),
            public=self.public.among([folder]) if all_of_it else 0,
            items=items,
            folders=self.session.scalar(folders) or 0,
        )

    def _viewers(self, item: Item) -> int:
        acl_id = self.pointers.applying(item)
        return self.access.audience(acl_id, owner_id=item.uploader_id, shown=item.shown).viewers
