"""Choosing the poster of an item. What is chosen is drawn by the media room in a child process, never served as it is.

The picture is placed first, under a name nobody had, then its row is written in one short transaction.
"""
from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Mapping
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
from privmedia.library.cards import small_of
from privmedia.library.models import POSTER, SMALL_POSTER, File, Kind
from privmedia.library.preparation import STILLS, still_name
from privmedia.media import FileType
from privmedia.media.filetype import TYPES
from privmedia.storage import ORIGINAL, Whole
from privmedia.text import mark as _

COVER = "cover-"
"""How the names begin that pictures are stored under which somebody sent."""
FRAME = "frame-"
"""The same for frames of the film."""
WEBP = "image/webp"
STAY = (POSTER, SMALL_POSTER, *(still_name(number) for number in range(1, STILLS + 1)))
"""What stays as it is when it is the poster no more: people may go back to it."""
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
        self._draw("moment", original, media.sniff(original, filename), new_name(FRAME), seconds=seconds)

    def take_still(self, number: int) -> None:
        """One of the frames that were made when the film was prepared. Raises as `take_moment`."""
        with reading(self._installation.sessions) as session:
            still = session.get(File, (version_at(session, self._place).id, still_name(number)))
            if still is None:
                raise Invalid(NO_FRAME, "still")
            stored_as = still.stored_as
        # It is there as it is; drawn is the small one of it.
        self._draw("still", self._path(stored_as), TYPES["webp"], stored_as)

    def take_picture(self, sent: Whole, file_type: FileType) -> None:
        """A picture somebody sent, made anew. Raises RefusedType, and as `take_moment`."""
        require_picture(file_type)
        self._draw("picture", sent.path, file_type, new_name(COVER))

    def take_own(self) -> None:
        """The one that was made when the file was prepared, or none if none was. Raises Conflict."""
        self._enter("own", POSTER)

    def _draw(self, how: str, path: Path, file_type: FileType, stored_as: str, *, seconds: float | None = None) -> None:
        """Draw a poster and its small one, and enter them. What is there already under that name stays as it is."""
        if not _drawing.acquire(blocking=False):
            raise Unavailable(BUSY)
        try:
            with self._installation.storage.work_folder() as work:
                out, small, inside = work / POSTER, work / SMALL_POSTER, work / "child"
                inside.mkdir()
                if not media.make_still(path, file_type, seconds=seconds, out=out, small=small, work=inside):
                    raise Invalid(NO_FRAME, "time")
                self._keep(how, stored_as, {stored_as: out, small_of(stored_as): small})
        finally:
            _drawing.release()

    def _keep(self, how: str, stored_as: str, drawn: Mapping[str, Path]) -> None:
        storage, place = self._installation.storage, self._place
        new = {name: made for name, made in drawn.items() if not self._path(name).exists()}
        try:
            for name, made in new.items():
                storage.place_product(made, place.uid, place.number, name)
            self._enter(how, stored_as)
        except BaseException:
            for name in new:
                storage.remove_product(place.uid, place.number, name)
            raise

    def _enter(self, how: str, stored_as: str) -> None:
        """Make what is stored like that the poster, with its small one; where it is not there, there is no poster."""
        place = self._place
        stored = {POSTER: stored_as, SMALL_POSTER: small_of(stored_as)}
        sizes = {name: path.stat().st_size for name, path in self._paths(stored) if path.exists()}
        with writing(self._installation.sessions) as session:
            version = version_at(session, place)
            before = [file for name in stored if (file := session.get(File, (version.id, name)))]
            unnamed = {file.stored_as for file in before} - {stored[name] for name in sizes} - set(STAY)
            for file in before:
                if file.name not in sizes:
                    session.delete(file)
            for name, size in sizes.items():
                session.merge(
                    File(version_id=version.id, name=name, stored_as=stored[name], media_type=WEBP, size=size)
                )
            Audit(session, self._installation).record(
                "poster.put", identity=self._identity, target=f"item:{place.uid}", detail={"how": how}
            )
        for one in unnamed:
            self._installation.storage.remove_product(place.uid, place.number, one)

    def _paths(self, stored: Mapping[str, str]) -> Iterator[tuple[str, Path]]:
        return ((name, self._path(stored_as)) for name, stored_as in stored.items())

    def _path(self, stored_as: str) -> Path:
        return self._installation.storage.version_folder(self._place.uid, self._place.number) / stored_as


def new_name(prefix: str) -> str:
    """What a picture is stored as that nobody has seen before."""
    return f"{prefix}{secrets.token_hex(4)}.webp"


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
