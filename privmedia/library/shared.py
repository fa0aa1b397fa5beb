"""What was shared with somebody apart from the folder it lies in: how much there is, for the side bar."""
from __future__ import annotations

from sqlalchemy import ColumnElement, Select, and_, func, not_, select
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.installation import Installation
from privmedia.library.cards import Count
from privmedia.library.lists import Lists
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.tree import MOST_BRANCHES, Tree

MOST = 99
"""The side bar counts no further."""


class SharedWithMe:
    """Folders and items that exist for somebody to whom the folder they lie in does not."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.lists = Lists(session, installation)
        self.tree = Tree(session, installation)

    def count(self, identity: Identity) -> Count:
        """How many there are, no further than the side bar says."""
        if identity.is_admin:
            return Count(0)
        # Where the side bar has room for all folders at the top, those that stand there for this reason are known.
        tops = self.tree.tops(identity, limit=MOST_BRANCHES + 1)
        if len(tops) <= MOST_BRANCHES:
            folders = sum(1 for row in tops if row.parent_id != ROOT_ID)
        else:
            folders = self._counted(select(Folder.id).where(self._folder_stands_apart(identity)))
        number = folders + self._counted(self._items(identity))
        return Count(min(number, MOST), number > MOST)

    def _counted(self, statement: Select[int]) -> int:
        return self.session.scalar(select(func.count()).select_from(statement.limit(MOST + 1).subquery())) or 0

    def _folder_stands_apart(self, identity: Identity) -> ColumnElement[bool]:
        return and_(Folder.id != ROOT_ID, self.lists.folder_exists(identity), self.tree.below_hidden(identity))

    def _items(self, identity: Identity) -> Select[int]:
        return (
            select(Item.id)
            .join(Folder, Folder.id == Item.folder_id)
            .where(Item.acl_id > 0, self.lists.exists(identity), not_(self.lists.folder_exists(identity)))
        )
