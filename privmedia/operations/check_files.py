"""Rows and files of each other: every file that a row names is there, and every file that is there a row names.

It runs while files arrive, are prepared and go. So what does not fit is looked at a second time before it is said, and
what somebody is about to make fit counts as on its way.
"""
from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from privmedia.db import WITH_BIN, reading
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.library.jobs import was_given
from privmedia.library.models import OF_VERSIONS, POSTER, SMALL_POSTER, File, Item, Leftover, Version
from privmedia.logs import printable
from privmedia.operations.check_parts import Part
from privmedia.public.service import LEAFLET
from privmedia.storage import ORIGINAL
from privmedia.storage.files import SIDECAR
from privmedia.storage.quarantine import Stray
from privmedia.zips.models import Zip

BLOCK = 1 << 20  # bytes
AT_ONCE = 500
ON_ITS_WAY = timedelta(days=1)
"""How long a file beside an original may wait for its row: so long does preparing take at most."""
WITHOUT_ROWS = frozenset({ORIGINAL, SIDECAR, POSTER, SMALL_POSTER, LEAFLET})
"""Files of a version that may be there without a row: its own poster beside one that was chosen, and so on."""


@dataclass(frozen=True)
class Wrong:
    """A file that is not as its row says. `was_made`: the worker made it, and can do so again from the original."""

    version_id: int
    is_original: bool
    was_made: bool
    sentence: str


def files(installation: Installation, *, full: bool) -> Part:
    """Every file that can be asked for is there with its size; with `full`, originals have their hash."""
    with reading(installation.sessions) as session:
        incomplete = list(_incomplete(session))
    count, problems = 0, incomplete
    for found in _looked_at(installation, full=full):
        count += 1
        if found is not None:
            problems.append(found.sentence)
    how = "with their hashes" if full else "with their sizes"
    return Part("files", f"{count} {'file' if count == 1 else 'files'} {how}", problems)


def unreferenced(installation: Installation, *, on_its_way: timedelta = ON_ITS_WAY) -> Part:
    """Every file belongs to an item, in the bin or not, or to a zip, or is on its way in or out."""
    count = sum(1 for _uid in installation.storage.items_on_disk())
    problems = [stray.sentence for stray in strays(installation, on_its_way=on_its_way)]
    return Part("unreferenced files", f"{count} folders of files", problems)


def wrong_files(installation: Installation) -> Iterator[Wrong]:
    """Files that are missing or of another size than their rows say."""
    return (found for found in _looked_at(installation, full=False) if found is not None)


def strays(installation: Installation, *, on_its_way: timedelta = ON_ITS_WAY) -> Iterator[Stray]:
    """Files and folders that no row names, and that nobody is placing or removing at this moment."""
    on_disk = installation.storage.items_on_disk()
    while uids := list(islice(on_disk, AT_ONCE)):
        found = dict(_strays_of(installation, uids, on_its_way))
        if found:
            again = dict(_strays_of(installation, uids, on_its_way))
            yield from (stray for path, stray in found.items() if path in again)
    yield from _foreign(installation, on_its_way)


def _incomplete(session: Session) -> Iterator[str]:
    shown = (Version.item_id == Item.id) & (Version.number == Item.current)
    without = select(Item.uid, Item.current).outerjoin(Version, shown).where(Version.id.is_(None)).order_by(Item.id)
    for uid, number in session.execute(without, execution_options=WITH_BIN):
        yield f"Item {uid} has no version {number}, which it shows."
    original = (File.version_id == Version.id) & (File.name == ORIGINAL)
    query = select(Item.uid, Version.number).join(Version, Version.item_id == Item.id).outerjoin(File, original)
    query = query.where(File.name.is_(None)).order_by(Version.id)
    for uid, number in session.execute(query, execution_options=WITH_BIN):
        yield f"Item {uid}, version {number}: no row names its original."


def _looked_at(installation: Installation, *, full: bool) -> Iterator[Wrong | None]:
    """Every file that rows name; None for those that are as they should be."""
    for uid, number, sha256, file in _in_steps(installation):
        hashed = full and file.name == ORIGINAL
        path = installation.storage.version_folder(uid, number) / file.stored_as
        problem = _problem_of(path, file.size, sha256 if hashed else None)
        if not problem and hashed and sha256 is None and not _is_being_made(installation, file.version_id):
            yield Wrong(file.version_id, True, False, f"Item {uid}, version {number}: original has no hash.")
            continue
        if problem and _is_still_named(installation, file):
            original = file.stored_as == ORIGINAL
            made = not original and not was_given(file)
            yield Wrong(file.version_id, original, made, f"Item {uid}, version {number}: {file.name} {problem}.")
        else:
            yield None


def _in_steps(installation: Installation) -> Iterator[Row[str, int, str | None, File]]:
    """The files of all versions. No transaction is open while they are looked at: that may take hours."""
    last = 0
    while True:
        with reading(installation.sessions) as session:
            after = select(Version.id).where(Version.id > last).order_by(Version.id).limit(AT_ONCE)
            some = session.scalars(after).all()
            named = _named().where(Version.id.in_(some)).order_by(Version.id, File.name)
            rows = session.execute(named).all()
        if not some:
            return
        last = some[-1]
        yield from rows


