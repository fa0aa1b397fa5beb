"""What goes along when another version of an item is shown: captions, chapters that somebody wrote, a cover.

They belong to the version they were made for. A version keeps its own; what it has none of it takes over from the one
shown before it. The files are placed first, then all rows are written in one short transaction.
"""
from __future__ import annotations

import secrets
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from privmedia.captions.models import Captions, Chapter
from privmedia.captions.service import Captioning
from privmedia.installation import Installation
from privmedia.library.cards import small_of
from privmedia.library.jobs import was_given
from privmedia.library.models import CAPTIONS, CHAPTERS, POSTER, SMALL_POSTER, File, Item, Version
from privmedia.media import chapters_as_text
from privmedia.posters.service import COVER
from privmedia.search.service import Search


@dataclass(frozen=True)
class Piece:
    """One file that goes along."""

    name: str
    stored_as: str
    media_type: str
    text: str | None
    """What is written anew for the other version; None for a file that stays as it is."""


class Luggage:
    """What goes from one version of an item to another."""

    def __init__(self, session: Session, installation: Installation, item: Item, old: Version, new: Version) -> None:
        self._search = Search(session, installation)
        self._session = session
        self._installation, self._storage = installation, installation.storage
        self._item, self._old, self._new = item, old, new
        self.pieces = self._pieces()

    def placed(self) -> dict[Piece, tuple[str, int]]:
        """Put the files beside those of the new version; what each is stored as, and its size in bytes.

        Raises NoSpace, Unavailable.
        """
        return {piece: self._place(piece) for piece in self.pieces}

    def enter(self, placed: dict[Piece, tuple[str, int]]) -> None:
        """Write the rows of what was placed."""
        for piece, (stored_as, size) in placed.items():
            file = File(
                version_id=self._new.id,
                name=piece.name,
                stored_as=stored_as,
                media_type=piece.media_type,
                size=size,
            )
            self._session.merge(file)
            if piece.name == CHAPTERS:
                self._take_chapters()
            elif piece.name.startswith(CAPTIONS):
                self._take_captions(piece.name)
        self._session.flush()

    def _pieces(self) -> list[Piece]:
        have = {file.name for file in self._files(self._new) if was_given(file)}
        old = self._files(self._old)
        given = [
            file for file in old
            if _goes_along(file) and file.name not in have and (file.name != CHAPTERS or self._chapters())
        ]  # fmt: skip
        smaller = {small_of(file.stored_as) for file in given if file.name == POSTER}
        small = [file for file in old if file.name == SMALL_POSTER and file.stored_as in smaller]
        return [self._piece(file) for file in (*given, *small)]

    def _piece(self, file: File) -> Piece:
        text = None
        if file.name == CHAPTERS:
            marks = [(chapter.start, chapter.title) for chapter in self._chapters()]
            text = chapters_as_text(marks, length=self._new.duration)
        return Piece(file.name, file.stored_as, file.media_type, text)

    def _place(self, piece: Piece) -> tuple[str, int]:
        uid, number = self._item.uid, self._new.number
        stored_as = piece.stored_as
        if piece.text is None:
            self._storage.link_product(uid, self._old.number, stored_as, number)
        else:
            stored_as = f"chapters-{secrets.token_hex(4)}.vtt"
            with self._storage.work_folder() as work:
                made = work / "text"
                made.write_text(piece.text, encoding="utf-8")
                self._storage.place_product(made, uid, number, stored_as)
        return stored_as, (self._storage.version_folder(uid, number) / stored_as).stat().st_size

    def _take_captions(self, name: str) -> None:
        language = name.removeprefix(CAPTIONS).removesuffix(".vtt")
        row = self._session.get_one(Captions, (self._old.id, language))
        self._session.add(
            Captions(
                version_id=self._new.id,
                language=language,
                label=row.label,
                count=row.count,
                updated_by=row.updated_by,
                updated_at=row.updated_at,
            )
        )
        self._take_words(name.removesuffix(".vtt"))
        Captioning(self._session, self._installation).list_with_streams(self._new)

    def _take_chapters(self) -> None:
        self._session.execute(delete(Chapter).where(Chapter.version_id == self._new.id))
        rows = [Chapter(version_id=self._new.id, start=one.start, title=one.title) for one in self._chapters()]
        self._session.add_all(rows)
        self._take_words("chapters")

    def _take_words(self, part: str) -> None:
        self._search.carry(self._item.id, part, self._old.number, self._new.number, until=self._new.duration)

    def _chapters(self) -> list[Chapter]:
        """Those that begin within the new version."""
        rows = select(Chapter).where(Chapter.version_id == self._old.id).order_by(Chapter.start)
        length = self._new.duration
        return [row for row in self._session.scalars(rows) if length is None or row.start < length * 1000]

    def _files(self, version: Version) -> list[File]:
        return list(self._session.scalars(select(File).where(File.version_id == version.id).order_by(File.name)))


def _goes_along(file: File) -> bool:
    """What somebody gave; a frame of the old film that was chosen as its poster is no picture of the new one."""
    return was_given(file) and (file.name != POSTER or file.stored_as.startswith(COVER))
