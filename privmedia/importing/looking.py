"""Looking at one file before it is taken: what it is, and what lies beside it."""
from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from privmedia import media
from privmedia.captions.cues import Cue
from privmedia.errors import Invalid
from privmedia.importing.reading import (
    LONGEST_CAPTIONS,
    LONGEST_FACTS,
    LONGEST_PICTURE,
    Said,
    read_captions,
    read_facts,
)
from privmedia.importing.tree import Bundle, Named, readable, shown
from privmedia.media import HEAD_BYTES, Damaged, FileType, TookTooLong, Verdict
from privmedia.storage import adopting
from privmedia.storage.adopting import Changed, Unreadable
from privmedia.uploads.names import clean_filename, title_of

BEING_WRITTEN = "Some program is still writing it."
TOO_LONG = "it is too long"
ANOTHER = "there is another one of its kind"


@dataclass
class Found:
    """A file that can be taken, and what was read beside it. `notes` are sentences about what was not."""

    bundle: Bundle
    handle: int
    facts: os.stat_result
    """Of the file when it was opened."""
    file_type: FileType
    said: Said = field(default_factory=Said)
    captions: dict[str, list[Cue]] = field(default_factory=dict)
    picture: bytes | None = None
    taken: dict[str, os.stat_result] = field(default_factory=dict)
    """What was read beside it, by its name."""
    notes: list[str] = field(default_factory=list)

    @property
    def filename(self) -> str:
        return clean_filename(readable(self.bundle.file.name))

    @property
    def title(self) -> str:
        return self.said.title or title_of(self.filename)

    @property
    def beside(self) -> dict[str, list[int]]:
        """What is noted of what was taken along."""
        return {shown(name): [facts.st_size, facts.st_mtime_ns] for name, facts in self.taken.items()}


@dataclass(frozen=True)
class Manner:
    """How files are taken over."""

    move: bool = False
    language: str = "en"
    """Of captions whose name says none."""
    charset: str | None = None
    """Of captions that are no UTF-8."""
    again: bool = False
    """Take what is in the library already, too."""


@contextlib.contextmanager
def looked_at(bundle: Bundle, manner: Manner) -> Iterator[Found]:
    """Open a file and read what lies beside it. Raises RefusedType for no file of ours, Unreadable, Changed."""
    try:
        handle = bundle.file.open()
    except OSError as error:
        raise Unreadable(error) from error
    try:
        facts = os.fstat(handle)
        if not os.path.samestat(facts, bundle.file.facts):
            raise Changed
        head = _head(handle)
        found = Found(bundle, handle, facts, media.sniff(head, readable(bundle.file.name)))
        if adopting.is_being_written(handle):
            raise Changed(BEING_WRITTEN)
        _read_beside(found, manner)
        yield found
    finally:
        os.close(handle)


def reason_against(found: Found, work: Path) -> str:
    """Why no browser plays a file as it is and none will after preparing; "" if one does. Looks into the file."""
    inside = work / secrets.token_hex(4)
    inside.mkdir()
    try:
        probe = media.probe(Path(found.bundle.file.path), found.file_type, work=inside)
    except (Damaged, TookTooLong) as error:
        return str(error)
    decision = media.decide(found.file_type, probe)
    return str(decision.reason) if decision.verdict is Verdict.UNPLAYABLE and decision.reason else ""


def digest_of(handle: int) -> str:
    """SHA-256 of an open file, in hexadecimal. Raises Unreadable."""
    digest, at = hashlib.sha256(), 0
    try:
        while block := os.pread(handle, adopting.AT_ONCE, at):
            digest.update(block)
            at += len(block)
    except OSError as error:
        raise Unreadable(error) from error
    return digest.hexdigest()


def _head(handle: int) -> bytes:
    try:
        return os.pread(handle, HEAD_BYTES, 0)
    except OSError as error:
        raise Unreadable(error) from error


def _read_beside(found: Found, manner: Manner) -> None:
    """Read what lies beside a file. What is no good costs nothing else: a note says why, and it stays where it is."""
    beside = found.bundle.beside

    def said(data: bytes) -> None:
        found.said = read_facts(data)

    def captions(data: bytes, language: str) -> None:
        if language in found.captions:
            raise Invalid(ANOTHER)
        found.captions[language] = list(read_captions(data, manner.charset))

    def picture(data: bytes) -> None:
        found.picture = data

    if beside.facts is not None:
        _read(found, beside.facts, LONGEST_FACTS, said)
    # What names its language comes first: what does not is in the language that was said for all.
    for language, name in sorted(beside.captions.items(), reverse=True):
        _read(found, name, LONGEST_CAPTIONS, partial(captions, language=language or manner.language))
    if beside.picture is not None:
        _read(found, beside.picture, LONGEST_PICTURE, picture)
    found.notes += [f"{shown(name)}: {ANOTHER}" for name in beside.spare]


def _read(found: Found, name: str, most: int, use: Callable[[bytes], None]) -> None:
    try:
        data, facts = _all_of(Named(found.bundle.file.place, name, found.facts), most)
        use(data)
    except (Invalid, Unreadable) as error:
        found.notes.append(f"{shown(name)}: {error}")
    else:
        found.taken[name] = facts


def _all_of(file: Named, most: int) -> tuple[bytes, os.stat_result]:
    try:
        with os.fdopen(file.open(), "rb") as opened:
            data, facts = opened.read(most + 1), os.fstat(opened.fileno())
    except OSError as error:
        raise Unreadable(error) from error
    if len(data) > most:
        raise Invalid(TOO_LONG)
    return data, facts
