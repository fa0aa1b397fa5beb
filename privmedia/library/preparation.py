"""Making of one original what a browser plays, and its poster: the files, and what was found out. No transactions."""
from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

from privmedia import media
from privmedia.errors import NoSpace, RefusedType
from privmedia.jobs.worker import Task
from privmedia.library.cards import small_of
from privmedia.library.models import CHAPTERS, POSTER, SMALL_POSTER, Kind, State
from privmedia.library.pictures import picture_name
from privmedia.library.progress import LOOKED_INTO
from privmedia.media import CannotCopy, Damaged, Decision, FileType, Probe, TookTooLong, Verdict
from privmedia.media.filetype import TYPES
from privmedia.storage import ORIGINAL
from privmedia.text import mark as _

log = logging.getLogger(__name__)

STILLS = 4
WAVEFORM = "waveform.json"
OWN_CHAPTERS = "chapters-of-file.vtt"
"""What the chapters are stored as that the file brought with it."""
NO_ROOM = _("The server had no space left to prepare it. Tell your administrator.")
PROBED = 0.05
"""How much of the bar is done then, as people see it."""


def still_name(number: int) -> str:
    """What stands in the address of a frame that may become the poster, counted from 1."""
    return f"still-{number}.webp"


@dataclass(frozen=True)
class Target:
    """The version to prepare."""

    uid: str
    number: int
    filename: str
    original: Path
    poster: str | None
    """What its poster is stored as, if somebody chose one."""


