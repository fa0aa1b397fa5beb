"""Deleting a group: who loses what, and doing it. All of it happens in one transaction."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.principals import group as principal_of
from privmedia.accounts.groups import Groups
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Group
from privmedia.audit.service import COMMAND_LINE, Author
from privmedia.installation import Installation
from privmedia.library.effects import Effects
from privmedia.library.named import Named, Use
from privmedia.library.rules import Rules, wanted_of
from privmedia.sharing.stopping import Stopping

MOST = 40
"""Places that are worked out. More would take longer than anybody waits for a page; the rest is only named."""


@dataclass(frozen=True)
class Consequence:
    """What the group's end does to people at one place that names it."""

    use: Use
    losers: int
    """How many can no longer see it."""
    lesser: int
    """How many still see it, or never did, and may do less there."""
    gainers: int
    """How many see it from then on, because the group was blocked."""
    links: int
    """How many share links stop with it, at the place or inside."""
    worked_out: bool


class DeletingGroups:
    """Groups that come to an end."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._groups = Groups(session, installation)
        self._named = Named(session, installation)
        self._rules = Rules(session, installation)
        self._effects = Effects(session, installation)
        self._stopping = Stopping(session, installation)

    def consequences(self, group: Group, *, reader: Identity) -> Sequence[Consequence]:
        """What deleting the group would do, place by place. Only looks."""
        uses = self._named.uses(principal_of(group.id))
        return [
            self._consequence(use, group, reader) if number < MOST else Consequence(use, 0, 0, 0, 0, False)
            for number, use in enumerate(uses)
        ]

    def delete(self, *, group: Group, by: Author = COMMAND_LINE) -> None:
        """Delete the group and every rule that names it."""
        gone = self._named.remove(principal_of(group.id))
        self._groups.delete(group=group, by=by, also={"rules": gone})

    def _consequence(self, use: Use, group: Group, reader: Identity) -> Consequence:
        without = [
            wanted_of(rule) for rule in self._rules.own(use.place) if rule.principal != principal_of(group.id)
        ]
        inherits = self._rules.inherits(use.place)
        effect = self._effects.of(use.place, without, inherits, reader=reader)
        return Consequence(
            use,
            losers=sum(1 for shift in effect.here if Permission.VIEW in shift.lost),
            lesser=sum(1 for shift in effect.here if shift.lost and Permission.VIEW not in shift.lost),
            gainers=sum(1 for shift in effect.here if Permission.VIEW in shift.gained),
            links=len(self._stopping.by_rules(use.place, without, inherits, reader=reader)),
            worked_out=True,
        )
