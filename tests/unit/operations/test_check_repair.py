"""What does not fit is named, mended where it can be, and never deleted at once; what is on its way is left alone."""
from __future__ import annotations

import json
import os
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from privmedia.access.models import Acl
from privmedia.access.permissions import Permission
from privmedia.audit.seals import seal_all
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.importing.looking import Manner
from privmedia.importing.service import Importing
from privmedia.installation import Installation
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import LEASE, Jobs
from privmedia.library.models import PREPARE, File, Item, Leftover, State, Version
from privmedia.library.pointers import Pointers
from privmedia.library.service import Library
from privmedia.operations.check import check
from privmedia.operations.check_files import strays, unreferenced, wrong_files
from privmedia.operations.check_repair import repair
from privmedia.operations.worker import run_worker
from privmedia.organising.jobs import remove_leftovers
from privmedia.uploads.models import Upload
from tests.conftest import FakeClock
from tests.private_library import PrivateLibrary
from tests.unit.media.conftest import Studio

pytestmark = pytest.mark.both_databases
AT_ONCE = timedelta(0)


@pytest.fixture
def library(installation: Installation) -> PrivateLibrary:
    library = PrivateLibrary(installation)
    library.add_person("Maren", allow=Permission.VIEW | Permission.UPLOAD)
    return library


@pytest.fixture
def item(installation: Installation, library: PrivateLibrary) -> str:
    return library.add_item(b"the original")


def problems(installation: Installation) -> list[str]:
    seal_all(installation)
    return [problem for part in check(installation) for problem in part.problems]


def mend(installation: Installation) -> list[str]:
    return repair(installation, on_its_way=AT_ONCE)


def waiting(installation: Installation) -> list[tuple[str, int]]:
    with reading(installation.sessions) as session:
        rows = session.execute(select(Job.kind, Job.target_id).where(Job.state == JobState.QUEUED))
        return [(kind, target) for kind, target in rows]


def placed(installation: Installation, uid: str, *, settled: bool = True) -> Path:
    """Files of an item that has no row."""
    with installation.storage.receive() as incoming:
        incoming.write(b"bytes")
        incoming.finish()
        installation.storage.place(incoming, uid, 1, facts={})
    if settled:
        installation.storage.settle(uid, 1)
    return installation.storage.version_folder(uid, 1)


def test_files_without_an_item_go_into_quarantine_and_later_for_good(
    installation: Installation, item: str, clock: FakeClock
) -> None:
    uid = new_uid()
    folder = placed(installation, uid)
    assert problems(installation) == [f"The files of {uid} belong to no item."]
    [said] = repair(installation)
    assert said.startswith("Files and folders that nothing names, moved into quarantine: 1.")
    assert problems(installation) == []
    [kept] = (installation.storage.root / "quarantine").iterdir()
    place = folder.relative_to(installation.storage.root)
    assert (kept / place / "original").read_bytes() == b"bytes"
    line = json.loads((kept / "manifest.jsonl").read_text())
    assert line == {
        "from": str(place.parent), "why": f"The files of {uid} belong to no item.", "at": clock.now.isoformat()
    }
    clock.forward(days=29)
    assert repair(installation) == []
    assert kept.exists()
    clock.forward(days=2)
    assert repair(installation) == [f"The quarantine {kept.name}, older than 30 days, is deleted."]
    assert not kept.exists()
    assert installation.storage.version_folder(item, 1).exists()


def test_files_whose_row_is_about_to_be_committed_are_no_strays(installation: Installation, item: str) -> None:
    placed(installation, new_uid(), settled=False)
    assert problems(installation) == []
    assert mend(installation) == []


def test_with_another_database_nothing_is_moved(installation: Installation, item: str) -> None:
    folders = [placed(installation, new_uid()) for _ in range(12)]
    assert len(problems(installation)) == 12
    [said] = repair(installation)
    assert said.startswith("12 of 13 folders of files belong to no item. That looks like another database")
    assert all(folder.exists() for folder in folders)


def test_a_version_without_a_row_is_named_and_put_away(installation: Installation, item: str) -> None:
    folder = installation.storage.version_folder(item, 7)
    folder.mkdir()
    (folder / "original").write_bytes(b"x")
    assert problems(installation) == [f"Item {item} has files of a version 7, and there is no such version."]
    mend(installation)
    assert (problems(installation), folder.exists()) == ([], False)


