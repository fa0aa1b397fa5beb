"""Workers and the programs they start are killed at any moment: nothing is stuck, nothing is half, every job ends."""
from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from sqlalchemy import select

from privmedia.clock import utcnow
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.library.models import PREPARE, File, Item, Kind, State, Version
from privmedia.library.service import Library, Received
from privmedia.operations import check_files
from privmedia.operations.check_work import jobs as check_jobs
from privmedia.settings import Settings
from tests.faults import FULL, workers
from tests.unit.media.conftest import Studio, pdf, picture

KILLS = 100 if FULL else 2
LONGEST_WAIT = 2.5
"""Seconds after a job was begun until something is killed: about as long as one takes."""
FILMS = ("index-last.mp4", "h264.mkv", "prores.mov", "broadcast.ts")
ENDED = (JobState.DONE, JobState.FAILED)
TO_DO = (JobState.QUEUED, JobState.RUNNING)


@pytest.fixture
def clock() -> Any:
    """The true one: the workers are processes of their own."""
    return utcnow


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    return Studio(tmp_path_factory.mktemp("studio"))


def enter(installation: Installation, filename: str, content: bytes, kind: Kind = Kind.VIDEO) -> int:
    """A file as an upload leaves it, with its job; the key of its version."""
    uid = new_uid()
    with installation.storage.receive() as incoming:
        incoming.write(content)
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    installation.storage.settle(uid, 1)
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        folder = library.add_folder(parent=library.root(), name=f"Folder {uid}")
        received = Received(
            uid=uid, filename=filename, media_type="application/octet-stream", size=len(content), kind=kind
        )
        version = library.add_item(folder=folder, title=filename, received=received, by=None)
        Jobs(session, installation).enqueue(PREPARE, version.id)
        return version.id


