"""The jobs "convert" and "convert-anew": a version that not every browser plays becomes one that plays everywhere.

They are asked for by the preparation, which has looked into the file and made its poster. What they make gets a name of
its own each time, so that nobody who is watching gets half of the old file and half of the new one.
"""
from __future__ import annotations

import logging
import secrets
from pathlib import PurePath

from sqlalchemy import select

from privmedia import media
from privmedia.errors import NoSpace, RefusedType
from privmedia.jobs.worker import Handler, Pace, Task
from privmedia.library.jobs import begin_on
from privmedia.library.models import CONVERT, CONVERT_ANEW, PLAY, File, State, Version
from privmedia.library.preparation import NO_ROOM, Product
from privmedia.library.results import again, gave_up, have_told, write_result
from privmedia.media import CannotCopy, Damaged, Decision, Probe, Verdict
from privmedia.storage import ORIGINAL

log = logging.getLogger(__name__)


def convert(task: Task) -> None:
    """Convert one version, the job's target. What passes by itself is raised; a file that is no good is a result."""
    _convert(task, spare=False)


def convert_anew(task: Task) -> None:
    """The same with the processor time that is left: it plays already, and goes on playing until the copy is whole."""
    _convert(task, spare=True)


def _convert(task: Task, *, spare: bool) -> None:
    target = begin_on(task)
    if target is None:
        log.info("version %s is gone; there is nothing to convert", task.target_id)
        return
    try:
        with task.installation.storage.work_folder() as work:
            inside = work / "inside"
            inside.mkdir()
            file_type = media.sniff(target.original, target.filename)
            probe = media.probe(target.original, file_type, work=inside, on_tick=task.check)
            decision = _decision(file_type, probe)
            made = work / str(decision.play_name)
            playable = media.convert(
                target.original,
                file_type,
                probe,
                decision,
                out=made,
                work=inside,
                ffmpeg=media.find_ffmpeg(task.installation.settings.ffmpeg),
                spare=spare,
                on_tick=task.check,
                on_progress=task.report,
                on_log=task.keep_log,
            )
            product = Product(
                name=made.name,
                stored_as=stored_anew(made.name),
                media_type=decision.media_type or "",
                size=made.stat().st_size,
            )
            with task.writing():
                pass  # the job is still ours
            task.installation.storage.place_product(made, target.uid, target.number, product.stored_as)
    except (Damaged, RefusedType) as error:
        _write_failure(task, str(error))
        task.fail(str(error))
        return
    except NoSpace as error:
        raise NoSpace(NO_ROOM) from error
    old = _write_down(task, product, playable)
    for stored_as in old:
        task.installation.storage.remove_product(target.uid, target.number, stored_as)


def stored_anew(name: str) -> str:
    """What a product is stored as that may be made again while somebody watches the one before."""
    path = PurePath(name)
    return f"{path.stem}-{secrets.token_hex(4)}{path.suffix}"


def _decision(file_type: media.FileType, probe: Probe) -> Decision:
    """How it is converted: as the table says, or because copying its streams did not work. Raises Damaged."""
    decision = media.decide(file_type, probe)
    if decision.is_made_here:
        decision = media.conversion(probe, str(CannotCopy.sentence))
    if decision.verdict is not Verdict.CONVERT:
        raise Damaged(str(decision.reason))
    return decision


def _write_failure(task: Task, reason: str) -> None:
    with task.writing() as session:
        gave_up(session, task.target_id, reason)


def _write_down(task: Task, product: Product, playable: Probe) -> list[str]:
    """Enter what is played now; what is stored that was played before it, and nothing names any more."""
    with task.writing() as session:
        version = session.get(Version, task.target_id)
        if version is None:
            return [product.stored_as]
        before = session.scalars(select(File).where(File.version_id == version.id, File.name.startswith(PLAY))).all()
        for file in before:
            session.delete(file)
        session.flush()
        session.add(File(version_id=version.id, **vars(product)))
        version.duration = playable.duration or version.duration
        write_result(session, task.installation, version, state=State.READY)
        return [file.stored_as for file in before if file.stored_as != ORIGINAL]


HANDLERS = {
    CONVERT: Handler(convert, gave_up, pace=Pace.LONG, ended=have_told, again=again),
    CONVERT_ANEW: Handler(convert_anew, gave_up, pace=Pace.SPARE, ended=have_told, again=again),
}
