"""The job "streams": a film that is played from one file is had in several sizes as well, if that is worth it.

Nobody waits for it: the film is played already. What is made anew has other names than what was there before it, so
that whoever is watching never gets half of the one and half of the other.
"""
from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN, reading
from privmedia.errors import NoSpace
from privmedia.jobs.service import Jobs
from privmedia.jobs.worker import Handler, Pace, Task
from privmedia.library.models import (
    CAPTIONS,
    CAPTIONS_OF_STREAMS,
    PLAY,
    STREAMS,
    STREAMS_FOLDER,
    File,
    Item,
    State,
    Version,
)
from privmedia.library.preparation import NO_ROOM, Product
from privmedia.media import Damaged, FileType, Probe, Verdict
from privmedia.media.filetype import TYPES

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Film:
    """The version whose film is to be cut, and what it is played from."""

    uid: str
    number: int
    played_as: str
    stored_as: str
    path: Path
    original: Probe


def make_streams(task: Task) -> None:
    """Make the streams of a version, the job's target, in place of those it has. Run again, it makes others."""
    film = _film(task)
    if film is None:
        log.info("version %s plays no film; there is nothing to cut", task.target_id)
        return
    storage = task.installation.storage
    try:
        with storage.work_folder() as work:
            made = _made(task, film, work)
            with task.writing():
                pass  # the job is still ours
            for product in made:
                storage.place_product(work / product.name, film.uid, film.number, product.stored_as)
    except Damaged as error:
        task.fail(str(error))
        return
    except NoSpace as error:
        raise NoSpace(NO_ROOM) from error
    for stored_as in _write_down(task, film, made):
        storage.remove_product(film.uid, film.number, stored_as)


def stored(name: str, tag: str) -> str:
    """What a file of a stream is stored as, by its name in the folder of streams; `tag` is like no other."""
    return f"hls-{name}" if tag in name else f"hls-{tag}-{name}"


def _film(task: Task) -> Film | None:
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.uid, Version.number, Version.probe, File.name, File.stored_as)
            .join(Version, Version.item_id == Item.id)
            .join(File, File.version_id == Version.id)
            .where(Version.id == task.target_id, Version.state == State.READY, File.name.startswith(PLAY))
            .execution_options(**WITH_BIN)
        ).first()
    if row is None or row.probe is None:
        return None
    folder = task.installation.storage.version_folder(row.uid, row.number)
    original = Probe.from_json(row.probe)
    return Film(row.uid, row.number, row.name, row.stored_as, folder / row.stored_as, original)


def _made(task: Task, film: Film, work: Path) -> list[Product]:
    """What was made in `work`; nothing for what one file is enough for. Raises Damaged."""
    inside = work / "inside"
    inside.mkdir()
    file_type = media.sniff(film.path, film.played_as)
    playable = media.probe(film.path, file_type, work=inside, on_tick=task.check)
    if not media.wants_streams(playable, film.path.stat().st_size):
        return []
    try:
        files, tag = _cut(task, film, work, file_type, playable, encoded_here=_is_encoded_here(film))
    except Damaged:
        if not _is_encoded_here(film):
            raise
        # It should have been as we encode. Encoded again it is.
        files, tag = _cut(task, film, work, file_type, playable, encoded_here=False)
    return [
        Product(name=name, stored_as=stored(name, tag), media_type=media_type, size=(work / name).stat().st_size)
        for name, media_type in files.items()
    ]


def _cut(
    task: Task, film: Film, work: Path, file_type: FileType, playable: Probe, *, encoded_here: bool
) -> tuple[dict[str, str], str]:
    tag = secrets.token_hex(4)
    inside = work / f"cutting-{tag}"
    inside.mkdir()
    files = media.make_streams(
        film.path,
        file_type,
        playable,
        encoded_here=encoded_here,
        tag=tag,
        out=work,
        work=inside,
        ffmpeg=media.find_ffmpeg(task.installation.settings.ffmpeg),
        on_tick=task.check,
        on_progress=task.report,
        on_log=task.keep_log,
    )
    return files, tag


def _is_encoded_here(film: Film) -> bool:
    """Whether its pictures were encoded by us, so that it has its keyframes where a stream is cut."""
    decision = media.decide(TYPES[film.original.container], film.original)
    return decision.verdict is Verdict.CONVERT and not decision.copies_film


def _write_down(task: Task, film: Film, made: list[Product]) -> list[str]:
    """Enter what was made in place of what was there; what is stored that nothing names any more."""
    with task.writing() as session:
        version = session.get(Version, task.target_id)
        played = session.get(File, (task.target_id, film.played_as))
        if version is None or played is None or played.stored_as != film.stored_as:
            return [product.stored_as for product in made]  # another file is played by now, and will be cut
        files = session.scalars(select(File).where(File.version_id == version.id)).all()
        before = [file for file in files if file.name.startswith(STREAMS_FOLDER)]
        for file in before:
            session.delete(file)
        session.flush()
        session.add_all(
            File(version_id=version.id, **vars(product) | {"name": STREAMS_FOLDER + product.name}) for product in made
        )
        if made and any(file.name.startswith(CAPTIONS) for file in files):
            Jobs(session, task.installation).enqueue(CAPTIONS_OF_STREAMS, version.id)
        return [file.stored_as for file in before]


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The film is played from its one file."""
    log.warning("there are no streams of version %s: %s", version_id, sentence)


HANDLERS = {STREAMS: Handler(make_streams, _gave_up, pace=Pace.SPARE)}
