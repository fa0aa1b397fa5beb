"""The versions of an item: what there is, which one is shown, and letting an old one go."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import User
from privmedia.audit.service import Audit
from privmedia.errors import Conflict, NotAllowed, NotFound
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.library.models import OF_VERSIONS, File, Item, State, Version
from privmedia.library.progress import progress_of
from privmedia.media.words import recalled
from privmedia.search.service import Search
from privmedia.text import Sentence
from privmedia.text import mark as _

NOT_THE_SHOWN_ONE = _("Version ${number} is the one that is shown. Show another one first, or delete the item.")
NOT_YOURS = _("Only who manages the item, or added this version, can delete it for good.")
BUSY = (State.WAITING, State.PREPARING)


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """A version as lists show it."""

    number: int
    current: bool
    state: State
    reason: str | Sentence
    takes_over: bool
    progress: int | None
    """Percent done while it is prepared; None where it cannot be told."""
    filename: str
    size: int
    duration: float | None
    pages: int | None
    width: int | None
    height: int | None
    adder: str
    created_at: datetime
    play_url: str | None
    original_url: str | None
    """None for who may not have it."""
    can_be_shown: bool
    can_be_deleted: bool
    """Both by whoever looks."""

    @property
    def busy(self) -> bool:
        return self.state in BUSY


class Versions:
    """The versions of items that exist for the caller; what they may do is decided where they are told of it."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._jobs = Jobs(session, installation)
        self._search = Search(session, installation)
        self._audit = Audit(session, installation)

    def shown(self, item: Item) -> Version:
        """The version that is shown."""
        return self.numbered(item, item.current)

    def numbered(self, item: Item, number: int) -> Version:
        """The version with a number. Raises NotFound."""
        found = self._session.scalar(select(Version).where(Version.item_id == item.id, Version.number == number))
        if found is None:
            raise NotFound
        return found

    def rows(self, item: Item, identity: Identity, rights: Permission) -> list[VersionRow]:
        """All versions, the newest first, for somebody who may edit the item."""
        found = self._session.execute(
            select(Version, User.name)
            .join(User, User.id == Version.created_by, isouter=True)
            .where(Version.item_id == item.id)
            .order_by(Version.number.desc())
        ).all()
        versions = [version for version, _name in found]
        playable = self._playable(versions)
        busy = [version.id for version in versions if version.state == State.PREPARING]
        progress = progress_of(self._jobs, busy) if busy else {}
        return [
            VersionRow(
                number=version.number,
                current=version.number == item.current,
                state=version.state,
                reason=recalled(version.reason) if version.reason else "",
                takes_over=version.takes_over,
                progress=round(progress[version.id] * 100) if version.id in progress else None,
                filename=version.filename,
                size=version.size,
                duration=version.duration,
                pages=version.pages,
                width=version.width,
                height=version.height,
                adder=name or "",
                created_at=version.created_at,
                play_url=_address(item, version, playable.get(version.id)),
                original_url=_original(item, version) if Permission.DOWNLOAD in rights else None,
                can_be_shown=version.number != item.current and version.state == State.READY,
                can_be_deleted=version.number != item.current and may_delete(version, identity, rights),
            )
            for version, name in found
        ]

    def hold(self, item_id: int) -> Item:
        """The item, which nobody else changes until the transaction ends. Raises NotFound."""
        query = select(Item).where(Item.id == item_id).with_for_update(of=Item)
        item = self._session.scalar(query, execution_options={"populate_existing": True})
        if item is None:
            raise NotFound
        return item

    def remove(self, item_id: int, number: int, identity: Identity, rights: Permission) -> None:
        """Delete the rows of a version for good; its files are the caller's. Raises NotFound, Conflict, NotAllowed."""
        item = self.hold(item_id)
        version = self.numbered(item, number)
        if version.number == item.current:
            raise Conflict(Sentence(NOT_THE_SHOWN_ONE, {"number": version.number}))
        if not may_delete(version, identity, rights):
            raise NotAllowed(NOT_YOURS)
        of_it = (Job.kind.in_(OF_VERSIONS), Job.target_id == version.id)
        self._session.execute(delete(Job).where(*of_it, Job.state != JobState.RUNNING))
        self._search.forget_version(item.id, version.number)
        self._session.delete(version)
        self._session.flush()
        detail = {"version": version.number, "file": version.filename, "size": version.size}
        self._audit.record("version.delete", identity=identity, target=f"item:{item.uid}", detail=detail)

    def _playable(self, versions: Sequence[Version]) -> dict[int, str]:
        """The name of the file that is played of each version that has one."""
        ids = [version.id for version in versions]
        files = select(File.version_id, File.name).where(File.version_id.in_(ids), File.name.startswith("play."))
        rows: Any = self._session.execute(files.order_by(File.version_id, File.name.desc()))
        return dict(rows.all())


def may_delete(version: Version, identity: Identity, rights: Permission) -> bool:
    """Nothing goes for good by who does not manage it, but for what they added themselves."""
    return Permission.MANAGE in rights or version.created_by == identity.user_id


def _address(item: Item, version: Version, name: str | None) -> str | None:
    return None if name is None else f"/smedia/{item.uid}/{name}?v={version.number}"


def _original(item: Item, version: Version) -> str:
    return f"/smedia/{item.uid}/original/{quote(version.filename)}?v={version.number}"
