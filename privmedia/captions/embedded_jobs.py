"""The job "subtitles": what a film brought with it as text becomes captions, one track of each language.

What somebody gave is never touched: a language that has captions keeps them.
"""
from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.captions import cues
from privmedia.captions.cues import Cue
from privmedia.captions.keeping import MEDIA_TYPE
from privmedia.captions.languages import name_of, tag_in
from privmedia.captions.service import LONGEST_LABEL, Captioning, file_name, spoken
from privmedia.db import WITH_BIN, reading
from privmedia.errors import Invalid
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import SUBTITLES, File, Item, Version
from privmedia.media import Probe, Subtitles
from privmedia.storage import ORIGINAL
from privmedia.text import clean_line

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Film:
    """The version whose subtitles are taken, and the languages it has captions in."""

    uid: str
    number: int
    filename: str
    probe: Probe
    names: frozenset[str]


def take_subtitles(task: Task) -> None:
    """Take those of one version, the job's target. Run again, it adds what is not there."""
    film = _film(task)
    wanted = _wanted(film) if film is not None else {}
    if film is None or not wanted:
        return
    storage = task.installation.storage
    original = storage.version_folder(film.uid, film.number) / ORIGINAL
    with storage.work_folder() as work:
        texts = media.extract_subtitles(
            original,
            media.sniff(original, film.filename),
            list(wanted.values()),
            work=work,
            ffmpeg=media.find_ffmpeg(task.installation.settings.ffmpeg),
            on_tick=task.check,
        )
    for language, stream in wanted.items():
        read = readable(texts.get(stream.index, ""))
        if read:
            _keep(task, film, language, stream, read)


def readable(text: str) -> list[Cue]:
    """The captions of a text that can be read, in order: one that ends before it begins costs no other."""
    found: list[Cue] = []
    for number, block in cues.blocks(text):
        try:
            found += cues.cue_in(number, block)
        except Invalid:
            continue
    return sorted(found[: cues.MOST_CUES], key=lambda cue: (cue.start, cue.end))


def _film(task: Task) -> Film | None:
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.uid, Version.number, Version.filename, Version.probe)
            .join(Version, Version.item_id == Item.id)
            .where(Version.id == task.target_id)
            .execution_options(**WITH_BIN)
        ).one_or_none()
        names = frozenset(session.scalars(select(File.name).where(File.version_id == task.target_id)))
    if row is None or row.probe is None:
        return None
    return Film(row.uid, row.number, row.filename, Probe.from_json(row.probe), names)


def _wanted(film: Film) -> dict[str, Subtitles]:
    """One stream of each language that has no captions yet: the first that is more than foreign words."""
    return {
        language: stream
        for language, stream in by_language(film.probe.subtitles).items()
        if file_name(language) not in film.names
    }


def by_language(streams: Iterable[Subtitles]) -> dict[str, Subtitles]:
    """Streams of text by the language they say; one that says none is in one that nobody knows."""
    found: dict[str, Subtitles] = {}
    for stream in sorted(streams, key=lambda stream: stream.forced):
        if media.is_text(stream):
            found.setdefault(tag_in(stream.language or "") or "und", stream)
    return found


def _keep(task: Task, film: Film, language: str, stream: Subtitles, read: list[Cue]) -> None:
    storage, name = task.installation.storage, file_name(language)
    stored_as = name.replace(".vtt", f"-{secrets.token_hex(4)}.vtt")
    passages, text = spoken(read), cues.written(read)
    with storage.work_folder() as work:
        made = work / "text"
        made.write_text(text, encoding="utf-8")
        storage.place_product(made, film.uid, film.number, stored_as)
    with task.writing() as session:
        version = session.get(Version, task.target_id)
        if version is not None and session.get(File, (version.id, name)) is None:
            Captioning(session, task.installation).put_captions(
                version, language=language, label=label_of(language, stream), passages=passages, by=None
            )
            file = File(
                version_id=version.id, name=name, stored_as=stored_as, media_type=MEDIA_TYPE, size=len(text.encode())
            )
            session.add(file)
            return
    storage.remove_product(film.uid, film.number, stored_as)


def label_of(language: str, stream: Subtitles) -> str:
    """What the track calls itself, else its language by its own name."""
    return clean_line(stream.title)[:LONGEST_LABEL] or name_of(language)


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The film is watched without them; somebody may add them."""
    log.warning("the subtitles of version %s were not taken: %s", version_id, sentence)


HANDLERS = {SUBTITLES: Handler(take_subtitles, _gave_up)}