@dataclass(frozen=True, kw_only=True)
class Product:
    """A file that may be asked for afterwards; `stored_as` is the original's own name where nothing had to be made."""

    name: str
    stored_as: str
    media_type: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it: the item's state and why, what was found out, and the files there are now.

    PREPARING: it is to be converted, which is another job, for this reason.
    """

    state: State
    reason: str = ""
    file_type: FileType | None = None
    kind: Kind | None = None
    probe: Probe | None = None
    duration: float | None = None
    products: list[Product] = field(default_factory=list)


class Preparation:
    """The preparation of one version in a folder of its own; products get their place as they are made."""

    def __init__(self, task: Task, target: Target, work: Path) -> None:
        self.task = task
        self.target = target
        self.work = work
        self.products: list[Product] = []

    def run(self) -> Outcome:
        """All of it. A file that is no good is an outcome; what is raised is the server's fault and may pass."""
        try:
            file_type = media.sniff(self.target.original, self.target.filename)
            probe = media.probe(
                self.target.original, file_type, work=self._folder("probe"), on_tick=self.task.check
            )
            self.task.report(PROBED)
            return self._outcome(file_type, probe)
        except (Damaged, RefusedType) as error:
            return Outcome(state=State.FAILED, reason=str(error))
        except NoSpace as error:
            raise NoSpace(NO_ROOM) from error

    def _outcome(self, file_type: FileType, probe: Probe) -> Outcome:
        decision = media.decide(file_type, probe)
        self._make_poster(file_type, probe)
        self._make_stills(file_type, probe)
        self._make_chosen_small()
        self._make_sizes(file_type, probe)
        self._write_chapters(probe)
        probe = replace(probe, loudness=self._make_waveform(file_type, probe))
        self.task.report(LOOKED_INTO)
        state, reason, duration = State.READY, decision.caveat or "", probe.duration
        if decision.is_made_here:
            try:
                duration = self._make_playable(file_type, probe, decision).duration or duration
            except CannotCopy as error:
                decision = media.conversion(probe, str(error))
        if decision.verdict is Verdict.CONVERT:
            state, reason = State.PREPARING, decision.reason or ""
        elif decision.verdict is Verdict.UNPLAYABLE:
            state, reason = State.UNPLAYABLE, decision.reason or ""
        return Outcome(
            state=state,
            reason=reason,
            file_type=file_type,
            kind=Kind(decision.kind.value),
            probe=probe,
            duration=duration,
            products=self.products,
        )

    def _make_poster(self, file_type: FileType, probe: Probe) -> None:
        out, small = self.work / POSTER, self.work / SMALL_POSTER
        try:
            made = media.make_poster(
                self.target.original, file_type, probe,
                out=out, small=small, work=self._folder("poster"), on_tick=self.task.check,
            )
        except (Damaged, TookTooLong):
            if file_type.kind is media.Kind.IMAGE:
                raise  # what cannot be drawn here cannot be drawn by a browser
            log.info("no poster for version %s", self.task.target_id, exc_info=True)
            return
        if made:
            self._place(out, POSTER, "image/webp")
            self._place(small, SMALL_POSTER, "image/webp")

    def _make_chosen_small(self) -> None:
        """Of the poster that somebody chose: a still may be another one now, and there was a time without small ones.
        """
        chosen = self.target.original.parent / (self.target.poster or "")
        if self.target.poster is None or not chosen.exists():
            return
        out, small = self.work / "chosen.webp", self.work / "chosen-small.webp"
        try:
            media.make_still(
                chosen, TYPES["webp"], seconds=None, out=out, small=small, work=self._folder("chosen")
            )
        except (Damaged, TookTooLong):
            log.info("no small poster for version %s", self.task.target_id, exc_info=True)
            return
        self._place(small, SMALL_POSTER, "image/webp", stored_as=small_of(self.target.poster))

    def _make_stills(self, file_type: FileType, probe: Probe) -> None:
        """What a poster can be chosen from. Without them it is chosen by the time."""
        if probe.locked or not probe.video or not probe.duration:
            return
        try:
            made = media.make_stills(
                self.target.original, file_type, count=STILLS, work=self._folder("stills"), on_tick=self.task.check
            )
        except (Damaged, TookTooLong):
            log.info("no stills for version %s", self.task.target_id, exc_info=True)
            return
        for number, still in enumerate(made, start=1):
            self._place(still, still_name(number), "image/webp")

    def _make_sizes(self, file_type: FileType, probe: Probe) -> None:
        """Of a picture. Without them it is shown as large as it is."""
        if file_type.kind is not media.Kind.IMAGE:
            return
        try:
            made = media.make_sizes(
                self.target.original, file_type, probe, work=self._folder("sizes"), on_tick=self.task.check
            )
        except (Damaged, TookTooLong):
            log.info("no smaller pictures for version %s", self.task.target_id, exc_info=True)
            return
        for width, copy in made.items():
            self._place(copy, picture_name(width), "image/webp")

    def _make_waveform(self, file_type: FileType, probe: Probe) -> float | None:
        """For what is heard and not seen; how loud it is. Without it the player has a plain bar."""
        if probe.video or not probe.audio:
            return None
        out = self.work / WAVEFORM
        try:
            made = media.make_waveform(
                self.target.original, file_type, out=out, work=self._folder("waveform"), on_tick=self.task.check
            )
        except (Damaged, TookTooLong):
            log.info("no waveform for version %s", self.task.target_id, exc_info=True)
            return None
        if made is None:
            return None
        self._place(out, WAVEFORM, "application/json")
        return made.loudness

    def _write_chapters(self, probe: Probe) -> None:
        if probe.chapters:
            out = self.work / OWN_CHAPTERS
            marks = [(round(chapter.start * 1000), chapter.title) for chapter in probe.chapters]
            out.write_text(media.chapters_as_text(marks, length=probe.duration), encoding="utf-8")
            self._place(out, CHAPTERS, "text/vtt", stored_as=OWN_CHAPTERS)

    def _make_playable(self, file_type: FileType, probe: Probe, decision: Decision) -> Probe:
        """The file that is played, and what is in it. Raises CannotCopy."""
        if decision.play_name is None or decision.media_type is None:
            return probe  # documents are downloaded
        if decision.is_original:
            size = self.target.original.stat().st_size
            self.products.append(
                Product(name=decision.play_name, stored_as=ORIGINAL, media_type=decision.media_type, size=size)
            )
            return probe
        out = self.work / decision.play_name
        result = media.make_playable(
            self.target.original,
            file_type,
            probe,
            decision,
            out=out,
            work=self._folder("play"),
            ffmpeg=self._ffmpeg() if decision.verdict is Verdict.REMUX else None,
            on_tick=self.task.check,
            on_progress=lambda share: self.task.report(LOOKED_INTO + (1 - LOOKED_INTO) * share),
        )
        self._place(out, decision.play_name, decision.media_type)
        return result

    def _place(self, made: Path, name: str, media_type: str, *, stored_as: str = "") -> None:
        with self.task.writing():
            pass  # the job is still ours, or nothing is put beside what another worker has made
        size = made.stat().st_size
        stored_as = stored_as or name
        self.task.installation.storage.place_product(made, self.target.uid, self.target.number, stored_as)
        self.products.append(Product(name=name, stored_as=stored_as, media_type=media_type, size=size))

    def _ffmpeg(self) -> Path:
        return media.find_ffmpeg(self.task.installation.settings.ffmpeg)

    def _folder(self, name: str) -> Path:
        folder = self.work / name
        folder.mkdir()
        return folder
