"""Choosing the poster of an item. What is chosen is drawn by the media room in a child process, never served as it is.

The picture is placed first, under a name nobody had, then its row is written in one short transaction.
"""
from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.accounts.identity import Identity
from privmedia.audit.service import Audit
from privmedia.captions.keeping import Place, version_at
from privmedia.db import reading, writing
from privmedia.errors import Invalid, NotFound, RefusedType, Unavailable
from privmedia.installation import Installation
from privmedia.library.cards import POSTER
from privmedia.library.models import File, Kind
from privmedia.library.preparation import STILLS, still_name
from privmedia.media import FileType
from privmedia.storage import ORIGINAL, Whole
from privmedia.text import mark as _

COVER = "cover-"
"""How the names begin that pictures are stored under which somebody sent."""
FRAME = "frame-"
"""The same for frames of the film."""
WEBP = "image/webp"
AT_ONCE = 2
"""Posters drawn at the same time in one process: each holds a thread that pages wait for."""
BUSY = _("Other posters are being drawn at this moment. Try again in a moment; nothing was changed.")
NO_FRAME = _("There is no picture at that moment. Choose another one.")
NO_MOMENT = _("Type a time within the film, such as 1:05.")
NO_PICTURE = _("This is no picture. Choose a JPEG, PNG, WebP, AVIF, HEIC, TIFF or GIF.")

_drawing = threading.BoundedSemaphore(AT_ONCE)


class Posters:
    """The poster of the version that is shown. Rights are the caller's business."""

    def __init__(self, installation: Installation, identity: Identity, place: Place) -> None:
        self._installation = installation
        self._identity = identity
        self._place = place

    def take_moment(self, seconds: float) -> None:
        """The frame shown at a moment. Raises Invalid, Conflict, Damaged, TookTooLong, NoSpace, Unavailable."""
        with reading(self._installation.sessions) as session:
            version = version_at(session, self._place)
            original, filename, length = self._path(ORIGINAL), version.filename, version.duration
        if length is None or not 0 <= seconds <= length:
            raise Invalid(NO_MOMENT, "time")
        self._draw(original, media.sniff(original, filename), FRAME, seconds=seconds)

    def take_still(self, number: int) -> None:
        """One of the frames that were made when the film was prepared. Raises Invalid, Conflict."""

        def stored(session: Session) -> File:
            version = version_at(session, self._place)
            still = session.get(File, (version.id, still_name(number)))
            if still is None:
                raise Invalid(NO_FRAME, "still")
            return still

        self._enter("still", stored)

    def take_picture(self, sent: Whole, file_type: FileType) -> None:
        """A picture somebody sent, made anew. Raises RefusedType, and as `take_moment`."""
        require_picture(file_type)
        self._draw(sent.path, file_type, COVER)

    def take_own(self) -> None:
        """The one that was made when the file was prepared, or none if none was. Raises Conflict."""
        path = self._path(POSTER)
        own = File(stored_as=POSTER, media_type=WEBP, size=path.stat().st_size) if path.exists() else None
        self._enter("own", lambda _session: own)

    def _draw(self, path: Path, file_type: FileType, prefix: str, *, seconds: float | None = None) -> None:
        if not _drawing.acquire(blocking=False):
            raise Unavailable(BUSY)
        try:
            self._draw_now(path, file_type, prefix, seconds)
        finally:
            _drawing.release()

    def _draw_now(self, path: Path, file_type: FileType, prefix: str, seconds: float | None) -> None:
        storage, place = self._installation.storage, self._place
        stored_as = f"{prefix}{secrets.token_hex(4)}.webp"
        with storage.work_folder() as work:
            out, inside = work / POSTER, work / "child"
            inside.mkdir()
            if not media.make_still(path, file_type, seconds=seconds, out=out, work=inside):
                raise Invalid(NO_FRAME, "time")
            size = out.stat().st_size
            storage.place_product(out, place.uid, place.number, stored_as)
        made = File(stored_as=stored_as, media_type=WEBP, size=size)
        try:
            self._enter("picture" if prefix == COVER else "moment", lambda _session: made)
        except BaseException:
            storage.remove_product(place.uid, place.number, stored_as)
            raise

    def _enter(self, how: str, chosen: Callable[[Session], File | None]) -> None:
        """Make the file that is `chosen` the poster, or take the poster away if it is none."""
        place = self._place
        with writing(self._installation.sessions) as session:
            version = version_at(session, place)
            file, before = chosen(session), session.get(File, (version.id, POSTER))
            old = before.stored_as if before is not None else ""
            if file is not None:
                row = before or File(version_id=version.id, name=POSTER)
                row.stored_as, row.media_type, row.size = file.stored_as, file.media_type, file.size
                session.add(row)
            elif before is not None:
                session.delete(before)
            new = file.stored_as if file is not None else ""
            Audit(session, self._installation).record(
                "poster.put", identity=self._identity, target=f"item:{place.uid}", detail={"how": how}
            )
        if old != new and old.startswith((COVER, FRAME)):
            self._installation.storage.remove_product(place.uid, place.number, old)

    def _path(self, stored_as: str) -> Path:
        return self._installation.storage.version_folder(self._place.uid, self._place.number) / stored_as


def require_picture(file_type: FileType) -> None:
    """Raise RefusedType for what is no picture."""
    if file_type.kind is not media.Kind.IMAGE:
        raise RefusedType(NO_PICTURE)


def require_poster(kind: Kind) -> None:
    """Raise NotFound for a picture: it is its own poster."""
    if kind is Kind.IMAGE:
        raise NotFound


class Stills:
    """What a poster can be chosen from."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session

    def of(self, place: Place) -> list[tuple[int, str, bool]]:
        """Each still's number, its address, and whether it is the poster. Raises Conflict."""
        version = version_at(self._session, place)
        rows = self._session.execute(select(File.name, File.stored_as).where(File.version_id == version.id))
        stored = {row.name: row.stored_as for row in rows}
        return [
            (number, f"/smedia/{place.uid}/{still_name(number)}", stored.get(POSTER) == stored[still_name(number)])
            for number in range(1, STILLS + 1)
            if still_name(number) in stored
        ]

    def is_own(self, place: Place) -> bool:
        """Whether nobody has chosen the poster. Raises Conflict."""
        version = version_at(self._session, place)
        chosen = self._session.get(File, (version.id, POSTER))
        return chosen is None or chosen.stored_as == POSTER
