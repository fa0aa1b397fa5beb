"""Taking the files of one form in: each is written once, looked at while it arrives, and refused on its own.

No database here: everything is on the disk, finished, before the first row is written.
"""
from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from privmedia.errors import DomainError, NoSpace, RefusedType, Unavailable
from privmedia.ids import new_uid
from privmedia.media import HEAD_BYTES, FileType, sniff
from privmedia.storage import Incoming, Storage, Whole
from privmedia.text import Sentence
from privmedia.text import mark as _
from privmedia.uploads.names import clean_filename
from privmedia.uploads.reading import FilePart

log = logging.getLogger(__name__)

NO_ROOM_FOR_IT = _("The server has no space left for this file. Tell your administrator.")


def any_type(_file_type: FileType) -> None:
    """Whatever can be played or shown has its place."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """A file that is on the disk, whole, and waits for its place."""

    uid: str
    """The public id its item will have."""
    filename: str
    file_type: FileType
    incoming: Whole


@dataclass(frozen=True)
class Refused:
    """A file that was not taken, and why."""

    filename: str
    error: DomainError

    @property
    def sentence(self) -> str | Sentence:
        return self.error.sentence


@dataclass
class Receipt:
    """What became of the files of one form. Leaving the context removes those that got no place."""

    arrived: list[Arrived] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    _kept: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Receipt:
        return self

    def __exit__(self, *details: object) -> None:
        self._kept.close()

    def take(
        self,
        parts: Iterable[FilePart],
        storage: Storage,
        *,
        announced: int | None = None,
        fits: Callable[[FileType], None] = any_type,
    ) -> None:
        """Receive every file. `announced`, if the client said so, is how many there are.

        With that, nothing is read any more once the last one is refused. `fits` raises RefusedType for a type that
        has no place where the files go. Raises what reading the form raises.
        """
        for number, part in enumerate(parts, start=1):
            filename = clean_filename(part.filename)
            incoming = None
            try:
                incoming = self._kept.enter_context(storage.receive())
                file_type = write(part, incoming, filename, fits)
            except (RefusedType, NoSpace, Unavailable) as error:
                if incoming is not None:
                    incoming.discard()
                    if not part.filename and not incoming.size:
                        continue  # a file field in which nothing was chosen
                self.refuse(filename, error)
                if number == announced:
                    return
            else:
                self.arrived.append(
                    Arrived(uid=new_uid(), filename=filename, file_type=file_type, incoming=incoming)
                )

    def refuse(self, filename: str, error: DomainError) -> None:
        """Put a file on the list of those that were not taken."""
        if isinstance(error, NoSpace):
            error = NoSpace(NO_ROOM_FOR_IT)
        self.refused.append(Refused(filename, error))


def write(
    part: FilePart, incoming: Incoming, filename: str, fits: Callable[[FileType], None] = any_type
) -> FileType:
    """Write a file as it comes, on the disk when this returns, and say what it is.

    Raises RefusedType as soon as its first bytes are there, NoSpace, Unavailable, and what reading and `fits` raise.
    """
    head = bytearray()
    file_type = None
    for block in part.blocks:
        if file_type is None:
            head += block[:HEAD_BYTES - len(head)]
            if len(head) == HEAD_BYTES:
                file_type = _known(bytes(head), filename, fits)
        incoming.write(block)
    if file_type is None:
        file_type = _known(bytes(head), filename, fits)
    incoming.finish()
    return file_type


def _known(head: bytes, filename: str, fits: Callable[[FileType], None]) -> FileType:
    file_type = sniff(head, filename)
    fits(file_type)
    return file_type
