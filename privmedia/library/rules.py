"""The rules of folders and items: set, cleared, listed and explained where both sides are known.

Access (to the left in the order of features) knows lists of rules and chains, never a folder. The library knows which
list a folder or an item goes by (`pointers`), and this service puts the two together. Each change writes one event.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.audience import Audience
from privmedia.access.decision import Decision
from privmedia.access.explanation import A_FOLDER_ABOVE
from privmedia.access.permissions import NOTHING, Permission, closed
from privmedia.access.rules import Rule, last_day
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.models import Event
from privmedia.audit.service import COMMAND_LINE, Audit, Author
from privmedia.errors import Conflict, Invalid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item
from privmedia.library.pointers import Place, Pointers
from privmedia.text import mark as _

CHANGES = ("access.set", "access.clear", "access.stop", "access.inherit")
"""The kinds of events by which rules are changed."""
LAST_YEAR = 9000
TOO_FAR = _("That day is too far away. Leave it empty for a rule without end.")
LOCKED_OUT = _("You would lose Manage yourself. Keep a rule for you or a group of yours. Nothing was saved.")
NO_MANAGER = _("Only administrators would manage this. Keep a rule with Manage, or confirm it. Nothing was saved.")
CHANGED_MEANWHILE = _("Somebody changed these rules while this page was open. Nothing of yours is saved yet.")


@dataclass(frozen=True)
class Wanted:
    """What somebody wants one principal's rule at a place to be. Neither `allow` nor `deny`: no rule."""

    principal: str
    allow: Permission = NOTHING
    deny: bool = False
    until: datetime | None = None

    @property
    def stamp(self) -> str:
        """The rule in a few letters, by which a form says what it was made from; a day is as exact as forms are."""
        if not (self.allow or self.deny):
            return ""
        return f"{'block' if self.deny else int(closed(self.allow))}:{last_day(self.until) or ''}"


@dataclass(frozen=True)
class Change:
    """A wanted rule, and the stamp of the one it is to replace."""

    wanted: Wanted
    was: str


@dataclass(frozen=True)
class LastChange:
    """Who changed the rules of a place, and when."""

    name: str
    user_id: int | None
    at: datetime


