"""Uploads that come in parts: announced, continued from wherever they broke off, and made items when they are whole.

Nothing that was acknowledged is lost by a kill, whenever it comes: the bytes lie under one name until the file is
whole, then under its final one, and what is missing of the last step the next request makes up for.
"""
from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.db import reading, writing
from privmedia.errors import (
    Conflict,
    Invalid,
    NoSpace,
    NotAllowed,
    NotFound,
    OverQuota,
    RefusedType,
    TooLarge,
    Unavailable,
)
from privmedia.ids import is_uid, new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item
from privmedia.library.tags import Tags, checked_tags
from privmedia.media import HEAD_BYTES, sniff
from privmedia.media.sniff import read_head
from privmedia.quotas.service import Quotas
from privmedia.storage.bodies import KeptBody
from privmedia.storage.parts import Busy, Part
from privmedia.text import Sentence, Size
from privmedia.text import mark as _
from privmedia.uploads.jobs import KEPT_IN_PARTS
from privmedia.uploads.keeping import FIRST_VERSION, commit, facts_of, take_back
from privmedia.uploads.models import Upload
from privmedia.uploads.names import clean_filename, title_of
from privmedia.uploads.reading import Body
from privmedia.uploads.receiving import Arrived
from privmedia.uploads.senders import THEMSELVES, Sender
from privmedia.uploads.service import Destination, Uploads, as_of_now, check_space, checked_title
from privmedia.uploads.tus import Checksum, Mismatch

BLOCK = 256 * 1024
"""Bytes written at a time; of a part that breaks off, less than that is lost where a server hands over no less."""
ASKED_AGAIN = 5.0
"""Seconds after which it is asked again, while bytes arrive, whether they may still be added."""
TOO_LONG = _("The file is too large: ${limit} is the most.")
BEYOND = _("That is more than the ${length} that were announced.")


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """An upload as somebody wants to begin it."""

    length: int
    """Bytes."""
    folder_uid: str
    filename: str
    title: str = ""
    tags: str = ""
    """With commas between."""
    draft: bool = False


@dataclass(frozen=True)
class Announced:
    """An upload as it was announced by the person who asks."""

    uid: str
    folder_uid: str
    item_uid: str
    length: int
    """Bytes."""
    filename: str
    title: str
    tags: tuple[str, ...]
    draft: bool
    finished: bool
    """Whether it is an item."""


class WrongOffset(Conflict):
    """The part does not begin where the bytes end, which is at `offset`."""

    sentence = _("The part does not begin where the upload ends. Ask how far it is, and go on from there.")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__()


