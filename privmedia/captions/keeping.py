"""Keeping captions and chapters: the file first, on the disk; then all rows in one short transaction; then the old file
goes. Files are never written twice, so that whoever is reading one reads it to its end.
"""
from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.captions import cues
from privmedia.captions.chapters import Mark
from privmedia.captions.cues import Cue
from privmedia.captions.service import Captioning, file_name, spoken
from privmedia.db import reading, writing
from privmedia.errors import Conflict
from privmedia.installation import Installation
from privmedia.library.models import CHAPTERS, File, Item, Version
from privmedia.media import chapters_as_text
from privmedia.text import mark as _

log = logging.getLogger(__name__)

MEDIA_TYPE = "text/vtt"  # always UTF-8, says the standard
REPLACED = _("The file was replaced in the meantime. Look at the new one, and send this again.")


CHANGED = _(
    "Somebody has saved other lines while this page was open. Nothing of yours is saved yet, and nothing is lost: it "
    "stands below."
)


class Changed(Conflict):
    """Another text is there than the one that somebody edits."""


@dataclass(frozen=True)
class Place:
    """The version that captions are about, as the person sees it who sends them."""

    item_id: int
    uid: str
    number: int


def place_of(item: Item) -> Place:
    return Place(item.id, item.uid, item.current)


def keep_captions(
    installation: Installation,
    identity: Identity,
    place: Place,
    *,
    language: str,
    label: str,
    read: Sequence[Cue],
    seen: str | None = None,
) -> None:
    """Make these the captions of a version in one language, and have them found.

    `seen` is the edition that was on the page, as `Captioning.edition` names it; None if it does not matter. Raises
    Changed if another is there by now, Invalid, Conflict, NoSpace, Unavailable.
    """

    passages = spoken(read)

    def rows(session: Session, version: Version) -> None:
        service = Captioning(session, installation)
        service.put_captions(version, language=language, label=label, passages=passages, by=identity.user_id)
        Audit(session, installation).record(
            "captions.put",
            identity=identity,
            target=f"item:{place.uid}",
            detail={"language": language, "count": len(read)},
        )

    _exchange(installation, place, file_name(language), cues.written(read), rows, seen=seen)


def remove_captions(installation: Installation, identity: Identity, place: Place, *, language: str) -> None:
    """Take the captions of one language away. Raises NotFound, Conflict."""

    def rows(session: Session, version: Version) -> None:
        Captioning(session, installation).remove(version, language)
        Audit(session, installation).record(
            "captions.remove", identity=identity, target=f"item:{place.uid}", detail={"language": language}
        )

    _exchange(installation, place, file_name(language), None, rows)


def keep_marks(
    installation: Installation, identity: Identity, place: Place, *, marks: Sequence[Mark], seen: str | None = None
) -> None:
    """Make these the chapters of a version; none takes them away. `seen` and errors as of `keep_captions`."""

    def rows(session: Session, version: Version) -> None:
        Captioning(session, installation).put_marks(version, marks)
        Audit(session, installation).record(
            "chapters.put", identity=identity, target=f"item:{place.uid}", detail={"count": len(marks)}
        )

    with reading(installation.sessions) as session:
        length = version_at(session, place).duration
    text = chapters_as_text([(mark.start, mark.title) for mark in marks], length=length) if marks else None
    _exchange(installation, place, CHAPTERS, text, rows, seen=seen)


def _exchange(
    installation: Installation,
    place: Place,
    name: str,
    text: str | None,
    rows: Callable[[Session, Version], None],
    *,
    seen: str | None = None,
) -> None:
    """Put a text in the place of a version's file of this name, or take it away, together with what `rows` writes."""
    stored = None if text is None else _placed(installation, place, name, text)
    old = None
    try:
        with writing(installation.sessions) as session:
            version = version_at(session, place)
            file = session.get(File, (version.id, name))
            if seen not in (None, file.stored_as if file is not None else "") and not _says(
                installation, place, file, text
            ):
                raise Changed(CHANGED)
            rows(session, version)
            old = file.stored_as if file is not None else None
            _enter(session, version, name, stored, size=len((text or "").encode()))
    except BaseException:
        if stored is not None and not _is_committed(installation, place, name, stored):
            installation.storage.remove_product(place.uid, place.number, stored)
        raise
    if old is not None and old != stored:
        installation.storage.remove_product(place.uid, place.number, old)


def _says(installation: Installation, place: Place, file: File | None, text: str | None) -> bool:
    """Whether a file has this text already: whoever presses twice has saved once."""
    if file is None or text is None:
        return file is None and text is None
    return installation.storage.read_text(place.uid, place.number, file.stored_as) == text


def _placed(installation: Installation, place: Place, name: str, text: str) -> str:
    stem, _, suffix = name.rpartition(".")
    stored = f"{stem}-{secrets.token_hex(4)}.{suffix}"
    storage = installation.storage
    with storage.work_folder() as work:
        made = work / "text"
        made.write_text(text, encoding="utf-8")
        storage.place_product(made, place.uid, place.number, stored)
    return stored


def _enter(session: Session, version: Version, name: str, stored: str | None, *, size: int) -> None:
    file = session.get(File, (version.id, name))
    if stored is None:
        if file is not None:
            session.delete(file)
    elif file is None:
        session.add(File(version_id=version.id, name=name, stored_as=stored, media_type=MEDIA_TYPE, size=size))
    else:
        file.stored_as, file.media_type, file.size = stored, MEDIA_TYPE, size
    session.flush()


def version_at(session: Session, place: Place) -> Version:
    """The version of a place. Raises Conflict if another one is shown by now."""
    found = session.scalar(
        select(Version)
        .join(Item, Item.id == Version.item_id)
        .where(Item.id == place.item_id, Item.current == place.number, Version.number == place.number)
    )
    if found is None:
        raise Conflict(REPLACED)
    return found


def _is_committed(installation: Installation, place: Place, name: str, stored: str) -> bool:
    """Whether the rows are there after all: the answer to a commit may be lost, and the commit done."""
    try:
        with reading(installation.sessions) as session:
            file = session.get(File, (version_at(session, place).id, name))
            return file is not None and file.stored_as == stored
    except Conflict:
        return False
    except SQLAlchemyError:
        log.exception("cannot tell whether %s of item %s was committed; its file stays", name, place.uid)
        return True
