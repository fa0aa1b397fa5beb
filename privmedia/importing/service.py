"""Importing files and trees: what becomes of each, told as it happens."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.db import reading
from privmedia.errors import Conflict, DomainError, Invalid, NoSpace, NotFound, RefusedType, Unavailable
from privmedia.importing.known import Before, Digests, Known, Seen, Twin
from privmedia.importing.looking import Found, Manner, digest_of, looked_at, reason_against
from privmedia.importing.taking import MeanwhileTaken, Taking
from privmedia.importing.tree import FILE, Bundle, LeftOut, Named, Why, shown, walk
from privmedia.installation import Installation
from privmedia.library.paths import Paths
from privmedia.library.service import DEEPEST
from privmedia.storage import ORIGINAL, adopting
from privmedia.uploads.keeping import commit

KEPT_FOLDERS = 1000
"""Folders whose ids are remembered."""
NOT_IN_ROOT = "The library itself holds folders only: say with --into which one files go to."
TOO_DEEP = f"Folders can lie {DEEPEST - 1} deep at most."
SOURCE_STAYS = "It is in the library now, but its source could not be removed"
FOLDER_GONE = "Its folder was deleted meanwhile. Start the import again."


class Fate(StrEnum):
    """What became of a file, or would."""

    TAKEN = "taken"
    THERE = "there already"
    DUPLICATE = "duplicate"
    REFUSED = "not taken"
    """It is no file of a kind that has a place here, now or ever."""
    FAILED = "failed"
    """It could not be taken this time."""
    LEFT_OUT = "left out"


@dataclass(frozen=True)
class Outcome:
    """What became of one file. `sentence` says why, or what there is to know besides."""

    path: str
    fate: Fate
    sentence: str = ""
    size: int = 0
    """Bytes."""
    where: str = ""
    """Path and title in the library."""
    captions: int = 0
    poster: bool = False
    said: bool = False
    """Something beside it said its title, description or tags."""
    notes: tuple[str, ...] = ()
    why: Why | None = None
    source_stays: bool = False


class Importing:
    """Takes files and trees over into one folder of the library."""

    def __init__(
        self,
        installation: Installation,
        into: str,
        manner: Manner,
        *,
        dry: bool = False,
        quick: bool = False,
        on_bytes: Callable[[int], None] = lambda _count: None,
    ) -> None:
        """`dry` changes nothing and looks into each file, unless `quick`."""
        self._installation = installation
        self._into = tuple(part for part in into.split("/") if part.strip())
        self._manner = manner
        self._dry, self._quick = dry, quick
        self._taking = Taking(installation, manner, on_bytes)
        self._digests = Digests(self._digest_of_twin)
        self._seen = Seen()
        self._folders: dict[tuple[str, ...], str] = {}
        self.made = 0
        """How many folders were made."""

    def run(self, sources: Iterable[str]) -> Iterator[Outcome]:
        """Take everything over, file by file. Raises NoSpace and Unavailable: what was told until then is done."""
        ours = os.stat(self._installation.settings.media_root)
        with contextlib.closing(self._seen):
            for found in walk(sources, ours=ours):
                yield self._outcome(found) if isinstance(found, Bundle) else _left_out(found)

    def _outcome(self, bundle: Bundle) -> Outcome:
        path, size = bundle.file.path, bundle.file.facts.st_size
        try:
            with reading(self._installation.sessions) as session:
                before = Known(session).unchanged(path, bundle.file.facts)
            if before is not None and not self._manner.again:
                return self._known(bundle, before)
            with looked_at(bundle, self._manner) as found:
                return self._taken(found)
        except RefusedType as error:
            return Outcome(path, Fate.REFUSED, str(error), size)
        except MeanwhileTaken:
            return Outcome(path, Fate.THERE, "Another import has just taken it.", size)
        except (NoSpace, Unavailable):
            raise
        except DomainError as error:
            return Outcome(path, Fate.FAILED, str(error), size)

    def _taken(self, found: Found) -> Outcome:
        path, size = found.bundle.file.path, found.facts.st_size
        digest, twin = (None, None) if self._manner.again else self._twin_of(found)
        if twin is not None:
            return Outcome(path, Fate.DUPLICATE, f"The same file is in the library as “{twin.title}”.", size)
        if first := self._seen_before(found):
            return Outcome(path, Fate.DUPLICATE, f"It is the same as {shown(first)}.", size)
        names = (*self._into, *found.bundle.file.place.names)
        if not names:
            raise Invalid(NOT_IN_ROOT)
        if len(names) >= DEEPEST:
            raise Invalid(TOO_DEEP)
        sentence, stays = "", False
        if self._dry:
            sentence = self._reason_against(found)
        else:
            self._take(found, names, digest)
            if self._manner.move and not self._taking.remove_source(found):
                sentence, stays = f"{SOURCE_STAYS}.", True
        return Outcome(
            path,
            Fate.TAKEN,
            sentence,
            size,
            where="/".join((*names, found.title)),
            captions=len(found.captions),
            poster=found.picture is not None,
            said=bool(found.said.title or found.said.description or found.said.tags),
            notes=tuple(found.notes),
            source_stays=stays,
        )

    def _take(self, found: Found, names: tuple[str, ...], digest: str | None) -> None:
        try:
            self._taking.take(found, self._folder(names), "/".join(names), digest=digest)
        except NotFound:
            self._folders.clear()
            raise Conflict(FOLDER_GONE) from None

    def _reason_against(self, found: Found) -> str:
        if self._quick:
            return ""
        with self._installation.storage.work_folder() as work:
            return reason_against(found, work)

    def _known(self, bundle: Bundle, before: Before) -> Outcome:
        """What an earlier run took; of a move that was cut off after the commit, the source goes now."""
        path, size = bundle.file.path, bundle.file.facts.st_size
        words = "It lies in the bin" if before.in_bin else "An import took it before"
        sentence, stays = f"{words}, as “{before.title}”.", False
        if self._manner.move and not self._dry and not before.in_bin:
            stays = not self._finish_move(bundle.file, before)
            sentence = f"{SOURCE_STAYS}." if stays else f"{sentence} Its source is removed now."
        return Outcome(path, Fate.THERE, sentence, size, source_stays=stays)

    def _finish_move(self, file: Named, before: Before) -> bool:
        """Remove a source whose item is there, if its bytes are there as well; whether it is gone."""
        try:
            kept, _facts = self._installation.storage.open_file(before.uid, 1, ORIGINAL)
            handle = file.open()
        except OSError:
            return False
        with contextlib.ExitStack() as closing:
            closing.callback(os.close, kept)
            closing.callback(os.close, handle)
            facts = os.fstat(handle)
            if not os.path.samestat(facts, os.fstat(kept)) and digest_of(handle) != digest_of(kept):
                return False
            for name, (size, modified) in before.beside.items():
                with contextlib.suppress(OSError):
                    beside = os.stat(name, dir_fd=file.place.handle, follow_symlinks=False)
                    if (beside.st_size, beside.st_mtime_ns) == (size, modified):
                        Named(file.place, name, beside).remove(beside)
            return file.remove(facts)

    def _twin_of(self, found: Found) -> tuple[str | None, Twin | None]:
        """The hash of a file, if something is as long; and the item that is the same, if one is."""
        with reading(self._installation.sessions) as session:
            twins = Known(session).twins(found.facts.st_size)
        if not twins:
            return None, None
        digest = digest_of(found.handle)
        if adopting.has_changed(found.facts, os.fstat(found.handle)):
            raise adopting.Changed
        return digest, next((twin for twin in twins if self._digests.of(twin) == digest), None)

    def _seen_before(self, found: Found) -> str | None:
        """In a dry run, the path of a file that would have been taken by now and is the same."""
        if not self._dry or self._manner.again:
            return None
        others = self._seen.as_long(found.facts.st_size)
        self._seen.add(found.bundle.file.path, found.facts.st_size)
        if not others:
            return None
        digest = digest_of(found.handle)
        return next((path for path in others if _digest_at(path) == digest), None)

    def _digest_of_twin(self, twin: Twin) -> str | None:
        storage = self._installation.storage
        return _digest_of(lambda: storage.open_file(twin.uid, twin.number, ORIGINAL)[0])

    def _folder(self, names: tuple[str, ...]) -> str:
        """The public id of a folder below the library; made where it is missing, as those above it."""
        if names not in self._folders:
            if len(self._folders) >= KEPT_FOLDERS:
                self._folders.clear()
            self._folders[names] = self._found_or_made(names)
        return self._folders[names]

    def _found_or_made(self, names: tuple[str, ...]) -> str:
        path = "/".join(names)
        for _try in range(3):
            with contextlib.suppress(NotFound), reading(self._installation.sessions) as session:
                return Paths(session, self._installation).folder(path).uid
            with contextlib.suppress(Conflict):  # made by somebody else between our question and our answer
                self.made += commit(self._installation, lambda session: self._make(session, path))
        raise Conflict(FOLDER_GONE)

    def _make(self, session: Session, path: str) -> int:
        made = Paths(session, self._installation).make_folders(path)
        for folder in made:
            Audit(session, self._installation).record(
                "folder.add", identity=COMMAND_LINE, target=f"folder:{folder.uid}"
            )
        return len(made)


def _left_out(found: LeftOut) -> Outcome:
    fate = Fate.FAILED if found.why is Why.UNREADABLE else Fate.LEFT_OUT
    return Outcome(found.path, fate, f"{found.why[0].upper()}{found.why[1:]}.", why=found.why)


def _digest_at(path: str) -> str | None:
    return _digest_of(lambda: os.open(path, FILE))


def _digest_of(opened: Callable[[], int]) -> str | None:
    """The hash of what can be opened and read; None for what cannot."""
    try:
        handle = opened()
    except OSError:
        return None
    try:
        return digest_of(handle)
    except adopting.Unreadable:
        return None
    finally:
        os.close(handle)
