"""Making an item public, and taking that back: a row, and a second name of a rendition below `public/`.

The row is locked first, then the file gets or loses its public name, then comes the commit. So no two verbs about one
item mix, and what was taken back is off the disk before anybody is told so. What a crash leaves in between is set right
by `jobs.reconcile`, on the side of nothing being public.
"""
from __future__ import annotations

import contextlib
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.service import Audit, Author
from privmedia.db import WITH_BIN, writing
from privmedia.errors import Conflict, NotAllowed, Unavailable
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import PUBLIC, File, Folder, Item, Kind, PublicCopy, State, Version
from privmedia.library.pointers import Place, Pointers
from privmedia.library.service import Library
from privmedia.text import Sentence
from privmedia.text import mark as _

PAGE = 48
LONGEST_NAME = 60
PLAY = "play."
LEAFLET = "leaflet.pdf"
"""A document's pages as pictures, in one file."""
NOT_READY = _("“${title}” cannot be made public: it is not ready.")
NO_PAGES = _("“${title}” cannot be made public: it has a password, so its pages cannot be drawn.")
ALREADY = _("It is public already.")


class Wish(StrEnum):
    """What the form of the page asks for."""

    MAKE = "make"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Rendition:
    """What of a version can be public. `source` is None where the worker has to make it first."""

    version: int
    extension: str
    source: Path | None
    size: int | None
    """Bytes."""


def make_public(installation: Installation, identity: Identity, uid: str) -> PublicCopy:
    """Make an item public; in a transaction of its own, since the file has to go again if that fails.

    A document's rendition is made by a job first. Raises Conflict for what is public or not ready, NotAllowed for
    who does not manage it any more, NotFound, NoSpace, Unavailable.
    """
    token = new_token()
    try:
        with writing(installation.sessions) as session:
            return PublicCopies(session, installation).make(Library(session, installation).item(uid), identity, token)
    except BaseException:
        with contextlib.suppress(Unavailable):  # the chore tries again
            installation.storage.public.remove(token)
        raise


def new_token() -> str:
    """What nobody can guess: 128 random bits in hexadecimal."""
    return secrets.token_hex(16)


