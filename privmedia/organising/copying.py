"""Copying an item: a new one with an address of its own, whose files are the same bytes on the disk, not a second time.

Needed are Download on the item, because whoever has it could save the file and add it again, and Upload where the copy
goes. It takes the version that is shown, with its text, tags, captions and chapters, and none of the item's own rules.
"""
from __future__ import annotations

from typing import Any

from sqlalchemy import inspect, or_, select
from sqlalchemy.orm import Session

from privmedia.access.permissions import Permission
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.captions.models import Captions, Chapter
from privmedia.db import Base, reading, writing
from privmedia.errors import Conflict, NotAllowed, NotFound, OverQuota
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import PAGES, TELL_FOLLOWERS, TEXTS, File, Folder, Item, ItemTag, Kind, State, Version
from privmedia.library.service import Library
from privmedia.organising.moving import Moves
from privmedia.quotas.service import Quotas
from privmedia.search.models import SearchPart
from privmedia.text import Sentence
from privmedia.text import mark as _

NO_DOWNLOAD = _("Only who may download “${name}” can copy it: the copy would be a way to the file.")
NOT_READY = _("“${name}” is still being prepared. Copy it when it is ready.")
CHANGED = _("“${name}” was replaced or moved at this moment. Nothing was copied.")
FIRST = 1
"""The number of a copy's only version."""
NOT_TAKEN = (
    "id", "uid", "folder_id", "acl_id", "current", "newest", "uploader_id", "created_at", "deletion_id",
)


def copy_item(installation: Installation, identity: Identity, uid: str, to_uid: str) -> str:
    """Copy an item into a folder; answers the new public id.

    The files first, linked and on the disk, then all rows in one short transaction. Raises NotFound, NotAllowed,
    Conflict and Invalid as the rules say, OverQuota as the copy counts for who copies, NoSpace or Unavailable for the
    disk.
    """
    with reading(installation.sessions) as session:
        item, _to = _allowed(session, installation, identity, uid, to_uid)
        Quotas(session, installation).require_room(identity.user_id, _shown(session, item).size)
        number = item.current
        facts = {"item": "", "copy_of": item.uid, "version": FIRST, "title": item.title, "added_by": identity.email}
    new = new_uid()
    installation.storage.link_version(uid, number, new, facts=facts | {"item": new})
    try:
        with writing(installation.sessions) as session:
            item, to = _allowed(session, installation, identity, uid, to_uid)
            if item.current != number:
                raise Conflict(Sentence(CHANGED, {"name": item.title}))
            library, version = Library(session, installation), _shown(session, item)
            library.pointers.hold_place(to)
            Quotas(session, installation).require_room(identity.user_id, version.size)
            copied = _enter(library, identity, version, to, new)
            Jobs(session, installation).enqueue(TELL_FOLLOWERS, copied.id)
            if item.kind is Kind.DOCUMENT:
                # Some of its pages may not be drawn or read yet; if all are there is nothing to do.
                Jobs(session, installation).enqueue(PAGES, copied.id)
                Jobs(session, installation).enqueue(TEXTS, copied.id)
            Audit(session, installation).record(
                "item.copy",
                identity=identity,
                target=f"item:{item.uid}",
                detail={"name": item.title, "copy": new, "folder": to.uid},
            )
    except BaseException:
        installation.storage.remove_version(new, FIRST)
        raise
    installation.storage.settle(new, FIRST)
    return new


def may_copy(moves: Moves, item: Item, identity: Identity) -> Sentence | None:
    """Why the caller may not copy an item; None if it can be copied."""
    if Permission.DOWNLOAD not in moves.rights(item, identity):
        return Sentence(NO_DOWNLOAD, {"name": item.title})
    return None if item.state == State.READY else Sentence(NOT_READY, {"name": item.title})


def _allowed(
    session: Session, installation: Installation, identity: Identity, uid: str, to_uid: str
) -> tuple[Item, Folder]:
    moves = Moves(session, installation)
    item = Library(session, installation).item(uid)
    if Permission.VIEW not in moves.rights(item, identity):
        raise NotFound
    refused = may_copy(moves, item, identity)
    if refused:
        raise NotAllowed(refused)
    return item, moves.target(to_uid, identity, Permission.UPLOAD)


def no_room(moves: Moves, quotas: Quotas, item: Item, identity: Identity) -> Sentence | None:
    """Why the copy would be too much for the caller; None if there is room for it."""
    try:
        quotas.require_room(identity.user_id, _shown(moves.session, item).size)
    except OverQuota as error:
        return error.said
    return None


def _shown(session: Session, item: Item) -> Version:
    return session.scalars(select(Version).where(Version.item_id == item.id, Version.number == item.current)).one()


def _enter(library: Library, identity: Identity, version: Version, to: Folder, uid: str) -> Version:
    """Write the rows of the copy; answers its version."""
    session, now, item = library.session, library.now, version.item
    new = Item(
        **_columns(item, *NOT_TAKEN),
        uid=uid,
        folder_id=to.id,
        current=FIRST,
        newest=FIRST,
        uploader_id=identity.user_id,
        created_at=now,
    )
    session.add(new)
    session.flush()
    copied = Version(
        **_columns(version, "id", "item_id", "number", "created_by", "created_at"),
        item_id=new.id,
        number=FIRST,
        created_by=identity.user_id,
        created_at=now,
    )
    session.add(copied)
    session.flush()
    for table in (File, Captions, Chapter):
        for row in session.scalars(select(table).where(table.version_id == version.id)):
            session.add(table(**_columns(row, "version_id"), version_id=copied.id))
    for tag in session.scalars(select(ItemTag).where(ItemTag.item_id == item.id)):
        session.add(ItemTag(item_id=new.id, key=tag.key, name=tag.name))
    said = or_(SearchPart.version.is_(None), SearchPart.version == version.number)
    for part in session.scalars(select(SearchPart).where(SearchPart.item_id == item.id, said)):
        number = None if part.version is None else FIRST
        session.add(SearchPart(**_columns(part, "id", "item_id", "version"), item_id=new.id, version=number))
    session.flush()
    return copied


def _columns(row: Base, *without: str) -> dict[str, Any]:
    """The values of a row, but for some."""
    return {
        column.key: getattr(row, column.key)
        for column in inspect(type(row)).column_attrs
        if column.key not in without
    }
