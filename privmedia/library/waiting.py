"""What waits for somebody who has not come in yet: how much of the library they will see, and where."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from privmedia.accounts.identity import as_identity
from privmedia.accounts.models import User
from privmedia.installation import Installation
from privmedia.library.counting import Counting
from privmedia.library.tree import Tree
from privmedia.text import Plural, Sentence, listed
from privmedia.text import mark as _

NAMED = 2
"""How many folders are named before it is said how many more there are."""

WAIT = Plural("${count} item waits for you", "${count} items wait for you")
MORE_WAIT = _("More than ${count} items wait for you")


@dataclass(frozen=True)
class Waiting:
    """In sentences: what is there, and through whom."""

    count: Sentence | None
    """None if nothing is."""
    where: Sentence | None
    groups: Sentence | None


class WaitingRoom:
    """What the page of an invitation says."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._counting = Counting(session, installation)
        self._tree = Tree(session, installation)
        self._now = installation.clock()

    def of(self, user: User) -> Waiting:
        """What the person will see, decided as it will be when they have come in."""
        identity = as_identity(user, frozenset(group.id for group in user.groups))
        items, tops = self._counting.totals(identity).items, self._tree.tops(identity)
        words = MORE_WAIT if items.more else WAIT
        count = Sentence(words, {"count": items.number}) if items.number else None
        names = listed([top.name for top in tops], NAMED) if tops else None
        groups = [group.name for group in user.groups]
        return Waiting(
            count=count,
            where=Sentence(_("in ${folders}."), {"folders": names}) if names else None,
            groups=Sentence(_("You are in ${groups}."), {"groups": listed(groups)}) if groups else None,
        )
