"""The index keeps in step with whatever is changed, by whom and how ever, and can be made anew."""
from __future__ import annotations

import json
import subprocess
import sys

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from privmedia.db import reading, writing
from privmedia.ids import new_uid
from privmedia.installation import Installation
from privmedia.library.models import Folder, Item, Kind, Version
from privmedia.library.paths import Paths
from privmedia.library.service import Library, Received
from privmedia.library.tags import Tags
from privmedia.search.engines import index_of
from privmedia.search.models import SearchChange, SearchDocument, SearchSpelling
from privmedia.search.service import Passage, Search
from privmedia.search.upkeep import differences, note_again, reindex, work_off
from privmedia.search.words import Query

pytestmark = pytest.mark.both_databases


@pytest.fixture
def item(installation: Installation) -> int:
    """A film "Bearing" from bearing.mp4 in the folder "Training"; its id."""
    with writing(installation.sessions) as session:
        folder = Paths(session, installation).make_folders("Training")[-1]
        received = Received(uid=new_uid(), filename="film.mp4", media_type="video/mp4", size=1, kind=Kind.VIDEO)
        version = Library(session, installation).add_item(folder=folder, title="Bearing", received=received, by=None)
        session.flush()
        return version.item_id


def find(session: Session, typed: str) -> list[int]:
    index = index_of(session.connection().dialect)
    statement = select(index.key).select_from(index.source).where(index.matches(index.has(Query.read(typed))))
    return sorted(session.scalars(statement))


def found(installation: Installation, typed: str) -> list[int]:
    """Documents that have the words, once everything is committed and nothing differs."""
    with reading(installation.sessions) as session:
        assert list(differences(session)) == []
        assert session.scalars(select(SearchChange.document_id)).all() == []
        return find(session, typed)


def test_a_statement_that_knows_nothing_of_the_index_is_found_too(installation: Installation, item: int) -> None:
    assert found(installation, "bearing") == [item]
    with writing(installation.sessions) as session:
        session.execute(text("UPDATE items SET title = 'Gearbox', description = 'With a new seal' WHERE id > 0"))
        session.execute(text("UPDATE folders SET name = 'Manuals' WHERE id > 1"))
        session.execute(update(Version).values(filename="other.mov"))
    assert found(installation, "bearing") == []
    assert found(installation, "film") == []
    for typed in ("gearbox", "seal", "other", "mov"):
        assert found(installation, typed) == [item]
    with reading(installation.sessions) as session:
        folder = session.scalars(select(Folder.id).where(Folder.name == "Manuals")).one()
    assert found(installation, "manuals") == [-folder]
    assert found(installation, "training") == []


def test_what_is_gone_is_not_found(installation: Installation, item: int) -> None:
    with writing(installation.sessions) as session:
        Search(session, installation).put(item, "captions-en", [Passage("warm the housing", at=3)])
    assert found(installation, "housing") == [item]
    with writing(installation.sessions) as session:
        session.execute(delete(Item))
        session.execute(delete(Folder).where(Folder.id > 1))
    assert found(installation, "bearing") == found(installation, "training") == found(installation, "housing") == []


def test_a_part_is_replaced_as_a_whole_and_alone(installation: Installation, item: int) -> None:
    with writing(installation.sessions) as session:
        search = Search(session, installation)
        search.put(item, "captions-en", [Passage("first line", at=1), Passage("second line", at=2)])
        search.put(item, "captions-de", [Passage("erste Zeile", at=1)])
        Tags(session, installation).put(session.get_one(Item, item), ["Safety"])
    assert found(installation, "first second zeile safety") == [item]
    with writing(installation.sessions) as session:
        Search(session, installation).put(item, "captions-en", [Passage("third line", at=1)])
    assert found(installation, "first") == []
    assert found(installation, "third zeile") == [item]
    with writing(installation.sessions) as session:
        Search(session, installation).put(item, "captions-de", [])
        Tags(session, installation).put(session.get_one(Item, item), [])
    assert found(installation, "zeile") == found(installation, "safety") == []


def test_what_is_rolled_back_was_never_found(installation: Installation, item: int) -> None:
    with writing(installation.sessions) as session:
        session.execute(text("UPDATE items SET title = 'Gearbox'"))
        session.rollback()
    assert found(installation, "bearing") == [item]


def test_the_file_of_the_shown_version_counts(installation: Installation, item: int) -> None:
    with writing(installation.sessions) as session:
        film = session.get_one(Item, item)
        now = installation.clock()
        search = Search(session, installation)
        search.put(item, "captions-en", [Passage("the first take", at=1)], version=1)
        search.put(item, "captions-en", [Passage("another take", at=1)], version=2)
        session.add(Version(item_id=item, number=2, filename="second-take.mp4", size=1, created_at=now))
        session.flush()
        assert find(session, "film") == [item]
        film.current = 2
    assert found(installation, "film") == found(installation, "first") == []
    assert found(installation, "another take mov mp4") == []
    assert found(installation, "another take mp4") == [item]


def test_more_than_any_document_may_have_is_cut(installation: Installation, item: int) -> None:
    pages = [Passage(" ".join(f"w{page}x{number}" for number in range(1000)), page=page) for page in range(120)]
    with writing(installation.sessions) as session:
        Search(session, installation).put(item, "pages", pages)
    assert found(installation, "w0x999") == [item]
    assert found(installation, "w119x0") == []


def test_an_index_that_was_tampered_with_is_seen_and_made_anew(installation: Installation, item: int) -> None:
    with writing(installation.sessions) as session:
        session.execute(update(SearchDocument).where(SearchDocument.id == item).values(title="gearbox"))
    with reading(installation.sessions) as session:
        uid = session.get_one(Item, item).uid
        assert list(differences(session)) == [
            f"Item {uid} is not found as it should be.",
            "The index is not what the documents say.",
        ]
    assert reindex(installation.sessions) == 2
    assert found(installation, "bearing") == [item]
    with reading(installation.sessions) as session:
        words = select(SearchSpelling.word).where(SearchSpelling.word == SearchSpelling.spelling)
        assert sorted(session.scalars(words)) == ["bearing", "film", "training"]


def test_what_was_there_before_the_index_is_worked_off_and_holds_nobody_up(
    installation: Installation, item: int
) -> None:
    with writing(installation.sessions) as session:
        index_of(session.connection().dialect).clear(session)
        session.execute(delete(SearchDocument))
        note_again(session, [item])
    with writing(installation.sessions) as session:
        session.execute(text("UPDATE folders SET name = 'Manuals' WHERE id > 1"))
    with reading(installation.sessions) as session:
        assert session.scalars(select(SearchChange.document_id)).all() == [item]
        assert find(session, "bearing") == []
        assert len(find(session, "manuals")) == 1
    work_off(installation.sessions)
    assert found(installation, "bearing") == [item]


IN_A_WEB_PROCESS = """
import json, sys
from sqlalchemy import text
from privmedia import main
from privmedia.db import reading, writing
from privmedia.library.service import Library

installation = main({}, **json.loads(sys.argv[1])).registry["installation"]
with writing(installation.sessions) as session:
    library = Library(session, installation)
    library.add_folder(parent=library.root(), name="Nacelle")
with reading(installation.sessions) as session:
    print(session.scalar(text("SELECT count(*) FROM search_documents WHERE title = 'nacelle'")))
"""


def test_a_process_that_only_serves_pages_indexes_what_it_changes(ini: dict[str, str]) -> None:
    command = [sys.executable, "-c", IN_A_WEB_PROCESS, json.dumps(ini)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "1"
