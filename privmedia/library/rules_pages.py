"""What the access page shows around its form: rules from above, whom a cut shuts out, what others changed meanwhile."""
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privmedia.access import principals
from privmedia.access.directory import Named
from privmedia.access.explanation import A_FOLDER_ABOVE
from privmedia.access.permissions import ALL, Permission
from privmedia.access.rules import Rule
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity, initials
from privmedia.accounts.models import User
from privmedia.installation import Installation
from privmedia.library.effect import Shift
from privmedia.library.effects import Effects
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.pointers import Place, PlaceName
from privmedia.library.rules import Rules, Wanted
from privmedia.text import Plural, Sentence, Words, listed
from privmedia.text import mark as _

THE_LIBRARY = _("the whole library")
STOP = _("Rules from ${place} stop here.")
GROUP_SEES_NO_FOLDER = _("The ${count} ${group} do not see this folder, its name or its count.")
GROUP_SEES_NO_ITEM = _("The ${count} ${group} do not see this item or its title.")
PEOPLE_SEE_NO_FOLDER = Plural(
    "${count} person with access there does not see this folder, its name or its count: ${names}.",
    "${count} people with access there do not see this folder, its name or its count: ${names}.",
)
PEOPLE_SEE_NO_ITEM = Plural(
    "${count} person with access there does not see this item or its title: ${names}.",
    "${count} people with access there do not see this item or its title: ${names}.",
)


@dataclass(frozen=True)
class Shown:
    """A rule from above, as the table shows it."""

    rule: Rule
    place: PlaceName | None
    """Where it is set; None for a place that the reader cannot see."""

    @property
    def initials(self) -> str:
        return initials(self.rule.name)

    @property
    def colour(self) -> int:
        return (principals.id_of(self.rule.principal) or 0) % 10

    @property
    def ticks(self) -> list[bool]:
        return [permission in self.rule.allow for permission in Permission]


@dataclass(frozen=True)
class Cut:
    """The row that stands for the rules from above where they stop."""

    headline: Sentence
    who: Sentence | None
    groups: list[Named]


class RulesPage:
    """Reads for the page, and changes nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.rules = Rules(session, installation)
        self.effects = Effects(session, installation)

    def administrators(self) -> int:
        """How many people are active administrators."""
        query = select(func.count()).select_from(User).where(User.is_admin, User.disabled_at.is_(None))
        return self.session.scalar(query) or 0

    def parent_name(self, place: Place, reader: Identity) -> Words:
        """The folder above, by name if the reader can see it."""
        above = self._parent(place)
        if above is None or above.id == ROOT_ID:
            return Sentence(THE_LIBRARY)
        return above.name if self._sees(above, reader) else Sentence(A_FOLDER_ABOVE)

    def from_above(self, place: Place, reader: Identity) -> list[Shown]:
        """The rules from above that count, or would if the place took them over.

        Where it does not, and the folder above is hidden from the reader, only the Blocks, which count all the same.
        """
        above = self._parent(place)
        if above is None:
            return []
        open_to_him = self.rules.inherits(place) or self._sees(above, reader)
        rules = [rule for rule in self.effects.from_above(place) if rule.counts and (rule.deny or open_to_him)]
        places = self.rules.pointers.places({rule.acl_id for rule in rules}, reader)
        return [Shown(rule, places.get(rule.acl_id)) for rule in rules]

    def cut(self, place: Place, wanted: Iterable[Wanted], reader: Identity, names: dict[str, Named]) -> Cut:
        """What the row with the scissors says, with these rules at the place."""
        headline = Sentence(STOP, {"place": self.parent_name(place, reader)})
        above = self._parent(place)
        if above is None or not self._sees(above, reader):
            return Cut(headline, None, [])
        shut_out = [shift for shift in self.effects.kept_out(place, wanted) if shift.gained & Permission.VIEW]
        causes = [names[cause] for cause in dict.fromkeys(shift.cause for shift in shut_out) if cause in names]
        return Cut(headline, _shut_out(shut_out, causes, is_item=isinstance(place, Item)), causes[:3])

    def ways_to_keep_manage(
        self, place: Place, wanted: list[Wanted], inherits: bool, reader: Identity
    ) -> list[str]:
        """Principals that, were they given Manage on top of these rules, would let the reader go on managing."""
        mine = principals.user(reader.user_id)
        theirs = [rule for rule in self.rules.reaching(place) if rule.counts and Permission.MANAGE in rule.allow]
        candidates = [rule.principal for rule in theirs if rule.is_group and rule.principal in reader.principals]
        ways = []
        for principal in (*dict.fromkeys(candidates[:2]), mine):
            given = [rule for rule in wanted if rule.principal != principal] + [Wanted(principal, ALL)]
            if not self.effects.of(place, given, inherits, reader=reader).takes(Permission.MANAGE, reader.user_id):
                ways.append(principal)
        return ways

    def _parent(self, place: Place) -> Folder | None:
        if isinstance(place, Item):
            return place.folder
        return None if place.parent_id is None else self.session.get_one(Folder, place.parent_id)

    def _sees(self, folder: Folder, reader: Identity) -> bool:
        return folder.id == ROOT_ID or bool(self.access.decision(reader, folder.acl_id).folder_rights)


def _shut_out(shifts: list[Shift], causes: list[Named], *, is_item: bool) -> Sentence | None:
    if not shifts or not causes:
        return None
    count = len(shifts)
    only = causes[0]
    if len(causes) == 1 and only.people == count > 1 and not only.is_everyone:
        form = GROUP_SEES_NO_ITEM if is_item else GROUP_SEES_NO_FOLDER
        return Sentence(form, {"count": count, "group": only.name})
    named = listed([Sentence(_("everyone")) if cause.is_everyone else cause.name for cause in causes], most=3)
    return Sentence(PEOPLE_SEE_NO_ITEM if is_item else PEOPLE_SEE_NO_FOLDER, {"count": count, "names": named})
