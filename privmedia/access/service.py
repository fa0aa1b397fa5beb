"""The verbs of access: decide, list the rules that reach a place, set and clear them, say who can see it and why."""
from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.audience import Audience, Who, audience_of, whom_for
from privmedia.access.chains import Chains
from privmedia.access.decision import NOBODY, Decision
from privmedia.access.explanation import Explanation, explain
from privmedia.access.models import Ace, Acl
from privmedia.access.permissions import NOTHING, Permission, closed
from privmedia.access.rules import Rule, principal_names, rules_reaching
from privmedia.access.visible import bits_at
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Membership, User
from privmedia.clock import FOREVER
from privmedia.db import once
from privmedia.errors import Invalid
from privmedia.installation import Installation
from privmedia.text import Words


class Access:
    """Rules and decisions about lists of rules, by their ids; folders and items come in `privmedia.library.rules`."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.chains = Chains(session)
        self._clock = installation.clock

    def decision(
        self, identity: Identity | None, acl_id: int, owner_id: int | None = None, *, shown: bool = True
    ) -> Decision:
        """What the caller may do where this list applies; `owner_id` is the uploader of an item."""
        if identity is None:
            return NOBODY
        bits = bits_at(self.session, acl_id, identity.principals, self._clock())
        return Decision.of_bits(bits, admin=identity.is_admin, own=owner_id == identity.user_id, shown=shown)

    def rules(self, acl_id: int) -> list[Rule]:
        """Every rule that reaches a list: its own (`rule.acl_id == acl_id`) and those from above."""
        return once(
            self.session, ("rules", acl_id), lambda: rules_reaching(self.session, acl_id, self._clock())
        )

    def inherits(self, acl_id: int) -> bool:
        """Whether a list takes over rules from above."""
        return bool(self.session.scalar(select(Acl.inherits).where(Acl.id == acl_id)))

    def set_rule(
        self,
        acl_id: int,
        principal: str,
        *,
        allow: Permission = NOTHING,
        deny: bool = False,
        until: datetime | None = None,
        by_id: int | None = None,
    ) -> None:
        """Set the one rule of a principal in a list, in place of any it had there.

        Raises Invalid for a rule that gives nothing, is over, or speaks of nobody who exists.
        """
        now = self._clock()
        if not self._exists(principal):
            raise Invalid("There is no such person or group.", field="principal")
        if not deny and not allow:
            raise Invalid("Choose at least one right, or Block.", field="allow")
        if until is not None and until <= now:
            raise Invalid("The end of the rule is over already.", field="until")
        ace = self.session.get(Ace, (acl_id, principal), populate_existing=True)
        if ace is None:
            ace = Ace(acl_id=acl_id, principal=principal)
            self.session.add(ace)
        ace.allow = int(NOTHING if deny else closed(allow))
        ace.deny = deny
        ace.expires_at = until or FOREVER
        ace.created_by = by_id
        ace.created_at = now
        self.session.flush()

    def clear_rule(self, acl_id: int, principal: str) -> bool:
        """Take a principal's rule out of a list; False if there was none."""
        ace = self.session.get(Ace, (acl_id, principal), populate_existing=True)
        if ace is not None:
            self.session.delete(ace)
            self.session.flush()
        return ace is not None

    def is_plain(self, acl_id: int) -> bool:
        """Whether a list says nothing of its own: no rule, and everything from above taken over."""
        has_rules = select(Ace.acl_id).where(Ace.acl_id == acl_id).exists()
        return self.inherits(acl_id) and not self.session.scalar(select(has_rules))

    def explain(
        self,
        user: User,
        acl_id: int,
        places: Mapping[int, Words],
        *,
        here: int | None = None,
        owner_id: int | None = None,
        shown: bool = True,
        is_item: bool = False,
    ) -> Explanation:
        """What a person may do where this list applies, and why.

        `places` names the place of each list above it; `here` is the list of the very place, if it has one.
        """
        return explain(
            user,
            self.session.scalars(select(Membership.group_id).where(Membership.user_id == user.id)).all(),
            self.rules(acl_id),
            places,
            now=self._clock(),
            here=here,
            is_item=is_item,
            own=owner_id == user.id,
            shown=shown,
        )

    def audience(self, acl_id: int, *, owner_id: int | None = None, shown: bool = True) -> Audience:
        """Who can see the place, in numbers and rows, for "46 people can see this folder"."""
        return audience_of(
            self.session, acl_id, self.rules(acl_id), self._clock(), owner_id=owner_id, shown=shown
        )

    def whom_for(self, acl_ids: Collection[int]) -> dict[int, Who]:
        """Everyone, groups and people with View, for each of many places at once: for cards."""
        return whom_for(self.session, acl_ids, self._clock())

    def _exists(self, principal: str) -> bool:
        try:
            return principal in principal_names(self.session, {principal})
        except ValueError:
            return False
