"""Moving items and folders: who may, what it does to people, and the deed, which changes pointers and rules at once.

Needed are, where it lies, Edit (for a folder: of everything in it), and where it goes, Upload or Edit for an item and
Edit for a folder. Who does not manage what they move gains no right on it thereby: that would be giving it to oneself.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_ as either

from sqlalchemy import func, literal, select
from sqlalchemy.orm import Session

from privmedia.access.decision import Decision
from privmedia.access.explanation import right_words
from privmedia.access.permissions import NOTHING, Permission
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.db import WITH_BIN
from privmedia.errors import Conflict, Invalid, NotAllowed, NotFound
from privmedia.installation import Installation
from privmedia.library.effect import Effect, Shift
from privmedia.library.effects import Effects
from privmedia.library.models import ROOT_ID, Folder, Item
from privmedia.library.pointers import Place, Pointers, with_it
from privmedia.library.service import DEEPEST, Library
from privmedia.organising.bin import Bin
from privmedia.text import Sentence
from privmedia.text import mark as _

CHOOSE = _("Choose a folder that you may add to.")
NOT_HERE = _("You may not add to that folder.")
NOT_YOURS = _("You cannot edit “${name}”.")
IN_ITSELF = _("“${name}” cannot be moved into itself.")
THERE = _("“${name}” lies there already.")
WOULD_GAIN = _(
    "There you could do more with “${name}” than you may now: ${rights}. Ask somebody who manages it to move it."
)
TAKEN = _("There is a folder “${name}” there already.")
TOO_DEEP = _("Folders can lie ${most} deep at most.")
NOT_ALL = _(
    "Some of what lies in “${name}” has rules of its own, and you may not change it. Ask somebody who manages it."
)


@dataclass(frozen=True)
class Moved:
    """What was moved, and from where."""

    place: Place
    was_in: Folder
    can_go_back: bool


class Moves:
    """Decides about moves and makes them, in the caller's transaction."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.access = Access(session, installation)
        self.library = Library(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.effects = Effects(session, installation)
        self.bin = Bin(session, installation)
        self.audit = Audit(session, installation)

    def target(self, uid: str, identity: Identity, right: Permission) -> Folder:
        """A folder one may put something into. Raises Invalid, for what does not exist for the caller as well."""
        try:
            folder = self.library.root() if uid == "top" else self.library.folder(uid)
        except NotFound as error:
            raise Invalid(CHOOSE, "to") from error
        rights = self.access.decision(identity, folder.acl_id).folder_rights
        if rights & (right | Permission.EDIT) and not (right is Permission.UPLOAD and folder.id == ROOT_ID):
            return folder
        raise Invalid(NOT_HERE if Permission.VIEW in rights else CHOOSE, "to")

    def viewers(self, uid: str, identity: Identity, right: Permission) -> int:
        """How many people will see what is put into a folder. Raises as `target`."""
        return self.access.audience(self.target(uid, identity, right).acl_id).viewers

    def check(self, place: Place, to: Folder, identity: Identity) -> None:
        """Raise NotAllowed, Conflict or Invalid, with a sentence, if the caller may not move it there.

        Raises NotFound, which names nothing, if it does not exist for the caller.
        """
        self.require_sight(place, identity)
        name = name_of(place)
        rights = self.rights(place, identity)
        if Permission.EDIT not in rights:
            raise NotAllowed(Sentence(NOT_YOURS, {"name": name}))
        if lies_in(place) == to.id:
            raise Conflict(Sentence(THERE, {"name": name}))
        if isinstance(place, Folder):
            self._check_folder(place, to, identity)
        if identity.is_admin or Permission.MANAGE in rights:
            return
        if isinstance(place, Item) and place.uploader_id == identity.user_id:
            return
        effect = self.effects.of_move(place, to, reader=identity)
        shifts = (*effect.here, *effect.inside)
        gained = reduce(either, (one.gained for one in shifts if one.person.id == identity.user_id), NOTHING)
        if isinstance(place, Item):
            gained &= ~Permission.UPLOAD  # means nothing for an item
        if gained:
            raise NotAllowed(Sentence(WOULD_GAIN, {"name": name, "rights": right_words(gained)}))

    def find(self, kind: str, uid: str, identity: Identity) -> Place:
        """A folder, if `kind` says so, or an item that exists for the caller. Raises NotFound."""
        place: Place = self.library.folder(uid) if kind == "folder" else self.library.item(uid)
        self.require_sight(place, identity)
        return place

    def require_sight(self, place: Place, identity: Identity) -> None:
        """Raise NotFound for what does not exist for the caller."""
        decision = self._decision(place, identity)
        if Permission.VIEW not in (decision.folder_rights if isinstance(place, Folder) else decision.rights):
            raise NotFound

    def rights(self, place: Place, identity: Identity) -> Permission:
        """What the caller may do with it where it lies."""
        return self._decision(place, identity).rights

    def effect(self, places: Sequence[Place], to: Folder, reader: Identity) -> Effect:
        """What moving all of them would do to people, put together."""
        alike: dict[tuple[object, ...], Place] = {}
        for place in places:
            key = (
                (place.folder_id, place.acl_id, place.uploader_id, place.shown)
                if isinstance(place, Item)
                else (place.id,)
            )
            alike.setdefault(key, place)
        effects = [(place, self.effects.of_move(place, to, reader=reader)) for place in alike.values()]
        return together([_of_an_item(effect) if isinstance(place, Item) else effect for place, effect in effects])

    def move(self, place: Place, to: Folder, identity: Identity) -> Moved:
        """Move one thing. Raises as `check`."""
        self.pointers.chains.hold()
        self.session.refresh(place)
        if place.deletion_id is not None:
            raise NotFound
        self.check(place, to, identity)
        was_in = self.session.get_one(Folder, lies_in(place))
        if isinstance(place, Item):
            self.pointers.put_item(place, to)
            self.library.tell_followers(place)
            target, kind = f"item:{place.uid}", Permission.UPLOAD
            detail = {"name": place.title, "from": was_in.uid, "to": to.uid}
            self.audit.record("item.move", identity=identity, target=target, detail=detail)
        else:
            self.pointers.put_folder(place, to)
            target, kind = f"folder:{place.uid}", Permission.EDIT
            detail = {"name": place.name, "from": was_in.uid, "to": to.uid}
            self.audit.record("folder.move", identity=identity, target=target, detail=detail)
        self.session.flush()
        back = bool((kind | Permission.EDIT) & self.access.decision(identity, was_in.acl_id).folder_rights)
        return Moved(place, was_in, back and Permission.EDIT in self.rights(place, identity))

    def _decision(self, place: Place, identity: Identity) -> Decision:
        owner, shown = (place.uploader_id, place.shown) if isinstance(place, Item) else (None, True)
        return self.access.decision(identity, self.pointers.applying(place), owner, shown=shown)

    def _check_folder(self, folder: Folder, to: Folder, identity: Identity) -> None:
        if folder.id == ROOT_ID or to.id in set(self.session.scalars(self.pointers.below(folder))):
            raise Conflict(Sentence(IN_ITSELF, {"name": folder.name}))
        if not self.bin.may_take_along(folder, identity):
            raise NotAllowed(Sentence(NOT_ALL, {"name": folder.name}))
        taken = select(Folder.id).where(Folder.parent_id == to.id, Folder.name_key == folder.name_key)
        if self.session.scalar(taken) is not None:
            raise Conflict(Sentence(TAKEN, {"name": folder.name}))
        if self._depth(to) + self._height(folder) > DEEPEST - 1:
            raise Invalid(Sentence(TOO_DEEP, {"most": DEEPEST}), "to")

    def _depth(self, folder: Folder) -> int:
        return len(self.library.ancestors(folder))

    def _height(self, folder: Folder) -> int:
        """How many levels a folder has, itself counted."""
        top = select(Folder.id, literal(1).label("level")).where(Folder.id == folder.id)
        tree = top.cte("levels", recursive=True)
        inside = select(Folder.id, tree.c.level + 1).join(tree, Folder.parent_id == tree.c.id)
        tree = tree.union_all(inside.where(with_it(Folder, folder)))
        return self.session.scalar(select(func.max(tree.c.level)), execution_options=WITH_BIN) or 1


def _of_an_item(effect: Effect) -> Effect:
    """Without Upload, which means nothing for an item."""
    kept = [
        replace(shift, before=shift.before & ~Permission.UPLOAD, after=shift.after & ~Permission.UPLOAD)
        for shift in effect.here
    ]
    return replace(effect, here=tuple(kept))


def name_of(place: Place) -> str:
    return place.title if isinstance(place, Item) else place.name


def lies_in(place: Place) -> int:
    """The id of the folder it lies in; 0 for the library itself."""
    return place.folder_id if isinstance(place, Item) else place.parent_id or 0


def together(effects: Sequence[Effect]) -> Effect:
    """One effect of several: what a person loses or gains anywhere. Who has nothing before and after is left out."""
    here = list(_merged([effect.here for effect in effects]))
    here = [shift for shift in here if shift.changes or shift.after]
    inside = list(_merged([effect.inside for effect in effects]))

    def people(rights: str, right: Permission) -> int:
        return sum(1 for shift in here if right in getattr(shift, rights))

    return Effect(
        here=tuple(here),
        inside=tuple(shift for shift in inside if shift.changes),
        viewers=(people("before", Permission.VIEW), people("after", Permission.VIEW)),
        managers=(people("before", Permission.MANAGE), people("after", Permission.MANAGE)),
    )


def _merged(lists: Iterable[Sequence[Shift]]) -> Iterable[Shift]:
    by_person: defaultdict[int, list[Shift]] = defaultdict(list)
    for shifts in lists:
        for shift in shifts:
            by_person[shift.person.id].append(shift)
    for shifts_of_one in by_person.values():
        first = next((shift for shift in shifts_of_one if shift.changes), shifts_of_one[0])
        if len(shifts_of_one) == 1:
            yield first
            continue
        lost = reduce(either, (shift.lost for shift in shifts_of_one))
        gained = reduce(either, (shift.gained for shift in shifts_of_one)) & ~lost
        kept = reduce(either, (shift.after & shift.before for shift in shifts_of_one)) & ~lost
        yield replace(first, before=lost | kept, after=gained | kept, places=sum(one.places for one in shifts_of_one))