def is_idle(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        return session.scalar(select(Job.id).where(Job.state.in_(TO_DO)).limit(1)) is None


def is_at_work(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        held = (Job.state == JobState.RUNNING, Job.lease_until >= utcnow())
        return session.scalar(select(Job.id).where(*held).limit(1)) is not None


def work_off(installation: Installation, count: int = 1) -> None:
    """Let some workers do all there is, whatever pauses and leases say."""
    with workers.at_work(installation, count) as living:
        until = time.monotonic() + workers.PATIENCE * 3
        while not is_idle(installation):
            assert time.monotonic() < until, "some job never ends"
            time.sleep(0.5)
            if not is_at_work(installation):
                workers.minutes_pass(installation, [worker.pid for worker in living])


def half_files(installation: Installation) -> Iterator[str]:
    """What is named and not whole: of another size than its row says, or not to be played to its end."""
    with reading(installation.sessions) as session:
        rows = session.execute(
            select(Item.uid, Version.number, Version.duration, File)
            .join(Version, Version.item_id == Item.id)
            .join(File, File.version_id == Version.id)
            .where(Version.state == State.READY)
        ).all()
    for row in rows:
        path = installation.storage.version_folder(row.uid, row.number) / row.File.stored_as
        if path.stat().st_size != row.File.size:
            yield f"{path}: {path.stat().st_size} bytes, not {row.File.size}"
        elif row.File.name.startswith("play.") and row.duration:
            yield from _shorter(path, row.duration)


def _shorter(path: Path, duration: float) -> Iterator[str]:
    with av.open(str(path)) as container:
        end = max(float(packet.pts * packet.time_base) for packet in container.demux() if packet.pts is not None)
    if end < duration - 0.5:
        yield f"{path}: ends after {end} of {duration} seconds"


def left_over(installation: Installation) -> list[str]:
    """Folders and files in which somebody worked, and files that nothing names."""
    strays = [stray.sentence for stray in check_files.strays(installation, on_its_way=timedelta(0))]
    return [*strays, *map(str, (installation.storage.incoming / "work").iterdir())]


class Killing:
    """A worker, and what is killed of it: itself, the ffmpeg it has started, or another of its children."""

    VICTIMS = ("worker", "ffmpeg", "another child")

    def __init__(self, installation: Installation, films: dict[str, bytes]) -> None:
        self.installation = installation
        self.films = films
        self.chance = random.Random(2026)
        self.killed: Counter[str] = Counter()
        self.worker = workers.start(installation)

    def next(self) -> None:
        """Let a job be begun, and kill something of it at some moment."""
        victim = self.VICTIMS[self.killed.total() % len(self.VICTIMS)]
        found: list[int] = []
        while not found:
            self._have_work()
            if victim == "worker":
                found = [self.worker.pid]
            elif victim == "ffmpeg":
                found = workers.programs(self.worker.pid, "ffmpeg")
            else:
                found = workers.below(self.worker.pid)
            time.sleep(0.005)
        time.sleep(self.chance.uniform(0, LONGEST_WAIT if victim == "worker" else 0.1))
        children = workers.below(self.worker.pid)
        workers.kill(found[-1])
        self.killed[victim] += 1
        if victim == "worker":
            self.worker.wait()
            workers.wait_until(lambda: not any(map(workers.lives, children)), "a program outlived its worker")
            self.worker = workers.start(self.installation)

    def end(self) -> None:
        self.worker.kill()
        self.worker.wait()

    def _have_work(self) -> None:
        until = time.monotonic() + workers.PATIENCE
        while not is_at_work(self.installation):
            assert time.monotonic() < until, "no worker takes up what was left"
            if is_idle(self.installation):
                name = self.chance.choice(FILMS)
                enter(self.installation, name, self.films[name])
            workers.minutes_pass(self.installation, [self.worker.pid])
            time.sleep(0.05)


def test_whatever_is_killed_every_job_ends_and_nothing_is_stuck_or_half(
    installation: Installation, studio: Studio
) -> None:
    killing = Killing(installation, {name: studio.make(name).read_bytes() for name in FILMS})
    try:
        while killing.killed.total() < KILLS:
            killing.next()
    finally:
        killing.end()
    work_off(installation)
    with reading(installation.sessions) as session:
        assert set(session.scalars(select(Job.state))) <= set(ENDED)
        states = Counter(session.scalars(select(Version.state)))
        reasons = set(session.scalars(select(Version.reason).where(Version.state != State.READY)))
    print(f"killed: {dict(killing.killed)}; versions afterwards: {dict(states)}; {reasons}")
    assert set(states) <= {State.READY, State.FAILED}
    assert states[State.READY] > 0
    assert list(half_files(installation)) == []
    assert check_jobs(installation).problems == []


def results(installation: Installation) -> dict[str, Any]:
    """What became of each file, by its name."""
    with reading(installation.sessions) as session:
        rows = session.execute(
            select(Version.filename, Version.state, Version.sha256, File.name, File.media_type)
            .join(File, File.version_id == Version.id)
            .order_by(File.name)
        ).all()
        done = Counter((row.kind, row.state) for row in session.execute(select(Job.kind, Job.state)))
    found: dict[str, Any] = {"jobs": dict(done)}
    for filename, state, digest, name, media_type in rows:
        found.setdefault(filename, (state, digest, []))[2].append((name, media_type))
    return found


@pytest.mark.both_databases
def test_four_workers_come_to_the_same_as_one(
    installation: Installation, studio: Studio, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> None:
    folder = tmp_path_factory.mktemp("alone")
    (folder / "media").mkdir()
    (folder / "privmedia.sqlite").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(
        sqlalchemy_url=f"sqlite:///{folder}/privmedia.sqlite", media_root=folder / "media",
        base_url="http://127.0.0.1", secret="for a test only",
    )  # fmt: skip
    alone = Installation.open(settings)
    files = {f"{number}.png": (picture("PNG"), Kind.IMAGE) for number in range(20 if FULL else 5)}
    files |= {"manual.pdf": (pdf(2), Kind.DOCUMENT)}
    files |= {name: (studio.make(name).read_bytes(), Kind.VIDEO) for name in (FILMS if FULL else ("prores.mov",))}
    files["cut.mp4"] = (studio.cut("index-last.mp4", 0.6).read_bytes(), Kind.VIDEO)
    for one, count in ((alone, 1), (installation, 4)):
        for name, (content, kind) in files.items():
            enter(one, name, content, kind)
        work_off(one, count)
    try:
        assert results(installation) == results(alone)
        assert sum(results(alone)["jobs"].values()) >= 3 * len(files)
        assert left_over(installation) == []
    finally:
        alone.close()