def test_what_somebody_put_among_the_files_of_items_is_named_and_put_away(
    installation: Installation, item: str
) -> None:
    private = installation.storage.private
    of_item = installation.storage.version_folder(item, 1).parent
    elsewhere = private / "00" / "11" / item  # where this item would not be looked for
    elsewhere.mkdir(parents=True)
    (private / "notes.txt").write_text("by hand")
    (of_item / "more.txt").write_text("by hand")
    other = installation.storage.root.parent / "other"
    (other / "00").mkdir(parents=True)
    (other / "00" / "theirs.txt").write_text("somebody else's")
    (private / "zz").symlink_to(other)
    assert problems(installation) == []  # it may be on its way
    assert set(unreferenced(installation, on_its_way=AT_ONCE).problems) == {
        f"private/00/11/{item} is nothing of an item.",
        f"{(of_item / 'more.txt').relative_to(installation.storage.root)} is nothing of an item.",
        "private/notes.txt is nothing of an item.",
        "private/zz is nothing of an item.",
    }
    mend(installation)
    assert unreferenced(installation, on_its_way=AT_ONCE).problems == []
    assert len(list((installation.storage.root / "quarantine").rglob("*.txt"))) == 2
    assert (other / "00" / "theirs.txt").exists()


def test_a_file_that_nothing_names_is_a_stray_when_it_is_old_and_nobody_prepares_it(
    installation: Installation, item: str
) -> None:
    stray = installation.storage.version_folder(item, 1) / "captions-de-00000000.vtt"
    stray.write_text("WEBVTT\n")
    assert problems(installation) == []
    with writing(installation.sessions) as session:
        job = Jobs(session, installation).enqueue(PREPARE, session.scalars(select(Version.id)).one())
    assert unreferenced(installation, on_its_way=AT_ONCE).problems == []
    with writing(installation.sessions) as session:
        session.execute(delete(Job).where(Job.id == job.id))
    said = [f"Item {item}, version 1: nothing names the file captions-de-00000000.vtt."]
    assert unreferenced(installation, on_its_way=AT_ONCE).problems == said
    mend(installation)
    assert not stray.exists()
    assert list(wrong_files(installation)) == []


def test_a_product_that_is_lost_is_made_again(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    studio = Studio(tmp_path_factory.mktemp("studio"))
    (tmp_path / "film.mp4").write_bytes(studio.make("index-last.mp4").read_bytes())
    list(Importing(installation, "Films", Manner()).run([str(tmp_path / "film.mp4")]))
    run_worker(installation, once=True)
    with reading(installation.sessions) as session:
        folder = installation.storage.version_folder(session.scalars(select(Item.uid)).one(), 1)
    (folder / "poster.webp").unlink()
    (folder / "play.mp4").write_bytes(b"short")
    assert len(problems(installation)) == 2
    assert repair(installation) == ["Versions that the worker prepares again: 1. Look again when it has done so."]
    assert repair(installation) == []
    run_worker(installation, once=True)
    assert problems(installation) == []
    assert (folder / "play.mp4").stat().st_size > 1000


def test_what_only_people_have_is_named_and_not_mended(
    installation: Installation, library: PrivateLibrary, item: str
) -> None:
    library.add_product(item, "captions-de.vtt", "text/vtt", b"WEBVTT\n")
    folder = installation.storage.version_folder(item, 1)
    (folder / "captions-de.vtt").unlink()
    for name in ("original", "poster.webp"):
        (folder / name).unlink()
    missing = ("captions-de.vtt", "original", "play.mp4", "poster.webp")
    named = [f"Item {item}, version 1: {name} is missing." for name in missing]
    assert problems(installation) == named
    assert (mend(installation), waiting(installation)) == ([], [])
    assert problems(installation) == named


def test_rows_that_lack_each_other_are_named(installation: Installation, item: str) -> None:
    with writing(installation.sessions) as session:
        session.execute(delete(File).where(File.name == "original"))
        session.execute(update(Item).values(current=3))
    assert problems(installation) == [
        f"Item {item} has no version 3, which it shows.",
        f"Item {item}, version 1: no row names its original.",
    ]


def test_a_version_that_nobody_will_prepare_gets_its_job(installation: Installation, item: str) -> None:
    with writing(installation.sessions) as session:
        session.execute(update(Item).values(state=State.PREPARING))
        number = session.scalars(select(Version.id)).one()
    assert problems(installation) == [f"Item {item}, version 1: it waits to be prepared, and there is no job for it."]
    assert repair(installation) == ["Versions that the worker prepares again: 1. Look again when it has done so."]
    assert (problems(installation), waiting(installation)) == ([], [(PREPARE, number)])


def test_jobs_that_nobody_does_are_named_and_those_in_a_long_queue_are_not(
    installation: Installation, item: str, clock: FakeClock
) -> None:
    with writing(installation.sessions) as session:
        number = session.scalars(select(Version.id)).one()
        first, second = (Jobs(session, installation).enqueue(PREPARE, number).id for _ in range(2))
    clock.forward(minutes=20)
    assert problems(installation) == ["2 jobs are due, and nobody works: no worker runs."]
    with writing(installation.sessions) as session:
        claim = Jobs(session, installation).claim([PREPARE])
        assert claim is not None
        assert claim.job_id == first
    assert problems(installation) == []
    with writing(installation.sessions) as session:
        Jobs(session, installation).finish(claim)
    assert problems(installation) == []
    with writing(installation.sessions) as session:
        assert Jobs(session, installation).claim([PREPARE]) is not None
    clock.forward(seconds=LEASE.total_seconds() + 660)
    assert problems(installation) == [
        f"Job {second} ({PREPARE}) was left by its worker, and none took it up: no worker runs."
    ]


def upload(installation: Installation, library: PrivateLibrary, *, begun: bool) -> str:
    uid = new_uid()
    with writing(installation.sessions) as session:
        session.add(
            Upload(
                uid=uid,
                user_id=library.user_ids["Maren"],
                folder_id=library.folder_row(session).id,
                item_uid=new_uid(),
                length=10,
                filename="a.mp4",
                title="a",
                created_at=installation.clock(),
            )
        )
    if begun:
        installation.storage.parts.begin(uid)
    return uid


def test_uploads_and_their_bytes_have_each_other(installation: Installation, library: PrivateLibrary) -> None:
    going_on, lost = upload(installation, library, begun=True), upload(installation, library, begun=False)
    young, unknown = new_uid(), new_uid()
    parts = installation.storage.incoming / "tus"
    for uid in (young, unknown):
        installation.storage.parts.begin(uid)
    for end in ("part", "turn"):
        os.utime(parts / f"{unknown}.{end}", (time.time() - 7200,) * 2)
        os.utime(parts / f"{going_on}.{end}", (time.time() - 7200,) * 2)
    said = f"The bytes of upload {unknown} belong to no upload."
    assert problems(installation) == [f"Upload {lost} has lost its bytes.", said, said]
    mended = repair(installation)
    assert "Uploads that had lost their bytes and are ended; their senders begin again: 1." in mended
    assert problems(installation) == []
    assert {path.stem for path in parts.iterdir()} == {going_on, young}
    with reading(installation.sessions) as session:
        assert session.scalars(select(Upload.uid)).all() == [going_on]


def test_what_was_cut_off_and_not_cleared_away_is_counted(installation: Installation, item: str) -> None:
    left = installation.storage.incoming / "form" / "half.part"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - 3 * 86400,) * 2)
    assert problems(installation) == [
        "Left in incoming/ by uploads or work that was cut off, and cleared away by nobody: 1. No worker runs."
    ]
    assert repair(installation) == ["What uploads and work had left in incoming/ is cleared away."]
    assert (problems(installation), left.exists()) == ([], False)


