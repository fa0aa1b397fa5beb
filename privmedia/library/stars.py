"""Stars: what somebody marks to find it again. A star on what one may not see any more is as if it were not there."""
from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.errors import NotFound
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.lists import Lists
from privmedia.library.models import Item, Star


class Stars:
    """The marks of one person, which nobody else sees."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.lists = Lists(session, installation)
        self.now = installation.clock()

    def put(self, identity: Identity, item_uid: str, *, starred: bool) -> tuple[Item, bool]:
        """Mark an item that exists for the caller, or take the mark away; and whether that changed anything.

        Raises NotFound.
        """
        statement = self.lists.seen(identity, select(Item)).where(Item.uid == item_uid)
        item = self.session.scalar(statement) if is_uid(item_uid) else None
        if item is None:
            raise NotFound
        star = self.session.get(Star, (identity.user_id, item.id))
        if starred and star is None:
            self.session.add(Star(user_id=identity.user_id, item_id=item.id, created_at=self.now))
        elif star is not None and not starred:
            self.session.delete(star)
        self.session.flush()
        return item, starred is (star is None)
