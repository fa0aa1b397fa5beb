"""The job "captions-of-streams": the playlist of a film's streams lists its captions, as they are now.

A player with our controls takes them from the page; others, and full screen on a telephone, take them from there.
"""
from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.captions.models import Captions
from privmedia.captions.service import file_name
from privmedia.db import WITH_BIN, reading
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import CAPTIONS, CAPTIONS_OF_STREAMS, STREAMS_FOLDER, File, Item, Version
from privmedia.media import MASTER, PLAYLIST, captions_playlist, with_captions
from privmedia.renditions.stream_jobs import stored

log = logging.getLogger(__name__)

LISTED = STREAMS_FOLDER + CAPTIONS
"""How the names of the playlists of captions begin."""
TRIES = 3


@dataclass(frozen=True)
class Streamed:
    """A version that has streams, with the captions it has."""

    uid: str
    number: int
    seconds: float
    master: str
    """What the playlist of all is stored as."""
    captions: Sequence[tuple[str, str]]
    """Language and what they are called."""


def list_captions(task: Task) -> None:
    """List the captions of a version, the job's target. Run again, it does the same again."""
    for _try in range(TRIES):
        with reading(task.installation.sessions) as session:
            found = _streamed(session, task.target_id)
        if found is None:
            return
        files = _placed(task, found)
        with task.writing() as session:
            current = _streamed(session, task.target_id) == found
            old = _exchange(session, task.target_id, files) if current else [file.stored_as for file in files]
        for stored_as in old:
            task.installation.storage.remove_product(found.uid, found.number, stored_as)
        if current:
            return


def _streamed(session: Session, version_id: int) -> Streamed | None:
    row = session.execute(
        select(Item.uid, Version.number, Version.duration, File.stored_as)
        .join(Version, Version.item_id == Item.id)
        .join(File, File.version_id == Version.id)
        .where(Version.id == version_id, File.name == STREAMS_FOLDER + MASTER)
        .execution_options(**WITH_BIN)
    ).one_or_none()
    if row is None:
        return None
    rows = session.execute(
        select(Captions.language, Captions.label).where(Captions.version_id == version_id).order_by(Captions.label)
    )
    return Streamed(row.uid, row.number, row.duration or 0, row.stored_as, [(one.language, one.label) for one in rows])


def _placed(task: Task, found: Streamed) -> list[File]:
    """The playlist of all with its captions, and one for each of them, on the disk and not yet named by anything."""
    storage, tag = task.installation.storage, secrets.token_hex(4)
    listed = [(language, label, f"{CAPTIONS}{language}-{tag}.m3u8") for language, label in found.captions]
    texts = {MASTER: with_captions(storage.read_text(found.uid, found.number, found.master), listed)}
    for language, _label, playlist in listed:
        # From the folder of the version's streams up to the item's other files.
        address = f"../../{file_name(language)}?v={found.number}"
        texts[playlist] = captions_playlist(address, seconds=found.seconds)
    files = []
    with storage.work_folder() as work:
        for name, text in texts.items():
            made = work / name
            made.write_text(text, encoding="utf-8")
            size = made.stat().st_size
            stored_as = stored(name, tag)
            storage.place_product(made, found.uid, found.number, stored_as)
            files.append(File(name=STREAMS_FOLDER + name, stored_as=stored_as, media_type=PLAYLIST, size=size))
    return files


def _exchange(session: Session, version_id: int, files: Sequence[File]) -> list[str]:
    """Enter the playlists in place of those before; what those are stored as."""
    of_version = select(File).where(File.version_id == version_id)
    before = [
        file
        for file in session.scalars(of_version)
        if file.name.startswith(LISTED) or file.name == STREAMS_FOLDER + MASTER
    ]
    for file in before:
        session.delete(file)
    session.flush()
    for file in files:
        file.version_id = version_id
    session.add_all(files)
    return [file.stored_as for file in before]


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The captions are on the page of the item."""
    log.warning("the captions of version %s are not listed with its streams: %s", version_id, sentence)


HANDLERS = {CAPTIONS_OF_STREAMS: Handler(list_captions, _gave_up)}