def test_rules_that_hang_wrong_hang_as_the_folders_lie(installation: Installation, library: PrivateLibrary) -> None:
    with writing(installation.sessions) as session:
        inner = Library(session, installation).add_folder(parent=library.folder_row(session), name="Inner")
        own = Pointers(session, installation.clock).give_own(inner)
    assert problems(installation) == []
    with writing(installation.sessions) as session:
        session.execute(update(Acl).where(Acl.id == own).values(parent_id=1))
    assert any(f"Folder {inner.uid} has ACL {own}, which hangs below 1" in said for said in problems(installation))
    assert "Lists of rules that hung below the wrong one, and hang right now: 1." in repair(installation)
    assert problems(installation) == []


def test_a_row_that_points_to_nothing_is_named(installation: Installation, item: str, database: str) -> None:
    if database == "postgresql":
        assert [part.problems for part in check(installation) if part.name == "database"] == [[]]
        return
    with installation.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("INSERT INTO stars VALUES (4711, 4711, 0)")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.exec_driver_sql("BEGIN")
    assert any("of the table stars points to a row of" in said for said in problems(installation))
    with writing(installation.sessions) as session:
        session.execute(text("DELETE FROM stars"))


def test_nothing_is_named_while_items_come_and_go(installation: Installation, library: PrivateLibrary) -> None:
    ended, wrong = threading.Event(), []

    def come_and_go() -> None:
        try:
            for number in range(25):
                uid = library.add_item(b"x" * number, filename=f"{number}.mp4")
                with writing(installation.sessions) as session:
                    session.add(Leftover(uid=uid))
                    session.execute(delete(Item).where(Item.uid == uid))
                if number % 3:
                    remove_leftovers(installation)
        finally:
            ended.set()

    worker = threading.Thread(target=come_and_go)
    worker.start()
    while not ended.is_set():
        wrong += [stray.sentence for stray in strays(installation) if "belong" in stray.sentence]
        wrong += [found.sentence for found in wrong_files(installation)]
    worker.join()
    assert wrong == []
