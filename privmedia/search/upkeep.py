"""Keeping the documents in step with items, folders and parts.

Triggers note each change in the transaction that makes it, whoever makes it. Before a writing transaction commits, what
was noted is worked out here: so an index that does not fit could only be left by somebody who writes past this program,
and then the next commit puts it right. What lies in the bin keeps its document, and is left out where is searched. The
words are cut in Python, the same for both databases.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import delete, event, func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from privmedia.db import WITH_BIN, WRITES, reading, writing
from privmedia.library.models import ROOT_ID, Folder, Item, ItemTag, Version
from privmedia.search.engines import index_of
from privmedia.search.lines import is_shown
from privmedia.search.models import SearchChange, SearchDocument, SearchPart, SearchSpelling
from privmedia.search.spelling import learn
from privmedia.search.words import words_of

AT_ONCE = 500
"""Documents worked out in one step."""
MOST_BYTES = 800_000
"""Of the words of what is long, each different one once, and 2 for each time it comes: about twelve hours of speech or
a thousand pages. PostgreSQL keeps no more for one document; SQLite would, but then they would find differently."""
Row = dict[str, Any]
One = TypeVar("One")


def bring_up_to_date(session: Session, *, backlog: bool = False) -> None:
    """Work out the documents of all that was noted in this transaction and by others who have committed.

    With `backlog` what was there before the index too, as much as one step takes.
    """
    noted = select(SearchChange.document_id).order_by(SearchChange.document_id).limit(AT_ONCE)
    noted = noted.with_for_update(skip_locked=True)
    while ids := session.scalars(noted if backlog else noted.where(SearchChange.backlog.is_(False))).all():
        work_out(session, ids)
        session.execute(delete(SearchChange).where(SearchChange.document_id.in_(ids)))
        if backlog:
            return


def work_off(sessions: sessionmaker[Session]) -> None:
    """Index what was there before the index, in short transactions, until nothing is left."""
    more = True
    while more:
        with writing(sessions) as session:
            bring_up_to_date(session, backlog=True)
            more = session.scalar(select(SearchChange.document_id).limit(1)) is not None


def work_out(session: Session, ids: Collection[int]) -> None:
    """Make the documents of these ids as they have to be; those of what is gone go."""
    made = documents(session, ids)
    there = {row.id: row for row in session.execute(select(SearchDocument.__table__).where(SearchDocument.id.in_(ids)))}
    changed = [row for row in made if row["id"] not in there or there[row["id"]]._asdict() != row]
    outdated = (there.keys() - {row["id"] for row in made}) | (there.keys() & {row["id"] for row in changed})
    index = index_of(session.connection().dialect)
    if outdated:
        index.remove(session, [there[one]._asdict() for one in sorted(outdated)])
        session.execute(delete(SearchDocument).where(SearchDocument.id.in_(outdated)))
    if changed:
        session.execute(insert(SearchDocument), changed)
        index.add(session, changed)
        learn(session, (word for row in changed for column in ("title", "names") for word in row[column].split()))


def documents(session: Session, ids: Collection[int]) -> list[Row]:
    """The documents of these ids, as they have to be: items by their id, folders by minus theirs."""
    items, folders = [one for one in ids if one > 0], [-one for one in ids if one < 0]
    return [*_of_items(session, items), *_of_folders(session, folders)]


def differences(session: Session) -> Iterator[str]:
    """Where documents and what they are made from do not fit together, a sentence each."""
    for model, sign, name in ((Item, 1, "Item"), (Folder, -1, "Folder")):
        there_are = select(model.id, model.uid).where((model.id != ROOT_ID) | (sign == 1))
        rows = session.execute(there_are, execution_options=WITH_BIN).all()
        for some in _in_steps(rows):
            ids = [sign * row.id for row in some]
            made = {row["id"]: row for row in documents(session, ids)}
            kept = session.execute(select(SearchDocument.__table__).where(SearchDocument.id.in_(ids)))
            there = {row.id: row._asdict() for row in kept}
            for row in some:
                if there.get(sign * row.id) != made[sign * row.id]:
                    yield f"{name} {row.uid} is not found as it should be."
    if not index_of(session.connection().dialect).fits(session):
        yield "The index is not what the documents say."


def reindex(sessions: sessionmaker[Session]) -> int:
    """Make the whole index anew, in short transactions; answers how many documents there are.

    What is looked for meanwhile is found as far as the work has got.
    """
    with writing(sessions) as session:
        session.execute(delete(SearchDocument))
        session.execute(delete(SearchSpelling))
        index_of(session.connection().dialect).clear(session)
        everything = select(Item.id).union_all(select(-Folder.id))
        for ids in _in_steps(session.scalars(everything, execution_options=WITH_BIN).all()):
            note_again(session, ids)
    work_off(sessions)
    with reading(sessions) as session:
        return session.scalar(select(func.count()).select_from(SearchDocument)) or 0


def note_again(session: Session, ids: Sequence[int]) -> None:
    """Let the documents of these ids be worked out with the backlog."""
    session.execute(delete(SearchChange).where(SearchChange.document_id.in_(ids)))
    session.execute(insert(SearchChange), [{"document_id": one, "backlog": True} for one in ids])


def includeme(_config: object) -> None:
    """To be imported is all: from then on the transactions of a process keep the index in step."""


@event.listens_for(Session, "before_commit")
def _before_commit(session: Session) -> None:
    """What a writing transaction has changed is found as soon as it has committed."""
    session.flush()
    if session.connection().get_execution_options().get(WRITES):
        bring_up_to_date(session)


def _in_steps(all_of_them: Sequence[One]) -> Iterator[Sequence[One]]:
    return (all_of_them[start : start + AT_ONCE] for start in range(0, len(all_of_them), AT_ONCE))


def _of_items(session: Session, ids: Collection[int]) -> Iterator[Row]:
    if not ids:
        return
    tags: dict[int, list[str]] = defaultdict(list)
    said: dict[int, list[str]] = defaultdict(list)
    for item_id, name in session.execute(
        select(ItemTag.item_id, ItemTag.name).where(ItemTag.item_id.in_(ids)).order_by(ItemTag.item_id, ItemTag.key)
    ):
        tags[item_id].extend(words_of(name))
    parts = select(SearchPart.item_id, SearchPart.words).join(Item).where(SearchPart.item_id.in_(ids), is_shown())
    parts = parts.order_by(SearchPart.item_id, SearchPart.part, SearchPart.id)
    for item_id, words in session.execute(parts, execution_options=WITH_BIN):
        said[item_id].extend(words.split())
    rows = session.execute(
        select(Item.id, Item.title, Item.description, Version.filename)
        .outerjoin(Version, (Version.item_id == Item.id) & (Version.number == Item.current))
        .where(Item.id.in_(ids)),
        execution_options=WITH_BIN,
    )
    for row in rows:
        yield {
            "id": row.id,
            "title": _line(words_of(row.title)),
            "names": _line([*words_of(row.filename or ""), *tags[row.id]]),
            "description": _line(words_of(row.description)),
            "said": _line(_as_much_as_is_kept(said[row.id])),
        }


def _of_folders(session: Session, ids: Collection[int]) -> Iterator[Row]:
    if not ids:
        return
    named = select(Folder.id, Folder.name).where(Folder.id.in_(ids), Folder.id != ROOT_ID)
    for row in session.execute(named, execution_options=WITH_BIN):
        title = _line(words_of(row.name))
        empty = {"names": "", "description": "", "said": ""}
        yield {"id": -row.id, "title": title, **empty}


def _line(words: list[str]) -> str:
    return " ".join(words)


def _as_much_as_is_kept(words: list[str]) -> list[str]:
    left, met = MOST_BYTES, set[str]()
    for count, word in enumerate(words):
        left -= 2 if word in met else len(word.encode()) + 8
        met.add(word)
        if left < 0:
            return words[:count]
    return words
