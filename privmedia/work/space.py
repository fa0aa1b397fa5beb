"""What the files take of the disk, by what they are for."""
from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from privmedia.installation import Installation
from privmedia.library.models import PLAY, STREAMS_FOLDER, File
from privmedia.storage import ORIGINAL
from privmedia.text import mark as _

ORIGINALS, PLAYABLE, STREAMS, OTHERS = "originals", "playable", "streams", "others"
NAMES = {
    ORIGINALS: _("Originals"),
    PLAYABLE: _("Playable copies"),
    STREAMS: _("Streams in several qualities"),
    OTHERS: _("Posters, pages, captions and others"),
}


@dataclass(frozen=True)
class Used:
    """Of one kind: bytes, files, and their percent of all bytes."""

    name: str
    size: int
    files: int
    share: int


class Space:
    """Of the versions of all items, those in the bin as well: their files are there until it is emptied."""

    def __init__(self, session: Session, _installation: Installation) -> None:
        self._session = session

    def by_kind(self) -> list[Used]:
        """The kinds there can be, the originals first. One statement, which reads all rows of files."""
        kind = case(
            (File.name == ORIGINAL, ORIGINALS),
            (File.name.startswith(PLAY), PLAYABLE),
            (File.name.startswith(STREAMS_FOLDER), STREAMS),
            else_=OTHERS,
        )
        # A playable original is one file under two names.
        own = or_(File.name == ORIGINAL, File.stored_as != ORIGINAL)
        query = select(kind.label("kind"), func.sum(File.size), func.count()).where(own).group_by("kind")
        found = {row[0]: (int(row[1]), int(row[2])) for row in self._session.execute(query)}
        whole = sum(size for size, _files in found.values()) or 1
        return [
            Used(name, size, files, round(100 * size / whole))
            for kind, name in NAMES.items()
            for size, files in [found.get(kind, (0, 0))]
        ]
