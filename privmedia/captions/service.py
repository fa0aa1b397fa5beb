"""The verbs of captions and chapters: what a version has, and what of it is written down in the database."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.captions.chapters import Mark
from privmedia.captions.cues import Cue
from privmedia.captions.models import Captions, Chapter
from privmedia.errors import NotFound
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.models import CAPTIONS_OF_STREAMS, CHAPTERS, STREAMS_FOLDER, File, Item, Version
from privmedia.lines import required_line
from privmedia.media import MASTER
from privmedia.search.service import Passage, Search, cut_beforehand
from privmedia.text import mark as _

LONGEST_LABEL = 100
CHAPTERS_PART = "chapters"
"""What chapters are called for search."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """The captions of one language, as pages speak of them."""

    language: str
    label: str
    count: int
    url: str
    updated_at: datetime


class Line(NamedTuple):
    """What is said, `seconds` from the beginning."""

    seconds: float
    spoken: str


class Captioning:
    """Captions and chapters of versions. Decides nothing about rights; the files are `keeping`'s."""

    def __init__(self, session: Session, installation: Installation) -> None:
        self._session = session
        self._installation = installation
        self._storage = installation.storage
        self._clock = installation.clock

    def version(self, item: Item) -> Version:
        """The version of an item that is shown."""
        found = self._session.scalar(
            select(Version).where(Version.item_id == item.id, Version.number == item.current)
        )
        if found is None:
            raise NotFound
        return found

    def tracks(self, item: Item) -> list[Track]:
        """The captions of an item's shown version, by what they are called."""
        rows = self._session.scalars(
            select(Captions).where(Captions.version_id == self.version(item).id).order_by(Captions.label)
        )
        return [
            Track(
                language=row.language,
                label=row.label,
                count=row.count,
                url=f"/smedia/{item.uid}/{file_name(row.language)}",
                updated_at=row.updated_at,
            )
            for row in rows
        ]

    def text(self, item: Item, language: str) -> str:
        """The captions of a language, as WebVTT. Raises NotFound."""
        version = self.version(item)
        file = self._session.get(File, (version.id, file_name(language)))
        if file is None:
            raise NotFound
        return self._storage.read_text(item.uid, version.number, file.stored_as)

    def edition(self, item: Item, name: str) -> str:
        """What tells the text that is there under a file name now from those before and after; "" if there is none."""
        file = self._session.get(File, (self.version(item).id, name))
        return file.stored_as if file is not None else ""

    def play_url(self, item: Item) -> str | None:
        """The address of what is played, to look at while one writes."""
        playable = File.name.like("play.%")
        names = select(File.name).where(File.version_id == self.version(item).id, playable).order_by(File.name)
        name = self._session.scalars(names).first()
        return f"/smedia/{item.uid}/{name}" if name is not None else None

    def lines(
        self, item: Item, language: str, *, having: str = "", first: int = 0, most: int | None = None
    ) -> list[Line]:
        """What is said in a language, by the time it is said: `most` from `first` on; of these, what has a text."""
        search = Search(self._session, self._installation)
        some = search.passages(item.id, part_of(language), version=item.current).offset(first).limit(most)
        lines = (Line(at or 0, body) for at, body in self._session.execute(some))
        return [line for line in lines if having.casefold() in line.spoken.casefold()]

    def marks(self, item: Item) -> list[Mark]:
        """The chapters of an item's shown version: those somebody wrote, else the file's own."""
        return self.marks_of(self.version(item))

    def marks_of(self, version: Version) -> list[Mark]:
        """The chapters of a version."""
        if self._session.get(File, (version.id, CHAPTERS)) is None:
            return []
        rows = self._session.scalars(
            select(Chapter).where(Chapter.version_id == version.id).order_by(Chapter.start)
        )
        return [Mark(row.start, row.title) for row in rows] or own_marks(version)

    def put_captions(
        self, version: Version, *, language: str, label: str, passages: Sequence[Passage], by: int | None
    ) -> None:
        """Write down captions whose file is placed, in place of those in the same language. Raises Invalid.

        `passages` are their lines, as `spoken` makes them.
        """
        row = self._session.get(Captions, (version.id, language)) or Captions(version_id=version.id, language=language)
        row.label = self._label(label)
        row.count, row.updated_by, row.updated_at = len(passages), by, self._clock()
        self._session.add(row)
        self.find_by(version, part_of(language), passages)
        self.list_with_streams(version)

    def rename(self, version: Version, language: str, *, label: str) -> None:
        """Call captions something else. Raises NotFound, Invalid."""
        self._row(version, language).label = self._label(label)
        self._session.flush()
        self.list_with_streams(version)

    def remove(self, version: Version, language: str) -> None:
        """Strike captions out; their file is the caller's. Raises NotFound."""
        self._session.delete(self._row(version, language))
        self.find_by(version, part_of(language), [])
        self.list_with_streams(version)

    def list_with_streams(self, version: Version) -> None:
        """Have a film's streams name the captions it has; nothing for what has no streams."""
        if self._session.get(File, (version.id, STREAMS_FOLDER + MASTER)) is not None:
            jobs = Jobs(self._session, self._installation)
            jobs.enqueue_once(CAPTIONS_OF_STREAMS, version.id, run_after=self._clock())

    def put_marks(self, version: Version, marks: Sequence[Mark]) -> None:
        """Write down the chapters of a version, in place of those it had."""
        self._session.execute(delete(Chapter).where(Chapter.version_id == version.id))
        self._session.add_all(Chapter(version_id=version.id, start=mark.start, title=mark.title) for mark in marks)
        self.find_by(version, CHAPTERS_PART, titles(marks))

    def find_by(self, version: Version, part: str, passages: Sequence[Passage]) -> None:
        """Let the item be found by what is said in it, and where."""
        Search(self._session, self._installation).put(version.item_id, part, passages, version=version.number)

    def _row(self, version: Version, language: str) -> Captions:
        row = self._session.get(Captions, (version.id, language))
        if row is None:
            raise NotFound
        return row

    @staticmethod
    def _label(text: str) -> str:
        missing = _("Say what the captions are called.")
        return required_line(text, field="label", missing=missing, longest=LONGEST_LABEL)


def spoken(cues: Sequence[Cue]) -> list[Passage]:
    """The lines of captions, as an item is found by them; takes a while where they are many."""
    return cut_beforehand(Passage(cue.spoken, at=cue.seconds) for cue in cues)


def titles(marks: Sequence[Mark]) -> list[Passage]:
    """The titles of chapters, as an item is found by them."""
    return [Passage(mark.title, at=mark.seconds) for mark in marks]


def part_of(language: str) -> str:
    """What the captions of a language are called for search."""
    return f"captions-{language}"


def file_name(language: str) -> str:
    """What stands in the address of the captions of a language."""
    return f"captions-{language}.vtt"


def own_marks(version: Version) -> list[Mark]:
    """The chapters that the file brought with it."""
    chapters = (version.probe or {}).get("chapters") or []
    return [Mark(round(chapter["start"] * 1000), chapter["title"]) for chapter in chapters]
