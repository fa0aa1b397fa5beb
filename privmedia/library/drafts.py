"""Drafts: an item with rules of its own that take nothing over from its folder, until it is released."""
from __future__ import annotations

from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.principals import user
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.installation import Installation
from privmedia.library.models import Item
from privmedia.library.rules import Rules, Wanted
from privmedia.library.service import Library


class Drafts:
    """Begins and ends them. Whoever calls has asked for Manage."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.rules = Rules(session, installation)
        self.audit = Audit(session, installation)
        self.library = Library(session, installation)

    def is_draft(self, item: Item) -> bool:
        """Whether it takes nothing over from its folder."""
        return item.acl_id is not None and not self.rules.inherits(item)

    def begin(self, item: Item, by: Identity) -> None:
        """Stop the rules from above, and let the caller go on managing. Rules of its own stay. No effect on a draft."""
        if self.is_draft(item):
            return
        if not by.is_admin:
            self.rules.set(item, Wanted(user(by.user_id), Permission.MANAGE), by=by)
        self.rules.set_inherits(item, False, by=by)
        self.audit.record("item.draft", identity=by, target=f"item:{item.uid}")

    def release(self, item: Item, by: Identity) -> None:
        """Let the rules of its folder hold again, beside its own. No effect on what is no draft."""
        if not self.is_draft(item):
            return
        self.rules.set_inherits(item, True, by=by)
        if not by.is_admin:
            self.rules.clear(item, user(by.user_id), by=by)
        self.audit.record("item.release", identity=by, target=f"item:{item.uid}")
        self.library.tell_followers(item)