class Resuming:
    """The verbs of uploads that come in parts.

    They open the short transactions they need themselves: none is open while bytes arrive. `identity` is whose the
    items will be, `sender` who sends them.
    """

    def __init__(self, installation: Installation, sender: Sender = THEMSELVES) -> None:
        self._sender = sender
        self._installation = installation
        self._storage = installation.storage
        self._parts = installation.storage.parts

    def check(self, identity: Identity, wanted: Announcement) -> Announcement:
        """What is announced, cleaned, if it may begin.

        Raises as `Uploads.destination` and `Sender.require`, Invalid, RefusedType, TooLarge, OverQuota, NoSpace or
        Unavailable.
        """
        folder_uid, draft = self._sender.place(wanted.folder_uid, wanted.draft)
        limit = self._installation.settings.max_upload_size
        if wanted.length > limit:
            raise TooLarge(Sentence(TOO_LONG, {"limit": Size(limit)}), limit)
        check_space(self._installation, wanted.length)
        filename = clean_filename(wanted.filename)
        if not wanted.length:
            sniff(b"", filename)  # which refuses it
        tags = checked_tags(wanted.tags.split(",")) if wanted.tags.strip() and self._sender.may_tag else {}
        title = checked_title(wanted.title) or title_of(filename)
        with reading(self._installation.sessions) as session:
            self._sender.require(session, wanted.length)
            self._sender.require_few(session, wanted.length)
            Uploads(session, self._installation).folder(identity, folder_uid, draft=draft)
            self._sender.require_quota(Quotas(session, self._installation), identity.user_id, wanted.length)
        return replace(
            wanted, folder_uid=folder_uid, draft=draft, filename=filename, title=title, tags=",".join(tags.values())
        )

    def announce(self, identity: Identity, wanted: Announcement) -> Announced:
        """Begin an upload. Raises as `check`."""
        wanted = self.check(identity, wanted)
        uid = new_uid()
        self._parts.begin(uid)  # before the row: what is left without one is cleared away

        def rows(session: Session) -> Announced:
            folder = Uploads(session, self._installation).folder(identity, wanted.folder_uid, draft=wanted.draft)
            upload = Upload(
                uid=uid,
                user_id=identity.user_id,
                folder_id=folder.id,
                item_uid=new_uid(),
                length=wanted.length,
                filename=wanted.filename,
                title=wanted.title,
                tags=wanted.tags,
                draft=wanted.draft,
                sender=self._sender.name,
                created_at=self._installation.clock(),
            )
            session.add(upload)
            session.flush()
            return _announced(upload, folder.uid)

        return commit(self._installation, rows)

    def find(self, identity: Identity, uid: str) -> Announced:
        """An upload of who asks. Raises NotFound."""
        found = None
        if is_uid(uid):
            mine = select(Upload, Folder.uid).join(Folder, Folder.id == Upload.folder_id)
            mine = mine.where(
                Upload.uid == uid, Upload.user_id == identity.user_id, Upload.sender == self._sender.name
            )
            with reading(self._installation.sessions) as session:
                found = session.execute(mine).one_or_none()
        if found is None:
            raise NotFound
        return _announced(*found)

    def destination(self, identity: Identity, upload: Announced) -> Destination:
        """Where an upload goes, if it may still go there. Raises NotFound, NotAllowed, and as `Sender.require`."""
        with reading(self._installation.sessions) as session:
            self._sender.require(session, upload.length)
            uploads = Uploads(session, self._installation)
            try:
                return uploads.destination(as_of_now(session, identity), upload.folder_uid, draft=upload.draft)
            except Invalid as lost:  # who may not keep drafts there any more
                raise NotAllowed(lost.sentence) from None

    def offset(self, identity: Identity, upload: Announced) -> int:
        """How many bytes have arrived; whoever was sending them stops.

        Raises NotFound if the upload is over, Busy, RefusedType, OverQuota, NoSpace or Unavailable, and as
        `Uploads.destination`.
        """
        if upload.finished:
            return upload.length
        destination = self.destination(identity, upload)
        try:
            part = self._parts.take(upload.uid)
        except NotFound:
            # It was whole, and something stopped us between the disk and the database; or it was cleared away.
            self._enter_placed(identity, upload)
            return upload.length
        with part:
            if part.size == upload.length:
                # All of it has arrived, and something stopped us before its file was placed.
                with self._over_if_refused(upload):
                    self._finish(identity, upload, destination, part)
            return part.size

    def add(
        self,
        identity: Identity,
        upload: Announced,
        offset: int,
        body: Body | KeptBody,
        checksum: Checksum | None = None,
    ) -> int:
        """Write what comes behind what has arrived, and make the file an item when it is whole. Answers the offset.

        Raises WrongOffset, Busy if another request took over, Mismatch for other bytes than the checksum is of,
        Invalid if the sender went away, RefusedType for what has no place here, TooLarge for more than was announced,
        OverQuota for a whole file there is no room for any more, NoSpace, Unavailable, and as `Uploads.destination`
        when the right was lost. What has arrived stays, but not where a checksum was still to be met; after
        RefusedType, OverQuota, and when the right was lost, the upload is over.
        """
        if upload.finished:
            raise WrongOffset(upload.length)
        with self._over_if_refused(upload):
            destination = self.destination(identity, upload)
            with self._taken(upload) as part:
                if part.size != offset:
                    raise WrongOffset(part.size)
                if isinstance(body, KeptBody):
                    self._take_over(upload, part, body, checksum)
                else:
                    self._receive(identity, upload, part, body, checksum)
                if part.size == upload.length:
                    self._finish(identity, upload, destination, part)
                return part.size

    def drop(self, upload: Announced) -> None:
        """End an upload; what has become an item stays one. Raises Busy or Unavailable."""
        if not upload.finished:
            self._parts.remove(upload.uid)
        with writing(self._installation.sessions) as session:
            session.execute(delete(Upload).where(Upload.uid == upload.uid))

    def expires(self, upload: Announced) -> datetime | None:
        """When it is over if nothing is added; None for what is an item."""
        written = None if upload.finished else self._parts.last_written(upload.uid)
        return None if written is None else datetime.fromtimestamp(written, UTC) + KEPT_IN_PARTS

    @contextmanager
    def _over_if_refused(self, upload: Announced) -> Iterator[None]:
        """End the upload where it is refused for good."""
        try:
            yield
        except (NotFound, NotAllowed, RefusedType, OverQuota):
            self.drop(upload)
            raise

    @contextmanager
    def _taken(self, upload: Announced) -> Iterator[Part]:
        try:
            part = self._parts.take(upload.uid)
        except NotFound:
            # Whole, and not an item yet: the sender asks how far it is, which makes up for that.
            raise Busy from None
        with part:
            yield part

    def _take_over(self, upload: Announced, part: Part, body: KeptBody, checksum: Checksum | None) -> None:
        """Add a body that the front server has put into a file. It is read only where a checksum came with it."""
        if part.size + body.size > upload.length:
            raise _beyond(upload)
        if checksum is not None:
            summed = checksum.begin()
            for block in body.blocks():
                summed.update(block)
            if summed.digest() != checksum.expected:
                raise Mismatch
        known = part.size >= HEAD_BYTES
        part.take_over(body)
        if not known and part.size >= HEAD_BYTES:
            sniff(part.head(HEAD_BYTES), upload.filename)

    def _receive(
        self, identity: Identity, upload: Announced, part: Part, body: Body, checksum: Checksum | None
    ) -> None:
        if checksum is None:
            self._write(identity, upload, part, body, lambda _block: None)
            return
        part.doubt()
        try:
            summed = checksum.begin()
            self._write(identity, upload, part, body, summed.update)
            if summed.digest() != checksum.expected:
                raise Mismatch
        except BaseException:
            part.forget()
            raise
        part.trust()

    def _write(
        self, identity: Identity, upload: Announced, part: Part, body: Body, see: Callable[[bytes], object]
    ) -> None:
        known, asked = part.size >= HEAD_BYTES, time.monotonic()
        while block := body.read(BLOCK):
            if part.size + len(block) > upload.length:
                raise _beyond(upload)
            part.append(block)
            see(block)
            if not known and part.size >= HEAD_BYTES:
                sniff(part.head(HEAD_BYTES), upload.filename)
                known = True
            if time.monotonic() - asked > ASKED_AGAIN:
                self.destination(identity, upload)
                asked = time.monotonic()

    def _finish(self, identity: Identity, upload: Announced, destination: Destination, part: Part) -> None:
        file_type = sniff(part.head(HEAD_BYTES), upload.filename)
        arrived = Arrived(uid=upload.item_uid, filename=upload.filename, file_type=file_type, incoming=part)
        facts = facts_of(self._installation, identity, arrived) | {
            "item": upload.item_uid, "version": FIRST_VERSION, "title": upload.title, "folder": destination.path,
        }
        try:
            with part.finishing():
                self._storage.place(part, upload.item_uid, FIRST_VERSION, facts=facts)
        except (NoSpace, Unavailable):
            # What the disk did not confirm cannot be trusted, however often it is asked again.
            part.remove()
            self.drop(upload)
            raise
        part.remove()
        self._enter(identity, upload, arrived)

    def _enter(self, identity: Identity, upload: Announced, arrived: Arrived) -> None:
        """Write the rows of a file that lies in its place. Raises as `Uploads.enter`, and Unavailable: it stays then.
        """

        def rows(session: Session) -> None:
            self._sender.require(session, upload.length)
            uploads = Uploads(session, self._installation)
            destination = uploads.destination(identity, upload.folder_uid, draft=upload.draft)
            uploads.enter(identity, destination, upload.title, arrived, self._sender)
            if upload.tags:
                item = session.scalars(select(Item).where(Item.uid == upload.item_uid)).one()
                Tags(session, self._installation).put(item, upload.tags)
            whole = update(Upload).where(Upload.uid == upload.uid)
            session.execute(whole.values(finished_at=self._installation.clock()))

        try:
            commit(self._installation, rows)
        except (NotFound, NotAllowed, Invalid, OverQuota):
            take_back(self._installation, upload.item_uid, FIRST_VERSION)
            raise
        self._storage.settle(upload.item_uid, FIRST_VERSION)

    def _enter_placed(self, identity: Identity, upload: Announced) -> None:
        """Make up for rows that could not be written. Raises NotFound where there is no file, and as `_enter`."""
        try:
            placed = self._storage.placed(upload.item_uid, FIRST_VERSION)
        except FileNotFoundError:
            self.drop(upload)
            raise NotFound from None
        file_type = sniff(read_head(placed.path), upload.filename)
        self._enter(
            identity,
            upload,
            Arrived(uid=upload.item_uid, filename=upload.filename, file_type=file_type, incoming=placed),
        )


def _beyond(upload: Announced) -> TooLarge:
    return TooLarge(Sentence(BEYOND, {"length": Size(upload.length)}), upload.length)


def _announced(upload: Upload, folder_uid: str) -> Announced:
    return Announced(
        uid=upload.uid,
        folder_uid=folder_uid,
        item_uid=upload.item_uid,
        length=upload.length,
        filename=upload.filename,
        title=upload.title,
        tags=tuple(filter(None, upload.tags.split(","))),
        draft=upload.draft,
        finished=upload.finished_at is not None,
    )
