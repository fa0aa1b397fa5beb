"""Replacing the file of an item: decided before the first byte of the file, asked again when it has arrived.

Whoever was quicker is shown. A file that arrives after somebody else's is kept as a version, and not shown.
"""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.service import Audit
from privmedia.errors import Conflict, NotAllowed, NotFound, RefusedType
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.jobs import OTHER_KIND, kind_is_known
from privmedia.library.models import PREPARE, Item, Kind, Version
from privmedia.library.service import Library, Received
from privmedia.media import FileType
from privmedia.quotas.service import Quotas
from privmedia.text import Sentence
from privmedia.text import mark as _
from privmedia.uploads.keeping import commit, facts_of, take_back
from privmedia.uploads.receiving import Arrived
from privmedia.uploads.service import as_of_now
from privmedia.versions.service import Versions

SOMEBODY_WAS_QUICKER = _(
    "${name} added version ${number} while this page was open. Nothing of yours was sent. Look at it, and send your "
    "file again if it is still to take its place."
)
NOT_ANY_MORE = _("You may not edit this item any more. Nothing was kept.")
NUMBERS_TRIED = 100


@dataclass(frozen=True)
class Replacement:
    """What is to be replaced, as it was when that was decided."""

    item_id: int
    uid: str
    title: str
    newest: int
    """Number of the newest version."""
    kind: Kind | None
    """What the file has to be; None while nobody knows what the one before is."""

    def fits(self, file_type: FileType) -> None:
        """Raise RefusedType for another kind. What is in a container of video is known when it was looked into."""
        found = Kind(file_type.kind.value)
        if self.kind not in (None, found) and (self.kind, found) != (Kind.AUDIO, Kind.VIDEO):
            raise RefusedType(OTHER_KIND[self.kind])


@dataclass(frozen=True)
class Kept:
    """A file that is a version now. `quicker` is who added another one while it was on its way, if somebody did."""

    number: int
    quicker: str


class Replacing:
    """What is decided and written about a file that follows another, in the caller's transaction."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation

    def decide(self, item: Item, newest: str) -> Replacement:
        """`newest` is the number of the newest version on the page the file is sent from. Raises Conflict."""
        if newest != str(item.newest):
            name = self._who_added(item)
            raise Conflict(Sentence(SOMEBODY_WAS_QUICKER, {"name": name, "number": item.newest}))
        kind = item.kind if kind_is_known(item) else None
        return Replacement(item.id, item.uid, item.title, item.newest, kind)

    def enter(self, identity: Identity, replacement: Replacement, number: int, arrived: Arrived) -> Kept:
        """Make a placed file a version that waits to be prepared. The rules are asked again: hours may have passed.

        Raises NotFound, NotAllowed, OverQuota.
        """
        item = Versions(self._session, self._installation).hold(replacement.item_id)
        self._require_edit(item, as_of_now(self._session, identity))
        Quotas(self._session, self._installation).require_room(identity.user_id, arrived.incoming.size)
        quicker = self._who_added(item) if item.newest != replacement.newest else ""
        received = Received(
            uid=item.uid,
            filename=arrived.filename,
            media_type=arrived.file_type.media_type,
            size=arrived.incoming.size,
            kind=Kind(arrived.file_type.kind.value),
        )
        version = Library(self._session, self._installation).add_version(
            item=item, number=number, received=received, by=identity.user_id, takes_over=not quicker
        )
        Jobs(self._session, self._installation).enqueue(PREPARE, version.id)
        Audit(self._session, self._installation).record(
            "version.add",
            identity=identity,
            target=f"item:{item.uid}",
            detail={"version": number, "file": arrived.filename, "size": arrived.incoming.size},
        )
        return Kept(number, quicker)

    def _require_edit(self, item: Item, identity: Identity) -> None:
        acl_id = item.acl_id if item.acl_id is not None else item.folder.acl_id
        access = Access(self._session, self._installation)
        rights = access.decision(identity, acl_id, item.uploader_id, shown=item.shown).rights
        if Permission.EDIT not in rights:
            raise NotAllowed(NOT_ANY_MORE) if Permission.VIEW in rights else NotFound

    def _who_added(self, item: Item) -> str:
        newest = (
            select(User.name)
            .join(Version, Version.created_by == User.id)
            .where(Version.item_id == item.id)
            .order_by(Version.number.desc())
        )
        return self._session.scalar(newest.limit(1)) or "privmedia"


def keep_version(
    installation: Installation, identity: Identity, replacement: Replacement, arrived: Arrived
) -> Kept:
    """Give a file that arrived its place and its rows: first on the disk, then one short transaction, or nothing of it.

    Raises as `Replacing.enter`, and NoSpace, Unavailable.
    """
    number = _placed(installation, identity, replacement, arrived)
    try:
        kept = commit(
            installation,
            lambda session: Replacing(session, installation).enter(identity, replacement, number, arrived),
        )
    except BaseException:
        take_back(installation, replacement.uid, number)
        raise
    installation.storage.settle(replacement.uid, number)
    return kept


def _placed(installation: Installation, identity: Identity, replacement: Replacement, arrived: Arrived) -> int:
    """Place the file under the first number that nobody has; answers it. Others may be placing theirs."""
    for number in range(replacement.newest + 1, replacement.newest + NUMBERS_TRIED):
        facts = facts_of(installation, identity, arrived) | {
            "item": replacement.uid, "version": number, "title": replacement.title,
        }
        try:
            installation.storage.place(arrived.incoming, replacement.uid, number, facts=facts)
        except Conflict:
            continue
        return number
    raise Conflict(_("Too many files are on their way to this item. Try again later."))
