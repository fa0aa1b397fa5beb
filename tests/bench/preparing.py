"""`python -m tests.bench.preparing`: how long after an upload its picture is there, and until it plays.

A real worker does it, which is stopped when the film plays: what it goes on to make (a long film in several sizes)
would be measured with the next. After each conversion a bare ffmpeg makes the same file with the same arguments, out of
the sandbox and without a worker: what is above that is ours.
"""
from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from privmedia import media
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs.models import Worker
from privmedia.jobs.service import Jobs
from privmedia.library.models import PREPARE, File, Kind
from privmedia.library.service import Library, Received
from privmedia.media import ffmpeg_run
from privmedia.media.convert import Conversion, has_filter
from privmedia.operations.migrations import migrate
from privmedia.settings import Settings
from tests.bench import page
from tests.bench.prepared import ROOT

GOAL = 1.10
"""Times as long as a bare ffmpeg."""
LOOKED = 0.05
"""Seconds between two looks at what there is."""
CLIP = 60
"""Seconds that are encoded; longer films are the same again and again."""
PLAYED_AS_IT_IS, REPACKED, CONVERTED = "played as it is", "re-packed", "converted"
ENCODERS = {
    PLAYED_AS_IT_IS: ("mp4", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "28"),
    REPACKED: ("mkv", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "28"),
    CONVERTED: ("avi", "-c:v", "mpeg4", "-q:v", "4"),
}
SIZES = {"60 s of 1080p": ("1920x1080", 1), "30 min of 720p": ("1280x720", 30)}


@dataclass(frozen=True)
class Times:
    """Seconds after the upload."""

    picture: float
    plays: float
    bare: float | None
    """Seconds that ffmpeg alone needs, where something is converted."""


def film(program: Path, folder: Path, size: str, often: int, how: str) -> Path:
    """A film of noise and movement, as cameras give them, as long as the clip and as often after itself."""
    extension, *encoder = ENCODERS[how]
    once, path = folder / f"once.{extension}", folder / f"film.{extension}"
    pictures = f"testsrc2=size={size}:rate=25:duration={CLIP},noise=alls=8:allf=t"
    command = [str(program), "-nostdin", "-v", "error", "-y"]
    sound = ["-f", "lavfi", "-i", f"sine=duration={CLIP}", "-c:a", "mp3" if extension == "avi" else "aac"]
    subprocess.run(
        [*command, "-f", "lavfi", "-i", pictures, *sound, "-pix_fmt", "yuv420p", *encoder, str(once)], check=True
    )
    again = ["-stream_loop", str(often - 1), "-i", str(once), "-map", "0", "-c", "copy", "-movflags", "+faststart"]
    subprocess.run([*command, *again, str(path)], check=True)
    once.unlink()
    return path


def upload(installation: Installation, path: Path) -> int:
    """Enter a file as an upload that is complete; its version's number in the database."""
    uid, size = new_uid(), path.stat().st_size
    with installation.storage.receive() as incoming:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                incoming.write(block)
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    with writing(installation.sessions) as session:
        library = Library(session, installation)
        folder = library.add_folder(parent=library.root(), name=uid)
        received = Received(
            uid=uid, filename=path.name, media_type="application/octet-stream", size=size, kind=Kind.VIDEO
        )
        version = library.add_item(folder=folder, title="Film", received=received, by=None)
        Jobs(session, installation).enqueue(PREPARE, version.id)
        number = version.id
    installation.storage.settle(uid, 1)
    return number


def wait_for(installation: Installation, version: int, there: Callable[[set[str]], bool]) -> None:
    while True:
        with reading(installation.sessions) as session:
            names = set(session.scalars(select(File.name).where(File.version_id == version)))
        if there(names):
            return
        time.sleep(LOOKED)


def measure(program: Path, path: Path, how: str) -> Times:
    with tempfile.TemporaryDirectory(prefix="preparing-") as folder, working(Path(folder)) as installation:
        begun = time.perf_counter()
        version = upload(installation, path)
        arrived = time.perf_counter()
        wait_for(installation, version, lambda names: "poster.webp" in names)
        picture = time.perf_counter() - arrived
        wait_for(installation, version, lambda names: any(name.startswith("play.") for name in names))
        plays = time.perf_counter() - arrived
    print(f"uploaded in {arrived - begun:.1f} s, pictured in {picture:.1f}, plays in {plays:.1f}", flush=True)
    return Times(picture, plays, bare(program, path) if how == CONVERTED else None)