class PublicCopies:
    """What is public, on one session."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self.session = session
        self.installation = installation
        self.storage = installation.storage
        self.access = Access(session, installation)
        self.pointers = Pointers(session, installation.clock)
        self.audit = Audit(session, installation)
        self.now = installation.clock()

    def of(self, item_id: int) -> PublicCopy | None:
        """The public copy of an item, if it has one."""
        return self.session.get(PublicCopy, item_id)

    def of_uid(self, uid: str) -> PublicCopy | None:
        """The same by the item's public id."""
        return self.session.scalar(select(PublicCopy).join(Item, Item.id == PublicCopy.item_id).where(Item.uid == uid))

    def of_items(self, item_ids: Collection[int]) -> set[int]:
        """Which of some items have a public copy, or are about to."""
        return set(self.session.scalars(select(PublicCopy.item_id).where(PublicCopy.item_id.in_(item_ids))))

    def among(self, places: Sequence[Place]) -> int:
        """How many of some items, and of those in some folders, have a public copy."""
        of_them = [Item.id.in_([place.id for place in places if isinstance(place, Item)])]
        of_them += [Item.folder_id.in_(self.pointers.below(place)) for place in places if isinstance(place, Folder)]
        counted = select(func.count()).select_from(PublicCopy).join(Item, Item.id == PublicCopy.item_id)
        return self.session.scalar(counted.where(or_(*of_them))) or 0

    def rendition(self, item: Item) -> Rendition:
        """What would be public of an item. Raises Conflict if nothing can be."""
        version = self.session.scalars(
            select(Version).where(Version.item_id == item.id, Version.number == item.current)
        ).one()
        if item.state != State.READY:
            raise Conflict(Sentence(NOT_READY, {"title": item.title}))
        if item.kind is Kind.DOCUMENT:
            if not version.pages:
                raise Conflict(Sentence(NO_PAGES, {"title": item.title}))
            return Rendition(version.number, "pdf", None, None)
        playable = select(File).where(File.version_id == version.id, File.name.startswith(PLAY, autoescape=True))
        file = self.session.scalars(playable.order_by(File.name)).first()
        if file is None:
            raise Conflict(Sentence(NOT_READY, {"title": item.title}))
        folder = self.storage.version_folder(item.uid, version.number)
        return Rendition(version.number, file.name.removeprefix(PLAY), folder / file.stored_as, file.size)

    def make(self, item: Item, identity: Identity, token: str) -> PublicCopy:
        """Make an item public under a token. The file is public before the caller's commit."""
        self.pointers.chains.hold()
        acl_id = self.pointers.applying(item)
        decision = self.access.decision(identity, acl_id, item.uploader_id, shown=item.shown)
        if Permission.MANAGE not in decision.rights:
            raise NotAllowed
        rendition = self.rendition(item)
        copy = PublicCopy(
            item_id=item.id,
            token=token if rendition.source else None,
            name=public_name(item, rendition.extension),
            version=rendition.version,
            made_by=identity.user_id,
            made_at=self.now,
        )
        self.session.add(copy)
        try:
            self.session.flush()
        except IntegrityError as error:
            raise Conflict(ALREADY) from error
        if rendition.source:
            self.storage.public.link(token, copy.name, rendition.source)
        else:
            Jobs(self.session, self.installation).enqueue(PUBLIC, item.id)
        self.audit.record("public.make", identity=identity, target=f"item:{item.uid}", detail={"name": item.title})
        return copy

    def withdraw(self, items: Collection[int], by: Author, *, lost: bool = False) -> int:
        """Take back what is public of some items, in the bin or not; answers of how many. `lost`: there is no file.

        The files are off the disk when this returns. Raises Unavailable if the disk refuses: then nothing is done.
        """
        return self._withdraw(select(PublicCopy).where(PublicCopy.item_id.in_(items)), by, lost=lost)

    def withdraw_deleted(self, deletion_id: int, by: Author) -> int:
        """The same for all that one deletion took. What comes back from the bin is not public."""
        deleted = select(PublicCopy).join(Item, Item.id == PublicCopy.item_id).where(Item.deletion_id == deletion_id)
        return self._withdraw(deleted, by, lost=False)

    def _withdraw(self, which: Select[Any], by: Author, *, lost: bool) -> int:
        kind = "public.end" if lost else "public.withdraw"
        locked = which.with_for_update(of=PublicCopy)
        copies: Sequence[PublicCopy] = self.session.scalars(locked, execution_options=WITH_BIN).all()
        for copy in copies:
            item = self.session.get_one(Item, copy.item_id, execution_options=WITH_BIN)
            if copy.token is not None:
                self.storage.public.remove(copy.token)
            self.audit.record(kind, identity=by, target=f"item:{item.uid}", detail={"name": item.title})
            self.session.delete(copy)
        self.session.flush()
        return len(copies)

    def count(self, q: str = "") -> int:
        """How many items are public, of those that `listed` finds."""
        return self.session.scalar(self._matching(select(func.count()).select_from(PublicCopy), q)) or 0

    def listed(self, q: str, page: int) -> Sequence[PublicCopy]:
        """A page of what is public, newest first: what holds `q` in its title or in the name of who made it so."""
        query = self._matching(select(PublicCopy), q).order_by(PublicCopy.made_at.desc(), PublicCopy.item_id.desc())
        return self.session.scalars(query.limit(PAGE).offset((page - 1) * PAGE)).all()

    def _matching(self, query: Select[Any], q: str) -> Select[Any]:
        query = query.join(Item, Item.id == PublicCopy.item_id).join(
            User, User.id == PublicCopy.made_by, isouter=True
        )
        if q:
            like = {"autoescape": True}
            query = query.where(Item.title.icontains(q, **like) | User.name.icontains(q, **like))
        return query


def public_name(item: Item, extension: str) -> str:
    """The name in the public address: letters and digits of the title, in plain ASCII."""
    plain = unicodedata.normalize("NFKD", item.title).encode("ascii", "ignore").decode().lower()
    words = "".join(character if character.isalnum() else " " for character in plain).split()
    return f"{'-'.join(words)[:LONGEST_NAME].strip('-') or item.kind.value}.{extension}"
