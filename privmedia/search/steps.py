"""In which step of the order a document stands, told from its words: for few of them, instead of asking the index."""
from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia.search.models import SearchDocument
from privmedia.search.words import Query


def steps_of(session: Session, query: Query, ids: Collection[int]) -> dict[int, int]:
    """The step of each of some documents that have all words of the query, as `Statements.steps` numbers them."""
    columns = (SearchDocument.title, SearchDocument.names, SearchDocument.description)
    rows = session.execute(select(SearchDocument.id, *columns).where(SearchDocument.id.in_(ids)))
    return {row.id: _step(query, (row.title, row.names, row.description)) for row in rows}


def _step(query: Query, texts: tuple[str, ...]) -> int:
    columns = [f" {text} " for text in texts]
    first = int(query.last_begins)
    if first and _all_in(query, columns[:1], whole=True):
        return 0
    for count in range(1, len(columns) + 1):
        if _all_in(query, columns[:count]):
            return first + count - 1
    return first + len(columns)


def _all_in(query: Query, columns: list[str], *, whole: bool = False) -> bool:
    begins = query.last_begins and not whole
    for term in query.terms:
        end = "" if begins and term == query.terms[-1] else " "
        looked_for = f" {' '.join(term)}{end}"
        if not any(looked_for in column for column in columns):
            return False
    return True
