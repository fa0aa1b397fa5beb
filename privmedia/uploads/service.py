"""Uploads: may this person add here, and entering what has arrived into the library."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.access.service import Access
from privmedia.accounts.identity import Identity
from privmedia.accounts.models import Membership, User
from privmedia.audit.service import Audit
from privmedia.db import reading
from privmedia.errors import Invalid, NoSpace, NotAllowed, NotFound
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.drafts import Drafts
from privmedia.library.models import PREPARE, ROOT_ID, Folder, Kind
from privmedia.library.service import LONGEST_TITLE, Library, Received
from privmedia.lines import too_long
from privmedia.quotas.service import Quotas
from privmedia.text import clean_line
from privmedia.text import mark as _
from privmedia.uploads.reading import ENVELOPE
from privmedia.uploads.receiving import Arrived
from privmedia.uploads.senders import THEMSELVES, Sender

NO_FOLDER = _("Choose the folder the files go to.")
NOT_HERE = _("You may not add files to this folder.")
NO_DRAFT = _("Only who manages the folder can keep a draft in it. Nothing was added; send it without that.")


@dataclass(frozen=True)
class Destination:
    """Where files go, decided for one person."""

    folder_uid: str
    path: str
    """The names down to it, joined by "/": for what is kept, since not all of them need exist for the person."""
    name: str
    draft: bool = False
    """Whether what is added is kept a draft."""


@dataclass(frozen=True)
class Added:
    """A file that is an item now."""

    uid: str
    title: str
    filename: str


class Uploads:
    """What is decided and written about uploads. Every verb runs in the caller's transaction and commits nothing."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._library = Library(session, installation)
        self._access = Access(session, installation)
        self._drafts = Drafts(session, installation)
        self._quotas = Quotas(session, installation)
        self._jobs = Jobs(session, installation)
        self._audit = Audit(session, installation)

    def folder(self, identity: Identity, folder_uid: str, *, draft: bool = False) -> Folder:
        """The folder the caller wants to add files to, and may, by what the rules say of them now.

        Raises as `destination`.
        """
        return self._folder(as_of_now(self._session, identity), folder_uid, draft=draft)

    def destination(self, identity: Identity, folder_uid: str, *, draft: bool = False) -> Destination:
        """Where the caller wants to add files, and may; drafts, if `draft` says so.

        Raises Invalid if no folder is named or it is the library itself, or for drafts in one the caller does not
        manage, NotFound for a folder that does not exist for the caller, NotAllowed for one that does and may not be
        added to.
        """
        folder = self._folder(identity, folder_uid, draft=draft)
        names = [above.name for above in self._library.ancestors(folder)[1:]]
        return Destination(folder.uid, "/".join([*names, folder.name]), folder.name, draft)

    def enter(
        self,
        identity: Identity,
        destination: Destination,
        title: str,
        arrived: Arrived,
        sender: Sender = THEMSELVES,
    ) -> Added:
        """Make a placed file an item that waits to be prepared. The rules are asked again: hours may have passed.

        Raises as `destination` and `Sender.require`, and OverQuota: then nothing was written, and others may be entered
        in its place.
        """
        sender.require(self._session, arrived.incoming.size)
        by = as_of_now(self._session, identity)
        folder = self._folder(by, destination.folder_uid, draft=destination.draft)
        self._library.pointers.hold_place(folder)  # before the quotas: who changes rules or people holds it first too
        sender.require_quota(self._quotas, identity.user_id, arrived.incoming.size)
        sender.admit(self._session, arrived.incoming.size)
        received = Received(
            uid=arrived.uid,
            filename=arrived.filename,
            media_type=arrived.file_type.media_type,
            size=arrived.incoming.size,
            kind=Kind(arrived.file_type.kind.value),
        )
        version = self._library.add_item(folder=folder, title=title, received=received, by=identity.user_id)
        if destination.draft:
            self._drafts.begin(version.item, by)
        self._jobs.enqueue(PREPARE, version.id)
        self._audit.record(
            "item.add",
            identity=sender.author or identity,
            target=f"item:{arrived.uid}",
            detail={"folder": folder.uid, "file": arrived.filename, "size": arrived.incoming.size},
        )
        sender.remember(self._session, arrived)
        return Added(arrived.uid, title, arrived.filename)

    def _folder(self, identity: Identity, folder_uid: str, *, draft: bool) -> Folder:
        if not folder_uid:
            raise Invalid(NO_FOLDER, "folder")
        folder = self._library.folder(folder_uid)
        if folder.id == ROOT_ID:
            raise Invalid(NO_FOLDER, "folder")
        rights = self._access.decision(identity, folder.acl_id).folder_rights
        if Permission.UPLOAD not in rights:
            raise NotAllowed(NOT_HERE) if Permission.VIEW in rights else NotFound
        if draft and Permission.MANAGE not in rights:
            raise Invalid(NO_DRAFT, "draft")
        return folder


def as_of_now(session: Session, identity: Identity) -> Identity:
    """The person as the rules know them now that the files are here. Raises NotAllowed."""
    user = session.get(User, identity.user_id)
    if user is None or user.disabled_at is not None:
        raise NotAllowed("Your account was disabled while the files arrived.")
    groups = session.scalars(select(Membership.group_id).where(Membership.user_id == user.id))
    return identity._replace(is_admin=user.is_admin, is_guest=user.is_guest, group_ids=frozenset(groups))


def checked_title(title: str) -> str:
    """A title as it was typed, cleaned; "" if there is none. Raises Invalid if it is too long."""
    line = clean_line(title)
    if len(line) > LONGEST_TITLE:
        raise too_long(line, LONGEST_TITLE, "title")
    return line


def check_quota(installation: Installation, identity: Identity, length: int) -> None:
    """Refuse a form with one file that does not fit a quota before it is sent. Raises OverQuota."""
    with reading(installation.sessions) as session:
        Quotas(session, installation).require_room(identity.user_id, length, envelope=ENVELOPE)


def check_space(installation: Installation, length: int) -> None:
    """Refuse what cannot fit before it is sent. Raises NoSpace."""
    if length > installation.storage.free_space():
        raise NoSpace