class Rules:
    """Rules at places. The verbs that change something keep pointers and chains right in the same transaction."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self._audit = Audit(session, installation)

    def decision(self, identity: Identity | None, place: Place) -> Decision:
        """What the caller may do with a folder or an item."""
        return self.access.decision(identity, self.pointers.applying(place), **_of_item(place))

    def reaching(self, place: Place) -> list[Rule]:
        """Every rule that reaches a place, from there or from above, counting or not."""
        return self.access.rules(self.pointers.applying(place))

    def own(self, place: Place) -> list[Rule]:
        """The rules set on this very place."""
        own = self.pointers.own(place)
        return [] if own is None else [rule for rule in self.access.rules(own) if rule.acl_id == own]

    def inherits(self, place: Place) -> bool:
        """Whether a place takes over rules from above."""
        own = self.pointers.own(place)
        return own is None or self.access.inherits(own)

    def audience(self, place: Place) -> Audience:
        """Who can see a place; administrators are not counted."""
        return self.access.audience(self.pointers.applying(place), **_of_item(place))

    def place_names(self, place: Place, reader: Identity | None = None) -> dict[int, str]:
        """The names of the places whose rules reach a place, by ACL."""
        acl_ids = {rule.acl_id for rule in self.reaching(place)}
        known = self.pointers.names(acl_ids, reader)
        return {acl_id: known.get(acl_id, A_FOLDER_ABOVE) for acl_id in acl_ids}

    def set(self, place: Place, wanted: Wanted, *, by: Author = COMMAND_LINE) -> None:
        """Set one rule, in place of any the principal had here.

        Raises Invalid for a rule that gives nothing, is over, or would take Manage from who sets it.
        """
        if not (wanted.allow or wanted.deny):
            raise Invalid("Choose at least one right, or Block.", "allow")
        self._write(place, wanted, by)
        self._still_manages(place, by)

    def clear(self, place: Place, principal: str, *, by: Author = COMMAND_LINE) -> bool:
        """Take a principal's rule away; False if there was none. Raises Invalid as `set` does."""
        if principal not in {rule.principal for rule in self.own(place)}:
            return False
        self._write(place, Wanted(principal), by)
        self._tidy(place)
        self._still_manages(place, by)
        return True

    def set_inherits(self, place: Place, inherits: bool, *, by: Author = COMMAND_LINE) -> bool:
        """Turn "take over rules from above" on or off; False if it is so already.

        Raises Invalid for the library itself, above which there is nothing, and as `set` does.
        """
        if isinstance(place, Folder) and place.parent_id is None:
            raise Invalid("There is nothing above the library itself.", "inherits")
        if self.inherits(place) == inherits:
            return False
        self.access.chains.set_inherits(self.pointers.give_own(place), inherits)
        self._tidy(place)
        self._record("access.inherit" if inherits else "access.stop", place, {}, by)
        self._still_manages(place, by)
        return True

    def version(self, place: Place) -> str:
        """A short name for the rules set at a place as they stand, by which a form says what it was made from."""
        stamps = sorted(f"{rule.principal}={wanted_of(rule).stamp}" for rule in self.own(place))
        return hashlib.sha256(" ".join([str(self.inherits(place)), *stamps]).encode()).hexdigest()[:32]

    def last_change(self, place: Place) -> LastChange | None:
        """Who changed the rules of a place last; None if nobody did, or it is no longer known."""
        event = self.session.scalar(
            select(Event)
            .where(Event.target == _target(place), Event.kind.in_(CHANGES))
            .order_by(Event.at.desc(), Event.id.desc())
            .limit(1)
        )
        if event is None:
            return None
        user = self.session.get(User, event.actor_id) if event.actor_id is not None else None
        return LastChange(event.actor.partition(" <")[0] if user is None else user.name, event.actor_id, event.at)

    def pending(self, place: Place, changes: Iterable[Change]) -> list[Wanted]:
        """What of a form's changes is not so already."""
        now = {rule.principal: wanted_of(rule).stamp for rule in self.own(place)}
        return [
            change.wanted
            for change in changes
            if change.wanted.stamp != change.was and change.wanted.stamp != now.get(change.wanted.principal, "")
        ]

    def after(self, place: Place, wanted: Iterable[Wanted]) -> list[Wanted]:
        """All rules that would be set at a place, were these changes made."""
        rules = {rule.principal: wanted_of(rule) for rule in self.own(place)}
        rules |= {rule.principal: rule for rule in wanted}
        return [rule for rule in rules.values() if rule.stamp]

    def save(
        self,
        place: Place,
        changes: Sequence[Change],
        inherits: bool,
        *,
        made_from: str,
        by: Author,
        confirmed: bool = False,
    ) -> int:
        """Everything a form asks for at once; answers how many things changed.

        `made_from` is the version of the rules that the form shows. Raises Conflict if they are others by now, and
        Invalid as `set` does, or if only administrators would manage the place afterwards and that is not `confirmed`.
        """
        self.access.chains.hold()
        wanted = self.pending(place, changes)
        switched = inherits != self.inherits(place)
        if not (wanted or switched):
            return 0
        if self.version(place) != made_from:
            raise Conflict(CHANGED_MEANWHILE)
        managed = not confirmed and self._has_managers(place)
        ends = {rule.principal: rule.until for rule in self.own(place)}
        for rule in wanted:
            # A form knows days; a rule that ends at a moment of that day keeps it.
            end = ends.get(rule.principal)
            until = end if last_day(end) == last_day(rule.until) else rule.until
            self._write(place, replace(rule, until=until), by)
        if switched:
            self.set_inherits(place, inherits, by=by)
        self._tidy(place)
        self._still_manages(place, by)
        if managed and not self._has_managers(place):
            raise Invalid(NO_MANAGER)
        return len(wanted) + switched

    def everywhere(self) -> Iterator[tuple[Place, str]]:
        """Every folder and item that has rules of its own, with its path, in the order of paths."""
        folders = {folder.id: folder for folder in self.session.scalars(select(Folder))}
        places: list[tuple[str, Place]] = []
        for folder in folders.values():
            above = folders[folder.parent_id].acl_id if folder.parent_id is not None else None
            if folder.acl_id != above:
                places.append((_path(folder, folders), folder))
        for item in self.session.scalars(select(Item).where(Item.acl_id.is_not(None))):
            places.append((f"{_path(folders[item.folder_id], folders)}/{item.title}", item))
        for path, place in sorted(places, key=lambda named: (named[0], named[1].uid)):
            yield place, path

    def _write(self, place: Place, wanted: Wanted, by: Author) -> None:
        acl_id = self.pointers.give_own(place)
        before = {rule.principal: wanted_of(rule) for rule in self.own(place)}.get(wanted.principal)
        if wanted.allow or wanted.deny:
            self.access.set_rule(
                acl_id,
                wanted.principal,
                allow=wanted.allow,
                deny=wanted.deny,
                until=wanted.until,
                by_id=by.user_id,
            )
        else:
            self.access.clear_rule(acl_id, wanted.principal)
        detail = {"principal": wanted.principal, "before": before.stamp if before else "", "after": wanted.stamp}
        self._record("access.set" if wanted.stamp else "access.clear", place, detail, by)

    def _tidy(self, place: Place) -> None:
        """A list that says nothing of its own goes, so that most folders and items have none."""
        own = self.pointers.own(place)
        if own is not None and self.access.is_plain(own):
            self.pointers.take_own_away(place)

    def _has_managers(self, place: Place) -> bool:
        return any(Permission.MANAGE in rights for rights in self.audience(place).rights.values())

    def _still_manages(self, place: Place, by: Author) -> None:
        if isinstance(by, Identity) and Permission.MANAGE not in self.decision(by, place).rights:
            raise Invalid(LOCKED_OUT)

    def _record(self, kind: str, place: Place, detail: dict[str, Any], by: Author) -> None:
        self._audit.record(kind, identity=by, target=_target(place), detail=detail)


def wanted_of(rule: Rule) -> Wanted:
    """A rule as it stands, as somebody would want it."""
    return Wanted(rule.principal, rule.allow, rule.deny, rule.until)


def end_of(day: date) -> datetime:
    """The moment a rule ends that holds through a day, in UTC. Raises Invalid for days beyond the calendar."""
    if day.year > LAST_YEAR:
        raise Invalid(TOO_FAR, "until")
    return datetime.combine(day, time.min, UTC) + timedelta(days=1)


def _target(place: Place) -> str:
    return f"{'item' if isinstance(place, Item) else 'folder'}:{place.uid}"


def _of_item(place: Place) -> dict[str, Any]:
    return {"owner_id": place.uploader_id, "shown": place.shown} if isinstance(place, Item) else {}


def _path(folder: Folder, folders: dict[int, Folder]) -> str:
    """Names joined by "/"; "/" for the library itself."""
    names: list[str] = []
    while folder.parent_id is not None:
        names.insert(0, folder.name)
        folder = folders[folder.parent_id]
    return "/".join(names) or "/"
