"""What the worker lets items be found by: pages of documents, chapters of the file, captions older than search."""
from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from privmedia.captions.jobs import HANDLERS as CAPTIONS
from privmedia.captions.models import Captions, Chapter
from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.jobs import worker
from privmedia.jobs.models import Job, JobState
from privmedia.jobs.service import Jobs
from privmedia.library.models import SPOKEN, TEXTS, File, Item, Kind, Version
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.operations.search_commands import read_again
from privmedia.search.jobs import HANDLERS as SEARCH
from privmedia.search.models import SearchPart
from tests.unit.media.conftest import written_pdf

pytestmark = pytest.mark.both_databases

OWN_CHAPTERS = {"chapters": [{"start": 12.5, "title": "Heat the housing"}]}
VTT = "WEBVTT\n\n00:00:07.000 --> 00:00:09.000\nSo the <i>puller</i> is square.\n"
Add = Callable[..., Version]


@pytest.fixture
def add(installation: Installation) -> Add:
    """Add an item with its original: `add(b"…", Kind.DOCUMENT, pages=3)`."""

    def added(original: bytes, kind: Kind, **facts: object) -> Version:
        with writing(installation.sessions) as session:
            folder = Paths(session, installation).make_folders(f"Training {new_uid()}")[-1]
            received = Received(uid=new_uid(), filename="x.bin", media_type="x/y", size=len(original), kind=kind)
            version = Library(session, installation).add_item(folder=folder, title="T4", received=received, by=None)
            for name, value in facts.items():
                setattr(version, name, value)
        folder_of = installation.storage.version_folder(received.uid, 1)
        folder_of.mkdir(parents=True)
        (folder_of / "original").write_bytes(original)
        return version

    return added


def work(installation: Installation, kind: str, version: Version) -> None:
    with writing(installation.sessions) as session:
        Jobs(session, installation).enqueue(kind, version.id)
    worker.run(installation, {**SEARCH, **CAPTIONS}, threading.Event(), once=True)
    with reading(installation.sessions) as session:
        assert session.scalars(select(Job.state).where(Job.kind == kind)).all() == [JobState.DONE]


def parts(installation: Installation, version: Version) -> list[tuple[str, float | int | None, str]]:
    """What an item is found by: the part, the second or page, and the words."""
    with reading(installation.sessions) as session:
        rows = session.scalars(
            select(SearchPart).where(SearchPart.item_id == version.item_id).order_by(SearchPart.part, SearchPart.id)
        ).all()
        assert {row.version for row in rows} <= {version.number}
        return [(row.part, row.at if row.at is not None else row.page, row.body) for row in rows]


def test_a_document_is_found_by_its_pages_and_one_that_is_damaged_costs_no_other(
    installation: Installation, add: Add
) -> None:
    version = add(written_pdf("Main bearing", None, "Heat it\nto 80 degrees"), Kind.DOCUMENT, pages=3)
    work(installation, TEXTS, version)
    assert parts(installation, version) == [("pages", 1, "Main bearing"), ("pages", 3, "Heat it to 80 degrees")]


def test_a_long_page_is_found_in_pieces(installation: Installation, add: Add) -> None:
    version = add(written_pdf("\n".join(["bearing " * 5] * 40), size=9), Kind.DOCUMENT, pages=1)
    work(installation, TEXTS, version)
    found = parts(installation, version)
    assert [page for _part, page, _body in found] == [1, 1]
    assert sum(body.count("bearing") for _part, _page, body in found) == 200
    assert all(len(body) <= 1000 for _part, _page, body in found)


def test_a_document_that_is_damaged_through_and_through_is_found_by_its_title(
    installation: Installation, add: Add
) -> None:
    version = add(b"%PDF-1.4\nnothing", Kind.DOCUMENT, pages=3)
    work(installation, TEXTS, version)
    assert parts(installation, version) == []


def test_chapters_of_the_file_are_found_until_somebody_writes_others(installation: Installation, add: Add) -> None:
    version = add(b"film", Kind.VIDEO, probe=OWN_CHAPTERS)
    with writing(installation.sessions) as session:
        session.add(File(version_id=version.id, name="chapters.vtt", stored_as="x.vtt", media_type="text/vtt", size=1))
    work(installation, SPOKEN, version)
    assert parts(installation, version) == [("chapters", 12.5, "Heat the housing")]
    with writing(installation.sessions) as session:
        session.add(Chapter(version_id=version.id, start=3000, title="Lockout"))
        Jobs(session, installation).enqueue(SPOKEN, version.id)
    worker.run(installation, CAPTIONS, threading.Event(), once=True)
    assert parts(installation, version) == [("chapters", 3.0, "Lockout")]


def add_captions(installation: Installation, version: Version, text: str) -> None:
    """As they were saved before there was a search."""
    with writing(installation.sessions) as session:
        now = installation.clock()
        session.add(Captions(version_id=version.id, language="en", label="English", count=1, updated_at=now))
        name = "captions-en.vtt"
        session.add(File(version_id=version.id, name=name, stored_as=name, media_type="text/vtt", size=len(text)))
        uid = session.get_one(Item, version.item_id).uid
    (installation.storage.version_folder(uid, 1) / name).write_text(text)


def test_captions_from_before_there_was_a_search_are_found(installation: Installation, add: Add) -> None:
    version = add(b"film", Kind.VIDEO)
    add_captions(installation, version, VTT)
    work(installation, SPOKEN, version)
    assert parts(installation, version) == [("captions-en", 7.0, "So the puller is square.")]


def test_captions_that_cannot_be_read_keep_nothing_else_from_being_found(
    installation: Installation, add: Add
) -> None:
    version = add(b"film", Kind.VIDEO, probe=OWN_CHAPTERS)
    add_captions(installation, version, "no captions at all")
    with writing(installation.sessions) as session:
        session.add(File(version_id=version.id, name="chapters.vtt", stored_as="x.vtt", media_type="text/vtt", size=1))
    work(installation, SPOKEN, version)
    assert parts(installation, version) == [("chapters", 12.5, "Heat the housing")]


def test_all_of_it_is_read_again_when_somebody_asks_for_it(installation: Installation, add: Add) -> None:
    document = add(written_pdf("Main bearing"), Kind.DOCUMENT, pages=1)
    film = add(b"film", Kind.VIDEO, probe=OWN_CHAPTERS)
    captioned = add(b"film", Kind.VIDEO)
    add_captions(installation, captioned, VTT)
    add(b"film", Kind.VIDEO, probe={"chapters": []})
    assert read_again(installation) == 3
    with reading(installation.sessions) as session:
        waiting = session.execute(select(Job.kind, Job.target_id).where(Job.kind.in_([SPOKEN, TEXTS]))).all()
    expected = {(TEXTS, document.id), (SPOKEN, film.id), (SPOKEN, captioned.id)}
    assert {tuple(row) for row in waiting} == expected
