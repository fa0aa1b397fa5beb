"""A day of use in short: viewers, uploads, a conversion and people who browse, all at once on the real servers.

Nothing may fail, and neither memory nor open files may grow. At full length for ten minutes; then pages have to be
quick as well. With the other tests for a few seconds, which show that nothing fails, and what grows with each request.
"""
from __future__ import annotations

import asyncio
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from privmedia.access.permissions import Permission
from privmedia.db import reading
from privmedia.jobs.models import Job, JobState
from privmedia.library.models import File
from tests.bench.preparing import upload as enter
from tests.faults import FULL, workers
from tests.faults.crowd import Crowd, Seen
from tests.faults.sending import problems
from tests.integration.test_resumable_uploads import PNG, key
from tests.private_library import pattern
from tests.sites import Site, behind_nginx
from tests.unit.media.conftest import Studio

SECONDS = 600.0 if FULL else 5.0
VIEWERS, UPLOADS, BROWSERS = (200, 20, 5) if FULL else (40, 6, 2)
PAUSE = 2.0 if FULL else 0.3
"""Seconds between two parts of a film that somebody watches."""
FILM = 20_000_000 if FULL else 4_000_000
UPLOADED, PIECES, PACE = (3_000_000, 3, 15.0) if FULL else (200_000, 2, 1.0)
"""Bytes of a file, parts it is sent in, and seconds each part takes."""
SETTLED_WITHIN = 900.0 if FULL else 180.0
"""Seconds after it, for the worker to be through with all that was uploaded."""
QUICK = 300
"""Milliseconds within which 95 of 100 pages are there."""
OURS = ("python", "gunicorn", "pserve", "privmedia", "uwsgi", "nginx")
OPENS_MEDIA = b"privmedia.media"
"""In the command of a child that opens one file, and ends."""
GROWTH = 1.05 if FULL else 1.5
"""The programs start to fill their caches with the first requests; ten minutes show whether they ever stop."""
MORE_FILES = 10 if FULL else 200
"""A connection, a file or a pipe for each request would be thousands."""


@dataclass
class Watched:
    """What the programs of a site hold, again and again: bytes of memory, open files."""

    site: Site
    samples: list[tuple[int, int]] = field(default_factory=list)

    def programs(self) -> list[int]:
        """All but what is started for one film and ends with it."""
        started = [process.pid for _name, process in self.site.processes._running]
        every = [pid for one in started for pid in (one, *workers.below(one))]
        lasting = [pid for pid in every if workers.lives(pid) and workers.name_of(pid).startswith(OURS)]
        return [pid for pid in lasting if OPENS_MEDIA not in command_of(pid)]

    def look(self) -> None:
        memory = files = 0
        for pid in self.programs():
            with suppress(FileNotFoundError, ProcessLookupError):
                memory += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
                files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        self.samples.append((memory, files))

    def middle(self, start: float, end: float) -> tuple[float, float]:
        """The medians over a stretch, given as shares of the whole."""
        count = len(self.samples)
        some = self.samples[int(count * start) : max(int(count * start) + 1, int(count * end))]
        return statistics.median(one[0] for one in some), statistics.median(one[1] for one in some)


