"""What somebody selected in a list: the items that exist for them, and which of those they may change."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.visible import allowed, item_seen
from privmedia.accounts.identity import Identity
from privmedia.ids import is_uid
from privmedia.installation import Installation
from privmedia.library.lists import RULED_BY
from privmedia.library.models import Folder, Item
from privmedia.text import Plural, Sentence, listed
from privmedia.text import mark as _

MOST = 200
"""How many can be changed at once: an address names them all."""
NAMED = 3
STAY = Plural("You cannot edit ${names}. It stays as it is.", "You cannot edit ${names}. They stay as they are.")
NOT_MANAGED = Plural("You do not manage ${names}.", "You do not manage ${names}.")
NONE_IS_SHARED = Plural("It cannot be shared.", "None of the ${count} can be shared.")
SOME_ARE_SHARED = Plural("${count} of ${all} can be shared.", "${count} of ${all} can be shared.")
NONE_MOVES = Plural("It cannot be moved.", "None of the ${count} can be moved.")
NONE_GOES = Plural("It cannot be deleted.", "None of the ${count} can be deleted.")
NONE_IS_TAGGED = Plural("It cannot be tagged.", "None of the ${count} can be tagged.")
SOME_MOVE = Plural("${count} of ${all} can be moved.", "${count} of ${all} can be moved.")
SOME_GO = Plural("${count} of ${all} can be deleted.", "${count} of ${all} can be deleted.")
SOME_ARE_TAGGED = Plural("${count} of ${all} can be tagged.", "${count} of ${all} can be tagged.")


@dataclass(frozen=True)
class Selected:
    """Some items. What does not exist for the caller was never in it."""

    items: Sequence[Item]
    """Those the caller may do it with, in the order they were given."""
    others: Sequence[Item]
    """Those the caller may only see."""

    def shortfall(self, none: Plural, some: Plural, stay: Plural = STAY) -> list[Sentence]:
        """What cannot be done with all of them, named, and why; nothing if all can."""
        if not self.others:
            return []
        count, whole = len(self.items), len(self.items) + len(self.others)
        first = Sentence(some, {"count": count, "all": whole}) if count else Sentence(none, {"count": whole})
        quoted = [Sentence(_("“${title}”"), {"title": item.title}) for item in self.others]
        return [first, Sentence(stay, {"names": listed(quoted, most=NAMED), "count": len(quoted)})]


class Selection:
    """Reads what was selected."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.now = installation.clock()

    def of(self, uids: Iterable[str], identity: Identity, right: Permission = Permission.EDIT) -> Selected:
        """The items of some public ids, each once and at most MOST of them: those with this right, and the others."""
        wanted = list(dict.fromkeys(uid for uid in uids if is_uid(uid)))[:MOST]
        seen = item_seen(RULED_BY, Item.uploader_id, Item.shown, identity, now=self.now)
        may = allowed(RULED_BY, Item.uploader_id, identity, right, now=self.now)
        query = select(Item, may.label("may")).join(Folder, Folder.id == Item.folder_id)
        rows = self.session.execute(query.where(Item.uid.in_(wanted), seen)).all()
        found = {item.uid: (item, bool(may)) for item, may in rows}
        ordered = [found[uid] for uid in wanted if uid in found]
        return Selected([item for item, may in ordered if may], [item for item, may in ordered if not may])