def bare(program: Path, path: Path) -> float:
    """Seconds of an ffmpeg with the arguments that the worker gives it."""
    with tempfile.TemporaryDirectory() as folder:
        file_type = media.sniff(path, path.name)
        probe = media.probe(path, file_type, work=Path(folder))
        decision = media.decide(file_type, probe)
        conversion = Conversion(path, file_type, probe, decision, Path(folder) / "made.mp4.part")
        arguments = conversion.arguments(tone_maps=has_filter(program, "zscale"))
        begun = time.perf_counter()
        subprocess.run([str(program), *ffmpeg_run.ALWAYS, *arguments], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begun


def awake(installation: Installation) -> bool:
    with reading(installation.sessions) as session:
        return session.scalar(select(Worker.name).limit(1)) is not None


@contextmanager
def working(folder: Path) -> Iterator[Installation]:
    """An installation with a worker beside it."""
    (folder / "media").mkdir()
    ini = {
        "sqlalchemy.url": f"sqlite:///{folder}/privmedia.sqlite",
        "privmedia.media_root": str(folder / "media"),
        "privmedia.base_url": "http://127.0.0.1:6543",
        "privmedia.secret": "4f0c2a9be1d75863f2a0c9d8e7b61534",
    }
    migrate(ini["sqlalchemy.url"])
    config = folder / "bench.ini"
    config.write_text("[app:main]\nuse = egg:privmedia\n" + "".join(f"{key} = {value}\n" for key, value in ini.items()))
    installation = Installation.open(Settings.read(ini, {}))
    installation.storage.make_folders()
    command = [str(Path(sys.executable).parent / "privmedia"), "-c", str(config), "worker"]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) as worker:
        try:
            while not awake(installation):
                time.sleep(LOOKED)
            yield installation
        finally:
            worker.terminate()
            worker.wait()
            installation.close()


def table(measured: dict[tuple[str, str], list[Times]]) -> str:
    """A row for each film, with the lowest of its rounds."""
    lines = [
        "| seconds after the upload | picture | plays | ffmpeg alone | times as long |",
        "|---|---:|---:|---:|---:|",
    ]
    for (size, how), rounds in measured.items():
        picture, plays = min(one.picture for one in rounds), min(one.plays for one in rounds)
        alone = [one.bare for one in rounds if one.bare is not None]
        beside = f"{min(alone):.1f} | {over(rounds):.2f}" if alone else "|"
        lines.append(f"| {size}, {how} | {picture:.1f} | {plays:.1f} | {beside} |")
    return "\n".join(lines)


def over(rounds: list[Times]) -> float:
    """How many times as long as ffmpeg alone it takes from the upload until it plays, the lowest of each."""
    return min(one.plays for one in rounds) / min(one.bare for one in rounds if one.bare)


def main(command: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.preparing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1, help="times each film comes in (default 1)")
    parser.add_argument("--short", action="store_true", help="only the films of a minute")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    chosen = parser.parse_args(command)
    program = media.find_ffmpeg("")
    measured: dict[tuple[str, str], list[Times]] = {}
    with tempfile.TemporaryDirectory(prefix="preparing-") as temporary:
        for size, (pixels, often) in list(SIZES.items())[: 1 if chosen.short else None]:
            for how in ENCODERS:
                path = film(program, Path(temporary), pixels, often, how)
                for _round in range(chosen.rounds):
                    print(f"{size}, {how}, {path.stat().st_size / 1e6:.0f} MB: ", end="", flush=True)
                    measured.setdefault((size, how), []).append(measure(program, path, how))
                path.unlink()
    words = " ".join([".venv/bin/python -m tests.bench.preparing", *command])
    print(page.keep("preparing", table(measured), command=words, write=chosen.write))
    worst = max(over(rounds) for (_size, how), rounds in measured.items() if how == CONVERTED)
    print(f"goal: {GOAL} times as long as ffmpeg alone at most; is {worst:.2f}")
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