def _named() -> Select[str, int, str | None, File]:
    return (
        select(Item.uid, Version.number, Version.sha256, File)
        .join(Version, Version.item_id == Item.id)
        .join(File, File.version_id == Version.id)
        .execution_options(**WITH_BIN)
    )


def _is_still_named(installation: Installation, file: File) -> bool:
    """Whether the row is the same now, and nobody is making the files of its version anew."""
    with reading(installation.sessions) as session:
        now = session.get(File, (file.version_id, file.name))
        if now is None or (now.stored_as, now.size) != (file.stored_as, file.size):
            return False
        return file.stored_as == ORIGINAL or file.version_id not in _being_made(session, [file.version_id])


def _is_being_made(installation: Installation, version_id: int) -> bool:
    """Whether the worker has still to read the version: it takes the hash then."""
    with reading(installation.sessions) as session:
        return bool(_being_made(session, [version_id]))


def _being_made(session: Session, version_ids: Collection[int]) -> set[int]:
    waiting = Job.state.in_([JobState.QUEUED, JobState.RUNNING])
    query = select(Job.target_id).where(Job.kind.in_(OF_VERSIONS), Job.target_id.in_(version_ids), waiting)
    return set(session.scalars(query))


@dataclass(frozen=True)
class _Rows:
    """What rows say of some items."""

    items: set[str]
    whole: set[str]
    """Zips, and items whose rows are gone and whose files are about to go: all that is there is theirs."""
    stored: dict[tuple[str, int], set[str]]
    """The names of the files of each version."""
    being_made: set[tuple[str, int]]

    @classmethod
    def of(cls, session: Session, uids: Collection[str]) -> _Rows:
        items = set(session.scalars(select(Item.uid).where(Item.uid.in_(uids)), execution_options=WITH_BIN))
        whole = set(session.scalars(select(Leftover.uid).where(Leftover.uid.in_(uids))))
        whole |= set(session.scalars(select(Zip.uid).where(Zip.uid.in_(uids))))
        versions = select(Item.uid, Version.number, Version.id).join(Version, Version.item_id == Item.id)
        versions = versions.where(Item.uid.in_(uids))
        ids = {(uid, number): key for uid, number, key in session.execute(versions, execution_options=WITH_BIN)}
        stored = {place: set(WITHOUT_ROWS) for place in ids}
        for uid, number, _sha256, file in session.execute(_named().where(Item.uid.in_(uids))):
            stored[uid, number].add(file.stored_as)
        busy = _being_made(session, list(ids.values()))
        return cls(items, whole, stored, {place for place, key in ids.items() if key in busy})


def _strays_of(
    installation: Installation, uids: Collection[str], on_its_way: timedelta
) -> Iterator[tuple[Path, Stray]]:
    """What is wrong in the folders of these items. The disk is read first: what comes later is not seen at all."""
    storage, since = installation.storage, time.time() - on_its_way.total_seconds()
    there = {uid: list(_versions(storage.version_folder(uid, 1).parent)) for uid in uids}
    arriving = {uid for uid, _number in storage.unsettled(float("inf"))}
    with reading(installation.sessions) as session:
        rows = _Rows.of(session, uids)
    for uid in sorted(there.keys() - rows.whole - arriving):
        folder = storage.version_folder(uid, 1).parent
        if uid not in rows.items:
            if folder.exists():
                yield folder, Stray(folder, f"The files of {uid} belong to no item.")
            continue
        for number, version in there[uid]:
            if (uid, number) not in rows.stored:
                words = f"Item {uid} has files of a version {number}, and there is no such version."
                yield version, Stray(version, words)
            elif (uid, number) not in rows.being_made:
                for path in _beside(version, rows.stored[uid, number], since):
                    yield path, Stray(path, f"Item {uid}, version {number}: nothing names the file {path.name}.")


def _foreign(installation: Installation, on_its_way: timedelta) -> Iterator[Stray]:
    """What was put among our files by somebody else."""
    since = time.time() - on_its_way.total_seconds()
    for path in installation.storage.foreign():
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_ctime <= since:
                place = printable(str(path.relative_to(installation.storage.root)))
                yield Stray(path, f"{place} is nothing of an item.")


def _versions(folder: Path) -> Iterator[tuple[int, Path]]:
    for path in folder.glob("v*"):
        if path.name[1:].isdigit():
            yield int(path.name[1:]), path


def _beside(folder: Path, names: Collection[str], since: float) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                # When it got its name, which for a link is not when it was written.
                if entry.name not in names and entry.stat(follow_symlinks=False).st_ctime <= since:
                    yield Path(entry.path)
    except FileNotFoundError:
        return


def _problem_of(path: Path, size: int, sha256: str | None) -> str:
    try:
        found = path.stat().st_size
        if found != size:
            return f"has {found} bytes instead of {size}"
        if sha256 is not None and _sha256(path) != sha256:
            return "is not what was uploaded: its hash differs"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