def command_of(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind_nginx(tmp_path_factory.mktemp("soak"), "gunicorn", worker=True) as site:
        yield site


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What has to be converted."""
    studio = Studio(tmp_path_factory.mktemp("studio"))
    path = studio.folder / "film.avi"
    length, size = (30, "1280x720") if FULL else (2, "320x240")
    studio.ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration={length}", "-c:v", "mpeg4", str(path))
    return path


def converting(site: Site, film: Path, over: threading.Event) -> int:
    """Let the worker convert the film, and again when it is done; how often it was."""
    installation, done = site.library.installation, 0
    while not over.is_set():
        version = enter(installation, film)
        playable = select(File.name).where(File.version_id == version, File.name.startswith("play."))
        while not over.wait(0.2):
            with reading(installation.sessions) as session:
                if session.scalar(playable.limit(1)) is not None:
                    done += 1
                    break
    return done


async def soaked(crowd: Crowd, people: Callable[[], Iterator[asyncio.Task[None]]], watched: Watched) -> None:
    """Everybody at once, until the time is over. Raises what broke one of them."""
    tasks = list(people())
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        await asyncio.sleep(SECONDS / 60)
        watched.look()
        for task in tasks:
            if task.done():
                task.result()
    crowd.over.set()
    await asyncio.gather(*tasks)


def test_a_day_of_use_breaks_nothing_and_leaves_nothing_open(site: Site, film: Path) -> None:
    library = site.library
    for number in range(10):
        library.add_person(f"viewer {number}", allow=Permission.VIEW)
    library.add_person("leila", allow=Permission.VIEW | Permission.UPLOAD)
    items = [library.add_item(pattern(FILM, seed)) for seed in range(4)]
    headers = key(site)
    picture = PNG + random.Random(8).randbytes(UPLOADED - len(PNG))
    pages = ["/", "/recent", "/mine", f"/f/{library.folder}", f"/m/{items[0]}", "/search?q=T4", "/upload/plain"]
    for address in pages * 3:
        assert site.ask(address, "leila").status == 200, address
    watched, over, times = Watched(site), threading.Event(), [0]
    before = Watched(site)
    before.look()

    def convert() -> None:
        times[0] = converting(site, film, over)

    async def everybody() -> Seen:
        crowd = Crowd(site.port, library.folder)

        def people() -> Iterator[asyncio.Task[None]]:
            for number in range(VIEWERS):
                cookie, item = library.cookie(f"viewer {number % 10}"), items[number % len(items)]
                yield asyncio.create_task(crowd.view(cookie, item, FILM, PAUSE, number))
            for _number in range(UPLOADS):
                yield asyncio.create_task(crowd.upload(headers, picture, PIECES, PACE))
            for _number in range(BROWSERS):
                yield asyncio.create_task(crowd.browse(library.cookie("leila"), pages, 0.3))

        await soaked(crowd, people, watched)
        return crowd.seen

    thread = threading.Thread(target=convert)
    thread.start()
    try:
        seen = asyncio.run(everybody())
    finally:
        over.set()
        thread.join()
    print(f"{dict(seen.statuses)}, {seen.uploaded} uploads, {times[0]} conversions, pages at p95 {seen.p95():.0f} ms")
    assert seen.wrong() == {}
    assert seen.statuses["a part", 206] > VIEWERS
    assert seen.uploaded >= UPLOADS
    assert seen.statuses["a page", 200] > BROWSERS * len(pages) / 2

    settled(site)
    assert problems(site) == []
    with reading(library.installation.sessions) as session:
        assert session.scalar(select(func.count()).where(Job.state == JobState.FAILED)) == 0

    after = Watched(site)
    after.look()
    memory, files = after.samples[0][0] / before.samples[0][0], after.samples[0][1] - before.samples[0][1]
    if FULL:
        early, late = watched.middle(0.3, 0.5), watched.middle(0.8, 1.0)
        print(f"memory {early[0] / 2**20:.0f}, {late[0] / 2**20:.0f} MB, open files {early[1]:.0f}, {late[1]:.0f}")
        memory, files = late[0] / early[0], round(late[1] - early[1])
        assert seen.p95() < QUICK
        assert times[0] >= 1
    assert memory < GROWTH, f"memory grew {memory:.2f} times"
    assert files < MORE_FILES, f"{files} more files are open"


def settled(site: Site) -> None:
    """What was begun is done, so that looking at it means something."""
    until = time.monotonic() + SETTLED_WITHIN
    while to_do(site):
        assert time.monotonic() < until, "the worker did not get to an end"
        time.sleep(0.2)


def to_do(site: Site) -> bool:
    with reading(site.library.installation.sessions) as session:
        due = Job.state.in_((JobState.QUEUED, JobState.RUNNING)), Job.run_after <= site.library.installation.clock()
        return session.scalar(select(Job.id).where(*due).limit(1)) is not None
